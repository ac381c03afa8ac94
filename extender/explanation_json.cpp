#include "extender/explanation_json.h"

#include <nlohmann/json.hpp>

#include "projections/reason.h"
#include "projections/time_text.h"

namespace bw {
namespace {

using Json = nlohmann::ordered_json;

Json rates_json(const Rates& rates) { return {{"ulBitsPerSecond", rates.ul}, {"dlBitsPerSecond", rates.dl}}; }

Json node_json(const NodeExplanation& node) {
  Json json = {{"name", node.node}, {"fits", node.reason == Reason::kFits}};
  if (node.reason == Reason::kFits) {
    json["score"] = node.score;
    return json;
  }
  json["reason"] = reason_text(node.reason);
  if (node.link.empty()) return json;
  json["link"] = node.link;
  if (!node.link_of.empty()) json["linkOf"] = node.link_of;
  json["lacking"] = rates_json(node.lacking);
  return json;
}

}  // namespace

std::string explanation_json(const State& state, const Explanation& explanation,
                             const std::vector<RefusedNode>* last_refused) {
  Json json = {{"sequence", state.applied},
               {"time", format_rfc3339(state.time, 9)},
               {"namespace", explanation.pod.space},
               {"podName", explanation.pod.name},
               {"podUid", explanation.pod.uid}};
  if (explanation.request.valid()) {
    json["request"] = rates_json(explanation.request.rates);
    if (explanation.request.default_ul || explanation.request.default_dl) {
      json["request"]["byDefault"] = Json::array();
      if (explanation.request.default_ul) json["request"]["byDefault"].push_back("ul");
      if (explanation.request.default_dl) json["request"]["byDefault"].push_back("dl");
    }
  } else {
    json["invalid"] = explanation.request.problem;
  }
  if (!explanation.group.empty()) {
    Json group = {{"name", explanation.group}, {"chargedOnAllLinks", explanation.all_links}};
    if (explanation.group_live) group["live"] = *explanation.group_live;
    if (explanation.group_wanted) group["wanted"] = *explanation.group_wanted;
    if (!explanation.meeting_point.empty()) group["meetingPoint"] = explanation.meeting_point;
    json["group"] = std::move(group);
  }
  json["attempts"] = explanation.attempts;
  json["lastAttempt"] = explanation.last_attempt;
  json["refused"] = explanation.refused;
  if (!explanation.reserved_on.empty()) {
    json["node"] = explanation.reserved_on;
    json["phase"] = explanation.settled ? "Bound" : "Reserved";
  }
  json["nodes"] = Json::array();
  for (const NodeExplanation& node : explanation.nodes) json["nodes"].push_back(node_json(node));
  if (last_refused != nullptr) {
    json["lastAttemptNodes"] = Json::array();
    for (const NodeExplanation& node : explain_refusals(state, *last_refused)) {
      json["lastAttemptNodes"].push_back(node_json(node));
    }
  }
  return json.dump();
}

}  // namespace bw
