#include "controller/cluster_events.h"

#include <utility>
#include <variant>

#include "kube/effect_request.h"

namespace bw {
namespace {

std::string rates_text(const Rates& rates) {
  return "ul " + std::to_string(rates.ul) + " bit/s, dl " + std::to_string(rates.dl) + " bit/s";
}

bool is_over(PodPhase phase) { return phase == PodPhase::kSucceeded || phase == PodPhase::kFailed; }

const char* link_text(const LinkName& link) { return link.kind == LinkName::Kind::kLocal ? "local" : "network"; }

class Teller {
 public:
  Teller(const State& before, const Event& event) : state_(before), event_(event) {}

  std::optional<ClusterEvent> tell() {
    return std::visit([this](const auto& fact) { return about(fact); }, event_.fact);
  }

 private:
  template <class AnyFact>
  std::optional<ClusterEvent> about(const AnyFact&) const {
    return std::nullopt;
  }

  std::optional<ClusterEvent> about(const BandwidthReserved& fact) const {
    if (fact.granted == Rates{}) return std::nullopt;
    return on_pod(state_.pods.at(fact.pod).identity, false, "BandwidthReserved", "Reserve",
                  rates_text(fact.granted) + " on node " + state_.nodes.at(fact.node).name);
  }

  std::optional<ClusterEvent> about(const BindingRefused& fact) const {
    const Pod* pod = state_.pods.find(fact.pod);
    return pod == nullptr ? std::nullopt : released(*pod, "the Binding was refused: " + fact.message);
  }

  std::optional<ClusterEvent> about(const PodGone& fact) const {
    return released(state_.pods.at(fact.pod), "the pod is gone");
  }

  std::optional<ClusterEvent> about(const PodObserved& fact) const {
    const Pod* known = state_.pods.find(fact.pod);
    if (known != nullptr && is_over(fact.fields.phase)) return released(*known, "the pod has ended");
    check(fact.identity || known != nullptr, "a pod is seen for the first time without its name", event_.sequence);
    const PodIdentity& identity = fact.identity ? *fact.identity : known->identity;
    const Request request =
        resolve_request(fact.fields.requests, namespace_defaults(state_, identity.space), state_.policy);
    if (request.valid() || (known != nullptr && !requested(state_, *known).valid())) return std::nullopt;
    return on_pod(identity, true, "BandwidthRequestInvalid", "Read", request.problem);
  }

  std::optional<ClusterEvent> about(const DriftBegan& fact) const {
    const Pod& pod = state_.pods.at(fact.pod);
    return on_pod(pod.identity, true, "BandwidthDrift", "Observe",
                  "the pod now asks for " + rates_text(fact.requested) + "; granted were " +
                      rates_text(pod.placement->granted) + "; the larger of the two counts");
  }

  std::optional<ClusterEvent> about(const LinkOvercommitted& fact) const {
    if (fact.link.kind == LinkName::Kind::kUplink) return std::nullopt;
    return on_node(fact.link.node, true, "BandwidthOvercommitted",
                   std::string("used is above capacity on link ") + link_text(fact.link) +
                       "; nothing more is placed on it until it clears");
  }

  std::optional<ClusterEvent> about(const LinkRecovered& fact) const {
    if (fact.link.kind == LinkName::Kind::kUplink) return std::nullopt;
    return on_node(fact.link.node, false, "BandwidthRecovered",
                   std::string("used is within capacity again on link ") + link_text(fact.link));
  }

  std::optional<ClusterEvent> about(const BandwidthObserved& fact) const {
    const Node& node = state_.nodes.at(fact.node);
    if (!node.object || node.object->generation == fact.generation) return std::nullopt;
    const BandwidthObject& object = *node.object;
    const bool same = object.local_ul == fact.local_ul && object.local_dl == fact.local_dl &&
                      object.network_ul == fact.network_ul && object.network_dl == fact.network_dl;
    if (same) return std::nullopt;
    return on_node(fact.node, false, "BandwidthCapacityChanged", "the capacity declared for this node has changed");
  }

  std::optional<ClusterEvent> about(const GroupStuck& fact) const {
    const Pod& pod = state_.pods.at(fact.pod);
    const std::string note = "pod " + pod.identity.name +
                             " fits nowhere: placing it would charge its group on the network link of node " +
                             state_.nodes.at(fact.node).name + ", which lacks " + rates_text(fact.lacking);
    const std::optional<WorkloadNumber> top = top_workload(state_, pod);
    if (!top) return on_pod(pod.identity, true, "BandwidthGroupStuck", "Filter", note);
    const Workload& workload = state_.workloads.at(*top);
    ClusterEvent event = made(true, "BandwidthGroupStuck", "Filter", note);
    event.api_version = workload.kind == WorkloadKind::kJob ? "batch/v1" : "apps/v1";
    event.kind = workload.kind_name;
    event.space = workload.space;
    event.name = workload.name;
    event.uid = workload.uid;
    return event;
  }

  std::optional<ClusterEvent> released(const Pod& pod, const std::string& why) const {
    if (!pod.placement || pod.placement->charged == Rates{}) return std::nullopt;
    return on_pod(
        pod.identity, false, "BandwidthReleased", "Release",
        rates_text(pod.placement->charged) + " on node " + state_.nodes.at(pod.placement->node).name + ": " + why);
  }

  ClusterEvent made(bool warning, const char* reason, const char* action, std::string note) const {
    ClusterEvent event;
    event.time = event_.time;
    event.cause = event_.sequence;
    event.warning = warning;
    event.reason = reason;
    event.action = action;
    event.note = std::move(note);
    return event;
  }

  ClusterEvent on_pod(const PodIdentity& pod, bool warning, const char* reason, const char* action,
                      std::string note) const {
    ClusterEvent event = made(warning, reason, action, std::move(note));
    event.api_version = "v1";
    event.kind = "Pod";
    event.space = pod.space;
    event.name = pod.name;
    event.uid = pod.uid;
    return event;
  }

  ClusterEvent on_node(NodeNumber number, bool warning, const char* reason, std::string note) const {
    const Node& node = state_.nodes.at(number);
    ClusterEvent event = made(warning, reason, "Account", std::move(note));
    event.api_version = "v1";
    event.kind = "Node";
    event.name = node.name;
    event.uid = node.uid;
    return event;
  }

  const State& state_;
  const Event& event_;
};

}  // namespace

std::optional<ClusterEvent> cluster_event(const State& before, const Event& event) {
  return Teller(before, event).tell();
}

}  // namespace bw
