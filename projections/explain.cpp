#include "projections/explain.h"

#include <algorithm>

#include "projections/scoring.h"

namespace bw {
namespace {

BitsPerSecond cut(Int128 rate) { return static_cast<BitsPerSecond>(std::min<Int128>(rate, kLargestRequest * 1000)); }

std::string place_name(const State& state, PlaceNumber place) {
  if (place == kFabric) return "fabric";
  const LinkName name = link_name(state, place);
  return name.kind == LinkName::Kind::kUplink ? name.uplink : state.nodes.at(name.node).name;
}

NodeExplanation explain_node(const State& state, const Node& node, const Fit& fit) {
  NodeExplanation explanation;
  explanation.node = node.name;
  explanation.reason = fit.reason;
  if (fit.misfit.fits()) return explanation;
  const LinkName name = link_name(state, fit.misfit.place);
  if (name.kind == LinkName::Kind::kUplink) {
    explanation.link = name.uplink;
  } else {
    explanation.link = name.kind == LinkName::Kind::kLocal ? "local" : "network";
    if (state.nodes.at(name.node).name != node.name) explanation.link_of = state.nodes.at(name.node).name;
  }
  explanation.lacking = {cut(fit.misfit.lacking.ul), cut(fit.misfit.lacking.dl)};
  return explanation;
}

void sort_by_name(std::vector<NodeExplanation>& nodes) {
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
}

}  // namespace

std::vector<NodeExplanation> explain_refusals(const State& state, const std::vector<RefusedNode>& nodes) {
  std::vector<NodeExplanation> explained;
  for (const RefusedNode& refused : nodes) {
    if (const Node* node = state.nodes.find(refused.node)) explained.push_back(explain_node(state, *node, refused.fit));
  }
  sort_by_name(explained);
  return explained;
}

Explanation explain(const State& state, PodNumber number, const NodeSet* offered) {
  const Pod& pod = state.pods.at(number);
  const FitCheck fit(state, pod);
  Explanation explanation;
  explanation.pod = pod.identity;
  explanation.request = fit.request();
  explanation.attempts = pod.attempts;
  explanation.last_attempt = pod.last_filter;
  explanation.refused = pod.refusal.has_value();
  explanation.all_links = pod.placement ? pod.placement->all_links : fit.all_links();
  const GroupRef& group = pod.placement ? pod.placement->group : fit.group();
  if (group.kind == GroupRef::Kind::kNamed) {
    explanation.group = "Group " + pod.identity.space + "/" + group.name;
  } else if (group.kind == GroupRef::Kind::kWorkload && (!pod.placement || pod.placement->group_number)) {
    // A placed pod that is no member holds its workload by number only, and that may have another bearer by now.
    const Workload& workload = state.workloads.at(group.workload);
    explanation.group = workload.kind_name + " " + workload.space + "/" + workload.name;
  }
  const auto group_number = state.group_numbers.find(group_key(group, pod));
  if (!explanation.group.empty() && group_number != state.group_numbers.end()) {
    const Group& present = *state.ledger.group(group_number->second);
    explanation.group_live = present.live;
    explanation.group_wanted = present.wanted;
    explanation.meeting_point = place_name(state, present.meeting);
  }
  if (pod.placement) {
    explanation.reserved_on = state.nodes.at(pod.placement->node).name;
    explanation.settled = pod.placement->settled;
  }
  std::vector<NodeNumber> fitting;
  std::vector<std::size_t> fitting_at;  // their places in explanation.nodes
  const auto add = [&](NodeNumber node_number, const Node& node) {
    const Fit here = fit.on(node_number);
    if (here.reason == Reason::kFits) {
      fitting.push_back(node_number);
      fitting_at.push_back(explanation.nodes.size());
    }
    explanation.nodes.push_back(explain_node(state, node, here));
  };
  if (offered == nullptr) {
    state.nodes.for_each([&](NodeNumber node_number, const Node& node) {
      if (node.present) add(node_number, node);
    });
  } else {
    offered->for_each([&](NodeNumber node_number) { add(node_number, state.nodes.at(node_number)); });
  }
  const std::vector<RankedNode> scored = score_nodes(state, pod, fit, pod.attempts, fitting);
  for (std::size_t i = 0; i < scored.size(); ++i) explanation.nodes[fitting_at[i]].score = scored[i].score;
  sort_by_name(explanation.nodes);
  return explanation;
}

}  // namespace bw
