#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "projections/time_text.h"
#include "replay/commands.h"
#include "replay/fact_json.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

bool before(const Instant& instant, const Event& event) {
  if (instant.sequence) return event.sequence < *instant.sequence;
  return instant.time && event.time < *instant.time;
}

bool after(const Instant& instant, const Event& event) {
  if (instant.sequence) return event.sequence > *instant.sequence;
  return instant.time && event.time > *instant.time;
}

std::string words(const Json& fields) {
  std::string text;
  for (const auto& [name, value] : fields.items()) {
    if (name == "configuration") continue;  // a whole document; --output json has it
    text += (text.empty() ? "" : " ") + name + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

}  // namespace

int log(const JournalReader& journal, const LogOptions& options, Format format, std::ostream& out) {
  Result<Fold> fold = Fold::begin(journal, false);
  if (!fold) return report(fold.error());
  if (format == Format::kCsv) out << "sequence,time,kind,fact\n";
  while (true) {
    const Result<bool> more = fold->next();
    if (!more) return report(more.error());
    if (!*more) return kHolds;
    const Event& event = fold->event();
    if (after(options.to, event)) return kHolds;
    const std::string kind = fact_kind(event.fact);
    // Names stand in the state before a fact that ends them and after one that gives them.
    Json fields = fact_json(fold->state(), event.fact);
    const bool ends_a_name = std::holds_alternative<PodGone>(event.fact);
    fold->apply_event();
    if (!ends_a_name) fields = fact_json(fold->state(), event.fact);
    if (before(options.from, event) || (!options.kind.empty() && kind != options.kind)) continue;
    if (!options.pod.empty() && fields.value("pod", Json()) != options.pod) continue;
    const std::string time = format_rfc3339(event.time, 9);
    if (format == Format::kJson) {
      Json line = {{"sequence", event.sequence}, {"time", time}};
      if (event.term != 0) line["term"] = event.term;
      line["kind"] = kind;
      line["fact"] = std::move(fields);
      out << line.dump() << "\n";
    } else if (format == Format::kCsv) {
      std::string cell = fields.dump();
      for (std::size_t at = 0; (at = cell.find('"', at)) != std::string::npos; at += 2) cell.insert(at, 1, '"');
      out << event.sequence << "," << time << "," << kind << ",\"" << cell << "\"\n";
    } else {
      std::string number = std::to_string(event.sequence);
      number.insert(0, number.size() < 8 ? 8 - number.size() : 0, ' ');
      out << number << "  " << time << "  " << kind << std::string(kind.size() < 18 ? 18 - kind.size() : 0, ' ') << "  "
          << words(fields) << "\n";
    }
  }
}

}  // namespace bw::replay
