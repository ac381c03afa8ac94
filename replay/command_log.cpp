#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "projections/time_text.h"
#include "replay/commands.h"
#include "replay/fact_json.h"
#include "replay/fold.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

// What stood in an annotation may have been cut inside a character.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string words(const Json& fields) {
  std::string text;
  for (const auto& [name, value] : fields.items()) {
    if (name == "configuration") continue;  // a whole document; --output json has it
    text += (text.empty() ? "" : " ") + name + "=" + (value.is_string() ? value.get<std::string>() : dump(value));
  }
  return text;
}

void write_line(const Event& event, const std::string& kind, Json fields, Format format, std::ostream& out) {
  const std::string time = format_rfc3339(event.time, 9);
  if (format == Format::kJson) {
    Json line = {{"sequence", event.sequence}, {"time", time}};
    if (event.term != 0) line["term"] = event.term;
    line["kind"] = kind;
    line["fact"] = std::move(fields);
    out << dump(line) << "\n";
  } else if (format == Format::kCsv) {
    out << event.sequence << "," << time << "," << event.term << "," << kind << "," << csv_cell(dump(fields)) << "\n";
  } else {
    std::string number = std::to_string(event.sequence);
    number.insert(0, number.size() < 8 ? 8 - number.size() : 0, ' ');
    std::string line = number + "  " + time + "  " + kind + std::string(kind.size() < 18 ? 18 - kind.size() : 0, ' ') +
                       "  " + words(fields);
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

}  // namespace

Result<ExitCode> log(const JournalReader& journal, const LogOptions& options, Format format, std::ostream& out) {
  const std::vector<std::string> kinds = fact_kinds();
  if (!options.kind.empty() && std::ranges::find(kinds, options.kind) == kinds.end()) {
    return Error{ErrorCode::kInvalid,
                 "\"" + options.kind + "\" is no kind of fact: give one that a log shows, as BandwidthReserved"};
  }
  Sequence first = 1;
  Sequence last = std::numeric_limits<Sequence>::max();
  if (options.from) {
    const Result<Sequence> from = first_from(journal, *options.from);
    if (!from) return from.error();
    first = *from;
  }
  if (options.to) {
    const Result<Point> to = find_point(journal, *options.to);
    if (!to) return to.error();
    last = to->sequence;
  }
  Result<Fold> fold = Fold::begin(journal);
  if (!fold) return fold.error();
  if (format == Format::kCsv) out << "sequence,time,term,kind,fact\n";
  while (out && fold->state().applied < last) {
    const Result<bool> more = fold->next();
    if (!more) return more.error();
    if (!*more) {
      if (!options.wait) return kHolds;
      out.flush();
      const Result<bool> waited = options.wait();
      if (!waited) return waited.error();
      if (!*waited) return kHolds;
      fold->go_on();
      continue;
    }
    const Event& event = fold->event();
    const std::string kind = fact_kind(event.fact);
    // The state before the event knows all numbers in it; those that it gives away stand beside their names.
    const bool shown = event.sequence >= first && (options.kind.empty() || kind == options.kind) &&
                       (options.pod.empty() || pod_of(fold->state(), event.fact) == options.pod);
    if (shown) write_line(event, kind, fact_json(fold->state(), event.fact), format, out);
    fold->apply_event();
  }
  return kHolds;
}

}  // namespace bw::replay
