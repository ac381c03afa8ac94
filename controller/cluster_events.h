// Kubernetes events (events.k8s.io/v1) for people: what a recorded fact means for a pod, a node or a workload. Pure.
// Events are best effort; the journal is the record.
#pragma once

#include <optional>

#include "kube/effect_request.h"
#include "projections/state.h"

namespace bw {

// `before`: the state that `event` is about to be applied to.
std::optional<ClusterEvent> cluster_event(const State& before, const Event& event);

}  // namespace bw
