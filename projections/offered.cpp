#include "projections/offered.h"

#include "journal/result.h"

namespace bw {
namespace {

const NodeSet& base_of(const State& state, NodeSetDelta::Base base) {
  static const NodeSet kEmptySet;
  switch (base) {
    case NodeSetDelta::Base::kSchedulable:
      return state.schedulable;
    case NodeSetDelta::Base::kLastOffered:
      return state.last_offered;
    case NodeSetDelta::Base::kEmpty:
    case NodeSetDelta::Base::kNamed:
      break;
  }
  return kEmptySet;
}

}  // namespace

NodeSetDelta delta_of(const State& state, const NodeSet& offered, std::vector<std::string> unknown_names) {
  NodeSetDelta shortest{NodeSetDelta::Base::kLastOffered, offered.runs_from(state.last_offered),
                        std::move(unknown_names)};
  if (shortest.toggled.empty()) return shortest;
  for (const auto base : {NodeSetDelta::Base::kSchedulable, NodeSetDelta::Base::kEmpty}) {
    std::vector<std::uint32_t> runs = offered.runs_from(base_of(state, base));
    if (runs.size() >= shortest.toggled.size()) continue;
    shortest.base = base;
    shortest.toggled = std::move(runs);
  }
  return shortest;
}

NodeSet resolve_offered(const State& state, const NodeSetDelta& delta) {
  NodeSet offered = base_of(state, delta.base);
  offered.toggle(delta.toggled);
  return offered;
}

std::uint64_t verdict_hash(const NodeSet& offered, const FilterDecided& decided) {
  FieldHasher hasher(7);
  for (std::uint64_t word : offered.words()) hasher.add(word);
  for (const std::string& name : decided.offered.unknown_names) hasher.add(name);
  hasher.add(std::uint64_t{decided.fitting}).add(std::uint64_t{decided.named}).add(decided.named_hash);
  for (const RefusalCount& refusal : decided.refusals) {
    hasher.add(static_cast<std::uint64_t>(refusal.reason)).add(std::uint64_t{refusal.nodes});
  }
  return hasher.finish();
}

Stream stream_of(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kReplicaSet:
      return Stream::kReplicaSets;
    case WorkloadKind::kDeployment:
      return Stream::kDeployments;
    case WorkloadKind::kStatefulSet:
      return Stream::kStatefulSets;
    case WorkloadKind::kDaemonSet:
      return Stream::kDaemonSets;
    case WorkloadKind::kJob:
      return Stream::kJobs;
    case WorkloadKind::kOther:
      break;
  }
  check(false, "a workload of a kind that is not watched");
  return Stream::kJobs;
}

std::optional<PlaceNumber> find_place(const State& state, const LinkName& name) {
  if (name.kind == LinkName::Kind::kUplink) {
    const auto found = state.uplinks.find(name.uplink);
    return found == state.uplinks.end() ? std::nullopt : std::optional(found->second.place);
  }
  const Node* node = state.nodes.find(name.node);
  if (node == nullptr) return std::nullopt;
  return name.kind == LinkName::Kind::kLocal ? node->leaf : node->place;
}

}  // namespace bw
