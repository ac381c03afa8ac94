#include "projections/digest.h"

namespace bw {
namespace {

enum Seed : std::uint64_t { kPodSeed = 1, kNodeSeed, kWorkloadSeed, kGroupSeed };

template <class Value>
std::uint64_t bits(Value value) {
  return static_cast<std::uint64_t>(value);
}

// Distinguishes "absent" from every value.
template <class Value>
void add_optional(FieldHasher& hasher, const std::optional<Value>& value) {
  hasher.add(bits(value.has_value()));
  if (value) hasher.add(bits(*value));
}

void add_wide(FieldHasher& hasher, Int128 value) { hasher.add(bits(value)).add(bits(value >> 64)); }

void add_rates(FieldHasher& hasher, const Rates& rates) { hasher.add(bits(rates.ul)).add(bits(rates.dl)); }

void add_group(FieldHasher& hasher, const GroupRef& group) {
  hasher.add(bits(group.kind)).add(bits(group.workload)).add(group.name);
}

void add_placement(FieldHasher& hasher, const Placement& placement) {
  hasher.add(bits(placement.node));
  add_rates(hasher, placement.granted);
  add_rates(hasher, placement.charged);
  hasher.add(bits(placement.default_ul) | bits(placement.default_dl) << 1 | bits(placement.all_links) << 2 |
             bits(placement.group_number.has_value()) << 3 | bits(placement.settled) << 4 |
             bits(placement.terminating) << 5 | bits(placement.by) << 8);
  add_group(hasher, placement.group);
  hasher.add(placement.reserved_at).add(placement.settled_at).add(placement.term);
}

}  // namespace

std::uint64_t hash_of(PodNumber number, const Pod& pod) {
  FieldHasher hasher(kPodSeed);
  const PodFields& fields = pod.fields;
  hasher.add(bits(number)).add(pod.identity.space).add(pod.identity.name).add(pod.identity.uid);
  hasher.add(pod.resource_version);
  add_optional(hasher, fields.node);
  hasher.add(bits(fields.terminating) | bits(fields.host_network) << 1 | bits(fields.gated) << 2 |
             bits(fields.refused) << 3 | bits(pod.drifts) << 4 | bits(fields.phase) << 8 |
             bits(fields.interfaces) << 16);
  hasher.add(bits(fields.priority)).add(bits(fields.created.ns));
  add_optional(hasher, fields.controller);
  hasher.add(fields.group);
  add_optional(hasher, fields.network_charge);
  hasher.add(bits(fields.requests.size()));
  for (const RequestEntry& entry : fields.requests) {
    hasher.add(bits(entry.dialect) | bits(entry.direction) << 8);
    add_optional(hasher, entry.rate);
    hasher.add(entry.text);
  }
  hasher.add(bits(fields.granted.has_value()));
  if (fields.granted) add_rates(hasher, *fields.granted);
  hasher.add(fields.term).add(bits(fields.retry));
  hasher.add(bits(pod.attempts)).add(pod.last_filter).add(pod.last_verdict).add(pod.last_named_hash);
  hasher.add(bits(pod.retry)).add(pod.behind);
  hasher.add(bits(pod.placement.has_value()));
  if (pod.placement) add_placement(hasher, *pod.placement);
  hasher.add(bits(pod.refusal.has_value()));
  if (pod.refusal) {
    hasher.add(pod.refusal->attempted_at).add(pod.refusal->woken_at).add(bits(pod.refusal->woken_time.ns));
    hasher.add(bits(pod.refusal->offered != nullptr));
    if (pod.refusal->offered) {
      for (std::uint64_t word : pod.refusal->offered->words()) hasher.add(word);
    }
  }
  hasher.add(pod.listed_at);
  return hasher.finish();
}

std::uint64_t hash_of(const State& state, NodeNumber number, const Node& node) {
  FieldHasher hasher(kNodeSeed);
  hasher.add(bits(number)).add(node.name).add(bits(node.present) | bits(node.unschedulable) << 1);
  hasher.add(node.uid).add(node.resource_version).add(bits(node.allocatable_pods));
  hasher.add(bits(node.level_values.size()));
  for (const std::string& value : node.level_values) hasher.add(value);
  hasher.add(bits(node.absent_since ? node.absent_since->ns : -1));
  hasher.add(bits(node.object.has_value()));
  if (node.object) {
    const BandwidthObject& object = *node.object;
    hasher.add(object.uid).add(object.resource_version).add(bits(object.generation));
    add_optional(hasher, object.local_ul);
    add_optional(hasher, object.local_dl);
    add_optional(hasher, object.network_ul);
    add_optional(hasher, object.network_dl);
    add_optional(hasher, object.max_interfaces);
    hasher.add(bits(object.kept_back.size()));
    for (const KeptBack& kept : object.kept_back) {
      hasher.add(kept.name);
      add_rates(hasher, kept.local);
      add_rates(hasher, kept.network);
      hasher.add(bits(kept.until ? kept.until->ns : -1));
    }
  }
  hasher.add(bits(node.pods.size())).add(node.interfaces_used).add(node.changed_at);
  hasher.add(bits(node.readiness)).add(bits(node.readiness_since.ns));
  hasher.add(bits(node.overcommitted)).add(bits(node.overcommitted_since.ns));
  hasher.add(node.listed_at).add(node.object_listed_at);
  for (const PlaceNumber place : {node.leaf, node.place}) {
    const Link& link = state.ledger.place(place).link;
    add_rates(hasher, link.kept_back);
    add_wide(hasher, link.used.ul);
    add_wide(hasher, link.used.dl);
  }
  return hasher.finish();
}

std::uint64_t hash_of(WorkloadNumber number, const Workload& workload) {
  FieldHasher hasher(kWorkloadSeed);
  hasher.add(bits(number)).add(bits(workload.kind)).add(workload.kind_name).add(workload.space);
  hasher.add(workload.name).add(workload.uid);
  hasher.add(bits(workload.observed) | bits(workload.gone) << 1).add(workload.resource_version);
  add_optional(hasher, workload.controller);
  add_optional(hasher, workload.wanted);
  hasher.add(bits(workload.references)).add(workload.listed_at);
  return hasher.finish();
}

std::uint64_t hash_of(const State& state, const GroupMembers& members, const Group& group) {
  FieldHasher hasher(kGroupSeed);
  add_group(hasher, members.key.ref);
  hasher.add(members.key.space).add(bits(group.live)).add(bits(group.terminating)).add(bits(group.spread));
  add_optional(hasher, group.wanted);
  // Place numbers are not part of the meaning of a state: names are.
  for (const PlaceNumber place : {group.lowest, group.meeting}) {
    const LinkName name = place == kFabric ? LinkName{LinkName::Kind::kUplink, {}, {}} : link_name(state, place);
    hasher.add(bits(name.kind)).add(bits(name.node)).add(name.uplink);
  }
  return hasher.finish();
}

std::uint64_t digest_from_scratch(const State& state) {
  std::uint64_t digest = 0;
  state.pods.for_each([&](PodNumber number, const Pod& pod) { digest += hash_of(number, pod); });
  state.nodes.for_each([&](NodeNumber number, const Node& node) { digest += hash_of(state, number, node); });
  state.workloads.for_each(
      [&](WorkloadNumber number, const Workload& workload) { digest += hash_of(number, workload); });
  state.groups.for_each([&](GroupNumber number, const GroupMembers& members) {
    digest += hash_of(state, members, *state.ledger.group(number));
  });
  return digest;
}

}  // namespace bw
