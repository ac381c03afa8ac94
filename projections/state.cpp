#include "projections/state.h"

#include <algorithm>
#include <limits>

namespace bw {

std::string_view stream_name(Stream stream) {
  constexpr std::array<std::string_view, kStreamCount> kNames{
      "pods", "nodes", "bandwidths", "namespaces", "replicasets", "deployments", "statefulsets", "daemonsets", "jobs"};
  return kNames[static_cast<std::size_t>(stream)];
}

std::optional<PodNumber> State::find_pod(std::string_view uid) const {
  return pod_numbers.find(uid, [&](PodNumber number) { return pods.at(number).identity.uid == uid; });
}

std::optional<PodNumber> State::find_pod(std::string_view space, std::string_view name) const {
  std::optional<PodNumber> newest;
  pods.for_each([&](PodNumber number, const Pod& pod) {
    if (pod.identity.name != name || pod.identity.space != space) return;
    if (!newest || pods.at(*newest).resource_version < pod.resource_version) newest = number;
  });
  return newest;
}

std::optional<NodeNumber> State::find_node(std::string_view name) const {
  const auto found = node_numbers.find(name);
  return found == node_numbers.end() ? std::nullopt : std::optional(found->second);
}

NamespaceDefaults namespace_defaults(const State& state, std::string_view space) {
  const auto found = state.namespaces.find(space);
  return found == state.namespaces.end() ? NamespaceDefaults{} : found->second.defaults;
}

Request requested(const State& state, const Pod& pod) {
  return resolve_request(pod.fields.requests, namespace_defaults(state, pod.identity.space), state.policy);
}

Rates named_rates(const State& state, const Pod& pod, const Rates& granted) {
  const Request named = resolve_request(pod.fields.requests, {granted.ul, granted.dl}, state.policy);
  return named.valid() ? named.rates : granted;
}

bool drifts(const State& state, const Pod& pod) {
  if (!pod.placement) return false;
  const Placement& placement = *pod.placement;
  if (named_rates(state, pod, placement.granted) != placement.granted) return true;
  const bool named = placement.group.kind == GroupRef::Kind::kNamed;
  return pod.fields.group != (named ? placement.group.name : std::string());
}

std::optional<WorkloadNumber> top_workload(const State& state, const Pod& pod) {
  std::optional<WorkloadNumber> top = pod.fields.controller;
  if (!top) return std::nullopt;
  // Only a ReplicaSet leads on, to its Deployment; all other owners stand for themselves.
  const Workload& owner = state.workloads.at(*top);
  if (owner.kind == WorkloadKind::kReplicaSet && owner.controller) {
    if (state.workloads.at(*owner.controller).kind == WorkloadKind::kDeployment) top = owner.controller;
  }
  return top;
}

GroupRef group_of(const State& state, const Pod& pod) {
  if (!pod.fields.group.empty()) return {GroupRef::Kind::kNamed, {}, pod.fields.group};
  const std::optional<WorkloadNumber> top = top_workload(state, pod);
  if (!top) return {};
  const Workload& workload = state.workloads.at(*top);
  // Pods of a DaemonSet, and mirrors of static pods (owned by their node), are one to a node: they meet nowhere.
  if (workload.kind == WorkloadKind::kDaemonSet || workload.kind_name == "Node") return {};
  return {GroupRef::Kind::kWorkload, *top, {}};
}

GroupKey group_key(const GroupRef& ref, const Pod& pod) {
  return {ref, ref.kind == GroupRef::Kind::kNamed ? pod.identity.space : std::string()};
}

bool charged_on_all_links(const State& state, const Pod& pod, const GroupRef& group) {
  return group.kind == GroupRef::Kind::kNone || state.policy.always_charge_network ||
         pod.fields.network_charge == NetworkCharge::kAlways;
}

namespace {

// Pods that a workload wants; a workload that is gone wants none.
std::optional<std::uint32_t> wanted_pods(const Workload& workload) {
  if (workload.gone) return 0;
  return workload.wanted;
}

}  // namespace

std::optional<std::uint32_t> wanted_members(const State& state, const GroupKey& key, std::uint32_t live,
                                            std::optional<WorkloadNumber> joining) {
  if (key.ref.kind == GroupRef::Kind::kWorkload) return wanted_pods(state.workloads.at(key.ref.workload));
  std::uint64_t sum = 0;
  const auto add = [&](WorkloadNumber number) {
    const std::optional<std::uint32_t> wanted = wanted_pods(state.workloads.at(number));
    if (wanted) sum += *wanted;
    return wanted.has_value();
  };
  const auto number = state.group_numbers.find(key);
  if (number != state.group_numbers.end()) {
    for (const auto& [workload, members] : state.groups.at(number->second).workloads) {
      if (joining == workload) joining.reset();
      if (!add(workload)) return std::nullopt;
    }
  }
  if (joining && !add(*joining)) return std::nullopt;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(sum, live, kMost));
}

std::optional<std::uint32_t> max_interfaces(const State& state, const Node& node) {
  if (node.object && node.object->max_interfaces) return node.object->max_interfaces;
  return state.policy.max_interfaces;
}

NodeCapacity node_capacity(const State& state, const Node& node, Timestamp time) {
  NodeCapacity in_force{state.policy.default_local_capacity, state.policy.default_network_capacity, {}, {}};
  if (!node.object) return in_force;
  const BandwidthObject& object = *node.object;
  in_force.local = {object.local_ul.value_or(in_force.local.ul), object.local_dl.value_or(in_force.local.dl)};
  in_force.network = {object.network_ul.value_or(in_force.network.ul), object.network_dl.value_or(in_force.network.dl)};
  for (const KeptBack& kept : object.kept_back) {
    if (kept.until && *kept.until <= time) continue;
    in_force.local_kept_back.ul += kept.local.ul;
    in_force.local_kept_back.dl += kept.local.dl;
    in_force.network_kept_back.ul += kept.network.ul;
    in_force.network_kept_back.dl += kept.network.dl;
  }
  return in_force;
}

NodeConditions node_conditions(const State& state, const Node& node) {
  const auto not_covered = [](const Link& link) {
    const Sum room = link.room();
    return !link.overcommitted() && (room.ul < 0 || room.dl < 0);
  };
  const Link& local = state.ledger.place(node.leaf).link;
  const Link& network = state.ledger.place(node.place).link;
  NodeConditions conditions{NodeReadiness::kReady, local.overcommitted() || network.overcommitted()};
  if (!node.present) {
    conditions.readiness = NodeReadiness::kNodeNotFound;
  } else if (not_covered(local) || not_covered(network)) {
    conditions.readiness = NodeReadiness::kReservationNotCovered;
  }
  return conditions;
}

PodTerms pod_terms(const State& state, const Pod& pod, const GroupRef& group, bool all_links, const Rates& rates) {
  PodTerms terms{rates, all_links, pod.fields.terminating, true, {}, {}, pod.fields.interfaces};
  if (group.kind == GroupRef::Kind::kNone || (rates.ul == 0 && rates.dl == 0)) return terms;
  const GroupKey key = group_key(group, pod);
  const auto number = state.group_numbers.find(key);
  terms.first = number == state.group_numbers.end();
  terms.group = terms.first ? state.groups.next() : number->second;
  const std::uint32_t live = terms.first ? 1 : state.ledger.group(*terms.group)->live + 1;
  terms.wanted = wanted_members(state, key, live, top_workload(state, pod));
  return terms;
}

Terms terms_at(const State& state, const PodTerms& pod, const Node& node) {
  Terms terms{{node.leaf, pod.rates, pod.group, pod.all_links, pod.terminating}, {pod.wanted, false}};
  if (pod.group && pod.first && pod.wanted) {
    terms.group.spread = !can_hold(state, node, *pod.wanted, pod.rates, pod.interfaces);
  }
  return terms;
}

bool can_hold(const State& state, const Node& node, std::uint32_t members, const Rates& rates,
              std::uint32_t interfaces) {
  const Int128 count = members;
  const Link& local = state.ledger.place(node.leaf).link;
  const std::optional<std::uint32_t> most = max_interfaces(state, node);
  return count * rates.ul <= Int128{local.capacity.ul} - local.kept_back.ul &&
         count * rates.dl <= Int128{local.capacity.dl} - local.kept_back.dl && (!most || count * interfaces <= *most) &&
         (node.allocatable_pods == 0 || members <= node.allocatable_pods);
}

Charge charge_of(const State& state, const Pod& pod) {
  const Placement& placement = *pod.placement;
  return {state.nodes.at(placement.node).leaf, placement.charged, placement.group_number, placement.all_links,
          placement.terminating};
}

PlaceNumber charged_up_to(const State& state, const Placement& placement) {
  const bool meets = placement.group_number && !placement.all_links;
  return meets ? state.ledger.group(*placement.group_number)->meeting : kFabric;
}

LinkName link_name(const State& state, PlaceNumber place) {
  const auto node = state.node_of_place.find(static_cast<std::uint32_t>(place));
  if (node != state.node_of_place.end()) {
    const bool leaf = state.ledger.place(place).leaf;
    return {leaf ? LinkName::Kind::kLocal : LinkName::Kind::kNetwork, node->second, {}};
  }
  for (const auto& [name, uplink] : state.uplinks) {
    if (uplink.place == place) return {LinkName::Kind::kUplink, {}, name};
  }
  return {LinkName::Kind::kUplink, {}, {}};
}

std::optional<Timestamp> next_deadline(const State& state) {
  return state.deadlines.empty() ? std::nullopt : std::optional(state.deadlines.begin()->first);
}

}  // namespace bw
