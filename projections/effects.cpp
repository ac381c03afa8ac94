#include "projections/effects.h"

namespace bw {
namespace {

// What of the grant the pod does not say any more. Another leader knows it from the pod alone: an edit between the
// reservation and the Binding would make it count the pod in another group, or on fewer links (R5).
void restate_group(const State& state, const Pod& pod, std::vector<std::pair<std::string, std::string>>& annotations) {
  const Placement& placement = *pod.placement;
  if (placement.granted == Rates{}) return;
  if (pod.fields.group != placement.group.name) {
    annotations.emplace_back("networking.vaclab.org/group", placement.group.name);
  }
  if (placement.all_links && !charged_on_all_links(state, pod, placement.group)) {
    annotations.emplace_back("networking.vaclab.org/network-charge", "Always");
  }
}

}  // namespace

std::optional<BindPod> pending_binding(const State& state, PodNumber number) {
  if (!state.unsettled.contains(number)) return std::nullopt;
  const Pod& pod = state.pods.at(number);
  const Placement& placement = *pod.placement;
  BindPod bind{placement.reserved_at,
               number,
               pod.identity,
               state.nodes.at(placement.node).name,
               pod.resource_version,
               granted_annotations(pod.fields.requests, placement.granted, placement.default_ul, placement.default_dl,
                                   state.policy)};
  restate_group(state, pod, bind.annotations);
  return bind;
}

std::vector<Effect> pending_effects(const State& state) {
  std::vector<Effect> effects;
  for (PodNumber pod : state.unsettled) effects.emplace_back(*pending_binding(state, pod));
  for (NodeNumber number : state.objects_to_create) {
    const Node& node = state.nodes.at(number);
    effects.emplace_back(CreateBandwidth{node.changed_at, node.name});
  }
  for (NodeNumber number : state.objects_to_delete) {
    const Node& node = state.nodes.at(number);
    effects.emplace_back(DeleteBandwidth{node.changed_at, node.name, node.object->uid, node.object->resource_version});
  }
  for (PodNumber number : state.to_wake) {
    const Pod& pod = state.pods.at(number);
    effects.emplace_back(WakePod{pod.behind, pod.identity, pod.retry});
  }
  for (PodNumber number : state.to_fence) {
    effects.emplace_back(FencePod{state.term_began, state.pods.at(number).identity, state.term});
  }
  return effects;
}

}  // namespace bw
