#include <iostream>

#include "extender/explanation_json.h"
#include "projections/explain.h"
#include "projections/offered.h"
#include "projections/reason.h"
#include "projections/time_text.h"
#include "replay/commands.h"

namespace bw::replay {
namespace {

std::string rates_text(const Rates& rates) {
  return "ul " + std::to_string(rates.ul) + ", dl " + std::to_string(rates.dl) + " bit/s";
}

void write_table(const Explanation& explanation, std::ostream& out) {
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
  Table table({"NODE", "VERDICT", "LINK", "LACKING-UL", "LACKING-DL"});
  for (const NodeExplanation& node : explanation.nodes) {
    const std::string link = node.link_of.empty() ? node.link : node.link + " of " + node.link_of;
    if (node.reason == Reason::kFits) {
      table.add({node.node, "fits, score " + std::to_string(node.score), "", "", ""});
    } else {
      table.add({node.node, std::string(reason_text(node.reason)), link, std::to_string(node.lacking.ul),
                 std::to_string(node.lacking.dl)});
    }
  }
  table.write(out, Format::kTable);
}

}  // namespace

int explain(const JournalReader& journal, const std::string& space, const std::string& name, const Instant& instant,
            Format format, std::ostream& out) {
  Result<Fold> fold = Fold::begin(journal, false);
  if (!fold) return report(fold.error());
  std::optional<FilterDecided> attempt;
  Sequence attempted_at = 0;
  while (true) {
    const Result<bool> more = fold->next();
    if (!more) return report(more.error());
    const Event& event = fold->event();
    if (!*more || (instant.sequence && event.sequence > *instant.sequence) ||
        (instant.time && event.time > *instant.time)) {
      break;
    }
    if (const auto* decided = std::get_if<FilterDecided>(&event.fact)) {
      const Pod& pod = fold->state().pods.at(decided->pod);
      if (pod.identity.space == space && pod.identity.name == name) {
        attempt = *decided;
        attempted_at = event.sequence;
      }
    }
    fold->apply_event();
  }
  std::optional<NodeSet> offered;
  if (attempt) {  // again, up to what the filter saw
    fold = Fold::begin(journal, false);
    if (!fold) return report(fold.error());
    if (Result<void> run = fold->run_to({attempted_at - 1, {}, {}}); !run) return report(run.error());
    offered = resolve_offered(fold->state(), attempt->offered);
  }
  const State& state = fold->state();
  const std::optional<PodNumber> pod = attempt ? attempt->pod : state.find_pod(space, name);
  if (!pod) return report({ErrorCode::kNotFound, "no pod " + space + "/" + name + " in this journal up to then"});
  const Explanation explanation = bw::explain(state, *pod, offered ? &*offered : nullptr);
  if (format == Format::kJson) {
    out << explanation_json(state, explanation) << "\n";
    return kHolds;
  }
  if (attempt) {
    out << "attempt at sequence " << attempted_at << ", on the state as of " << state.applied << " ("
        << format_rfc3339(state.time, 9) << ")\n";
  } else {
    out << "no attempt to place it is recorded up to then; as of sequence " << state.applied << ":\n";
  }
  write_table(explanation, out);
  return kHolds;
}

}  // namespace bw::replay
