#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "projections/reason.h"
#include "projections/time_text.h"
#include "replay/commands.h"
#include "replay/fold.h"
#include "replay/pod_story.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

std::string refusals_text(const Attempt& attempt) {
  std::string text;
  for (const RefusalCount& refusal : attempt.refusals) {
    text += (text.empty() ? "" : "; ") + std::to_string(refusal.nodes) + " " + std::string(reason_text(refusal.reason));
  }
  return text;
}

std::string outcome_text(const Attempt& attempt) {
  if (!attempt.reserved_on.empty()) return "reserved on " + attempt.reserved_on;
  if (!attempt.bind_refused.empty()) return "bind refused: " + attempt.bind_refused;
  return attempt.fitting == 0 ? "refused" : "not bound";
}

Table attempt_table(const std::vector<Attempt>& attempts) {
  Table table({"ATTEMPT", "SEQUENCE", "TIME", "OFFERED", "FITTING", "OUTCOME", "REFUSALS"});
  for (const Attempt& attempt : attempts) {
    table.add({std::to_string(attempt.number), std::to_string(attempt.sequence), format_rfc3339(attempt.time, 3),
               std::to_string(attempt.offered), std::to_string(attempt.fitting), outcome_text(attempt),
               refusals_text(attempt)});
  }
  return table;
}

Json attempt_json(const Attempt& attempt) {
  Json json = {{"attempt", attempt.number},
               {"sequence", attempt.sequence},
               {"time", format_rfc3339(attempt.time, 9)},
               {"offered", attempt.offered},
               {"fitting", attempt.fitting}};
  if (attempt.repeated) json["repeated"] = true;
  for (const RefusalCount& refusal : attempt.refusals) {
    json["refused"][std::string(reason_text(refusal.reason))] = refusal.nodes;
  }
  if (!attempt.reserved_on.empty()) json["node"] = attempt.reserved_on;
  if (!attempt.bind_refused.empty()) json["bindRefused"] = attempt.bind_refused;
  return json;
}

std::string rates_text(const Rates& rates) {
  return "ul " + std::to_string(rates.ul) + ", dl " + std::to_string(rates.dl) + " bit/s";
}

void write_pod(const Explanation& explanation, std::ostream& out) {
  out << explanation.pod.space << "/" << explanation.pod.name << " asks for "
      << (explanation.request.valid() ? rates_text(explanation.request.rates)
                                      : "something invalid: " + explanation.request.problem)
      << "\n";
  if (!explanation.group.empty()) {
    out << "group     " << explanation.group;
    if (explanation.group_live) out << ", " << *explanation.group_live << " live";
    if (explanation.group_wanted) out << " of " << *explanation.group_wanted << " wanted";
    if (!explanation.meeting_point.empty()) out << ", meets at " << explanation.meeting_point;
    out << (explanation.all_links ? ", charged on all links" : "") << "\n";
  }
  if (!explanation.reserved_on.empty()) {
    out << "placed    on " << explanation.reserved_on << (explanation.settled ? ", bound\n" : ", reserved\n");
  }
}

std::string link_text(const NodeExplanation& node) {
  return node.link_of.empty() ? node.link : node.link + " of " + node.link_of;
}

Table node_table(const Explanation& explanation) {
  Table table({"NODE", "VERDICT", "LINK", "LACKING-UL", "LACKING-DL"});
  for (const NodeExplanation& node : explanation.nodes) {
    if (node.reason == Reason::kFits) {
      table.add({node.node, "fits, score " + std::to_string(node.score), "", "", ""});
    } else {
      table.add({node.node, std::string(reason_text(node.reason)), link_text(node), std::to_string(node.lacking.ul),
                 std::to_string(node.lacking.dl)});
    }
  }
  return table;
}

void write_csv(const Explanation& explanation, std::ostream& out) {
  Table table(
      {"node", "fits", "score", "reason", "link", "linkOf", "lackingUlBitsPerSecond", "lackingDlBitsPerSecond"});
  for (const NodeExplanation& node : explanation.nodes) {
    const bool fits = node.reason == Reason::kFits;
    table.add({node.node, fits ? "true" : "false", fits ? std::to_string(node.score) : "",
               fits ? "" : std::string(reason_text(node.reason)), node.link, node.link_of,
               node.link.empty() ? "" : std::to_string(node.lacking.ul),
               node.link.empty() ? "" : std::to_string(node.lacking.dl)});
  }
  table.write(out, Format::kCsv);
}

void write_json(const PodStory& story, const Explained& shown, const std::optional<Explained>& as_of,
                std::ostream& out) {
  Json json = Json::parse(shown.json);
  if (story.explained() != nullptr) json["attempt"] = attempt_json(story.explained_attempt());
  json["history"] = Json::array();
  for (const Attempt& attempt : story.attempts()) json["history"].push_back(attempt_json(attempt));
  if (as_of) json["asOf"] = Json::parse(as_of->json);
  out << json.dump() << "\n";
}

void write_table(const PodStory& story, const Explained& shown, const std::optional<Explained>& as_of,
                 std::ostream& out) {
  if (story.explained() != nullptr) {
    out << "attempt " << story.explained_attempt().number << " at sequence " << story.explained_attempt().sequence
        << ", on the state as of " << shown.sequence << " (" << format_rfc3339(shown.time, 9) << ")\n";
  } else {
    out << "no attempt to place it is recorded; as of sequence " << shown.sequence << " ("
        << format_rfc3339(shown.time, 9) << ")\n";
  }
  write_pod(shown.explanation, out);
  node_table(shown.explanation).write(out, Format::kTable);
  if (story.attempts().empty()) return;
  out << "\n";
  attempt_table(story.attempts()).write(out, Format::kTable);
  if (!as_of) {
    out << "\nthe pod was gone by then\n";
  } else if (!as_of->explanation.reserved_on.empty()) {
    out << "\nas of sequence " << as_of->sequence << " it is "
        << (as_of->explanation.settled ? "bound to " : "reserved on ") << as_of->explanation.reserved_on << "\n";
  } else {
    const auto& nodes = as_of->explanation.nodes;
    const auto fitting = std::count_if(nodes.begin(), nodes.end(),
                                       [](const NodeExplanation& node) { return node.reason == Reason::kFits; });
    out << "\nas of sequence " << as_of->sequence << " it fits on " << fitting << " of " << nodes.size() << " nodes\n";
  }
}

}  // namespace

Result<ExitCode> explain(const JournalReader& journal, const ExplainOptions& options, Format format,
                         std::ostream& out) {
  const Result<Point> point = find_point(journal, options.instant);
  if (!point) return point.error();
  Result<Fold> fold = Fold::begin(journal);
  if (!fold) return fold.error();
  PodStory story(fold->state(), options.space, options.pod, options.attempt);
  while (fold->state().applied < point->sequence) {
    const Result<bool> more = fold->next();
    if (!more) return more.error();
    if (!*more) break;
    story.see(fold->state(), fold->event());
    fold->apply_event();
  }
  const std::string name = options.space + "/" + options.pod;
  if (!story.known()) {
    return Error{ErrorCode::kNotFound, "this journal knows no pod " + name + " up to " + options.instant.text};
  }
  if (options.attempt && story.explained() == nullptr) {
    return Error{ErrorCode::kNotFound, name + " has no attempt " + std::to_string(*options.attempt) + " up to " +
                                           options.instant.text + "; it has " +
                                           std::to_string(story.attempts().size())};
  }
  std::optional<Explained> as_of;
  if (const std::optional<PodNumber> pod = story.pod()) as_of = explain_in(fold->state(), *pod);
  if (story.explained() == nullptr && !as_of) {
    return Error{ErrorCode::kNotFound, name + " was gone by " + options.instant.text +
                                           ", and nobody had tried to place it: give an earlier instant"};
  }
  const Explained& shown = story.explained() != nullptr ? *story.explained() : *as_of;
  if (format == Format::kJson) {
    write_json(story, shown, as_of, out);
  } else if (format == Format::kCsv) {
    write_csv(shown.explanation, out);
  } else {
    write_table(story, shown, as_of, out);
  }
  return kHolds;
}

}  // namespace bw::replay
