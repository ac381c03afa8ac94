// The state as records: projections/snapshot.h.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "journal/result.h"
#include "projections/snapshot.h"

namespace bw {
namespace {

class Writer {
 public:
  Writer(const State& state, const std::function<void(const SnapshotRecord&)>& put) : state_(state), put_(put) {}

  void run() {
    put_(header());
    for (std::size_t i = 0; i < kStreamCount; ++i) put_(stream(static_cast<Stream>(i)));
    for (const auto& [name, space] : state_.namespaces) put_(named_space(name, space));
    put_places();
    state_.workloads.for_each([&](WorkloadNumber number, const Workload& one) { put_(workload(number, one)); });
    put_offered();
    state_.groups.for_each([&](GroupNumber number, const GroupMembers& one) { put_(group(number, one)); });
    state_.pods.for_each([&](PodNumber number, const Pod& one) { put_(pod(number, one)); });
    put_buried();
  }

 private:
  HeaderRecord header() const {
    HeaderRecord record;
    record.journal = state_.journal;
    record.sequence = state_.applied;
    record.time = state_.time;
    record.rules_version = kRulesVersion;
    record.digest = state_.digest;
    record.cluster = state_.cluster;
    record.term = state_.term;
    record.term_began = state_.term_began;
    record.taking_over = state_.taking_over;
    record.epoch = state_.epoch;
    record.binary = state_.binary;
    record.not_understood = state_.not_understood;
    record.suspended = state_.suspended;
    record.grew_at = state_.grew_at;
    record.last_offered = state_.last_offered.runs_from({});
    record.policy = state_.policy;
    return record;
  }

  StreamRecord stream(Stream which) const {
    const StreamState& stream = state_.stream(which);
    StreamRecord record;
    record.stream = which;
    record.resource_version = stream.resource_version;
    record.settled = stream.settled;
    record.synced = stream.synced;
    record.restored = stream.restored;
    record.resync_began = stream.resync_began;
    record.gap = stream.gap;
    record.seen_at = stream.seen_at;
    record.seen_sequence = stream.seen_sequence;
    record.changed = stream.changed;
    record.added = stream.added;
    record.gone = stream.gone;
    record.unreadable = stream.unreadable;
    return record;
  }

  static NamespaceRecord named_space(const std::string& name, const Namespace& space) {
    return {{name, space.resource_version, space.defaults.ul, space.defaults.dl}, space.listed_at};
  }

  // Nodes and uplinks, by the age of their places. Places without a name, left by an older topology, hold nothing.
  void put_places() const {
    std::map<PlaceNumber, std::pair<const std::string*, const Uplink*>> uplinks;
    for (const auto& [name, one] : state_.uplinks) uplinks[one.place] = {&name, &one};
    for (std::size_t i = 1; i < state_.ledger.place_count(); ++i) {
      const PlaceNumber place{static_cast<std::uint32_t>(i)};
      if (const auto found = uplinks.find(place); found != uplinks.end()) {
        put_(uplink(*found->second.first, *found->second.second));
      }
      const auto found = state_.node_of_place.find(static_cast<std::uint32_t>(place));
      if (found != state_.node_of_place.end() && !state_.ledger.place(place).leaf) put_(node(found->second));
    }
  }

  UplinkRecord uplink(const std::string& name, const Uplink& uplink) const {
    const Place& place = state_.ledger.place(uplink.place);
    return {name, above(place), static_cast<std::uint32_t>(uplink.level), place.link.capacity,
            state_.announced_overcommitted.contains(uplink.place)};
  }

  // The name of the uplink that a place hangs on; "": none.
  std::string above(const Place& place) const {
    return place.parent == kFabric ? std::string() : link_name(state_, place.parent).uplink;
  }

  NodeRecord node(NodeNumber number) const {
    const Node& node = state_.nodes.at(number);
    const Place& place = state_.ledger.place(node.place);
    NodeRecord record;
    record.name = node.name;
    record.last = {number,           node.uid, node.resource_version, node.unschedulable, node.allocatable_pods,
                   node.level_values};
    if (node.object) {
      const BandwidthObject& object = *node.object;
      record.object = BandwidthObserved{
          number,          object.uid,        object.resource_version, object.generation,     object.local_ul,
          object.local_dl, object.network_ul, object.network_dl,       object.max_interfaces, object.kept_back};
    }
    record.present = node.present;
    record.absent_since = node.absent_since;
    record.uplink = above(place);
    record.local_kept_back = state_.ledger.place(node.leaf).link.kept_back;
    record.network_kept_back = place.link.kept_back;
    record.local_announced = state_.announced_overcommitted.contains(node.leaf);
    record.network_announced = state_.announced_overcommitted.contains(node.place);
    record.readiness_since = node.readiness_since;
    record.overcommitted_since = node.overcommitted_since;
    record.deadline = node.deadline;
    record.removable = state_.objects_to_delete.contains(number);
    record.changed_at = node.changed_at;
    record.listed_at = node.listed_at;
    record.object_listed_at = node.object_listed_at;
    record.eased_at = node.eased_at;
    return record;
  }

  static WorkloadRecord workload(WorkloadNumber number, const Workload& workload) {
    WorkloadRecord record;
    record.given = {number, workload.kind, workload.kind_name, workload.space, workload.name, workload.uid};
    record.last = {number, workload.resource_version, workload.controller, workload.wanted};
    record.observed = workload.observed;
    record.gone = workload.gone;
    record.listed_at = workload.listed_at;
    return record;
  }

  // Most refusals share a set: each set once, in the order of the first pod that has it.
  void put_offered() {
    for (const PodNumber number : state_.refused) {
      const auto& offered = state_.pods.at(number).refusal->offered;
      if (offered == nullptr || offered_.contains(offered->words())) continue;
      offered_.emplace(offered->words(), static_cast<std::uint32_t>(offered_.size()));
      put_(OfferedRecord{offered->runs_from({})});
    }
  }

  GroupRecord group(GroupNumber number, const GroupMembers& members) const {
    const Group& group = *state_.ledger.group(number);
    GroupRecord record;
    record.number = static_cast<std::uint32_t>(number);
    record.ref = members.key.ref;
    record.space = members.key.space;
    record.wanted = group.wanted;
    record.spread = group.spread;
    record.meeting = link_name(state_, group.meeting);
    return record;
  }

  PodRecord pod(PodNumber number, const Pod& pod) const {
    PodRecord record;
    record.last.pod = number;
    record.last.identity = pod.identity;
    record.last.resource_version = pod.resource_version;
    record.last.fields = pod.fields;
    record.listed_at = pod.listed_at;
    record.attempts = pod.attempts;
    record.last_filter = pod.last_filter;
    record.last_verdict = pod.last_verdict;
    record.last_named_hash = pod.last_named_hash;
    record.retry = pod.retry;
    record.behind = pod.behind;
    record.drifts = pod.drifts;
    record.drift_changed = state_.drift_changed.contains(number);
    record.called_only = state_.called_only.contains(number);
    record.to_fence = state_.to_fence.contains(number);
    record.to_wake = state_.to_wake.contains(number);
    if (pod.placement) record.placement = placement(*pod.placement);
    if (pod.refusal) record.refusal = refusal(*pod.refusal);
    return record;
  }

  static PlacementRecord placement(const Placement& placement) {
    PlacementRecord record;
    record.node = placement.node;
    record.granted = placement.granted;
    record.charged = placement.charged;
    record.default_ul = placement.default_ul;
    record.default_dl = placement.default_dl;
    record.all_links = placement.all_links;
    record.settled = placement.settled;
    record.terminating = placement.terminating;
    record.by = placement.by;
    record.group = placement.group;
    if (placement.group_number) record.group_number = static_cast<std::uint32_t>(*placement.group_number);
    record.top = placement.top;
    record.reserved_at = placement.reserved_at;
    record.term = placement.term;
    record.settled_at = placement.settled_at;
    return record;
  }

  RefusalRecord refusal(const Refusal& refusal) const {
    RefusalRecord record;
    record.attempted_at = refusal.attempted_at;
    if (refusal.offered != nullptr) record.offered = offered_.at(refusal.offered->words());
    record.woken_at = refusal.woken_at;
    record.woken_time = refusal.woken_time;
    return record;
  }

  void put_buried() const {
    std::vector<BuriedRecord> buried;
    for (const auto& [uid, resource_version] : state_.buried) buried.push_back({uid, resource_version});
    std::ranges::sort(buried, {}, &BuriedRecord::uid);
    for (const BuriedRecord& one : buried) put_(one);
  }

  const State& state_;
  const std::function<void(const SnapshotRecord&)>& put_;
  std::map<std::vector<std::uint64_t>, std::uint32_t> offered_;  // words of a set, and which record it is
};

}  // namespace

void snapshot_of(const State& state, const std::function<void(const SnapshotRecord&)>& put) {
  check(state.applied != 0, "a snapshot of nothing");
  Writer(state, put).run();
}

}  // namespace bw
