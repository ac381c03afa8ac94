// Records as a state: projections/snapshot.h.
#include <string>
#include <utility>
#include <vector>

#include "journal/result.h"
#include "projections/digest.h"
#include "projections/offered.h"
#include "projections/snapshot.h"

namespace bw {
namespace {

// More than there can be; a number above it would make a table that fills the memory.
constexpr std::size_t kMostNumbers = std::size_t{1} << 22;

// Thrown only inside this file: a record that no state gives.
struct Contradiction {
  std::string what;
};

void require(bool holds, const char* what) {
  if (!holds) throw Contradiction{what};
}

bool is_charge(const Rates& rates) { return rates.ul >= 0 && rates.dl >= 0; }

class Reader {
 public:
  void take(const SnapshotRecord& record) {
    require(record.index() >= last_kind_ || is_place(record), "its records are not in order");
    require(last_kind_ != 0 || std::holds_alternative<HeaderRecord>(record), "it does not begin with a header");
    if (!is_place(record)) last_kind_ = record.index();
    std::visit([this](const auto& one) { take(one); }, record);
  }

  State finish() {
    require(last_kind_ != 0, "it is empty");
    hang_nodes();
    refer_workloads();
    require(state_.groups.size() == state_.group_numbers.size(), "two groups have one key");
    state_.groups.for_each(
        [](GroupNumber, const GroupMembers& one) { require(!one.pods.empty(), "a group has no members"); });
    for (std::size_t i = 1; i < state_.ledger.place_count(); ++i) {
      const PlaceNumber place{static_cast<std::uint32_t>(i)};
      if (state_.ledger.place(place).link.overcommitted()) state_.overcommitted.insert(place);
    }
    settle_nodes();
    state_.ledger.take_changed();
    state_.ledger.take_grown();
    set_hashes();
    require(state_.digest == digest_, "the state that it gives has not the digest of the one that it was taken of");
    return std::move(state_);
  }

 private:
  static bool is_place(const SnapshotRecord& record) {
    return std::holds_alternative<UplinkRecord>(record) || std::holds_alternative<NodeRecord>(record);
  }

  void take(const UnknownRecord&) { require(false, "it has a record of an unknown kind"); }

  void take(const HeaderRecord& record) {
    require(state_.applied == 0 && record.sequence != 0, "it has two headers, or is of no event");
    state_.journal = record.journal;
    state_.applied = record.sequence;
    state_.time = record.time;
    digest_ = record.digest;
    state_.cluster = record.cluster;
    state_.term = record.term;
    state_.term_began = record.term_began;
    state_.taking_over = record.taking_over;
    state_.epoch = record.epoch;
    state_.binary = record.binary;
    state_.not_understood = record.not_understood;
    state_.suspended = record.suspended;
    state_.grew_at = record.grew_at;
    state_.last_offered = node_set(record.last_offered);
    state_.policy = record.policy;
  }

  void take(const StreamRecord& record) {
    StreamState& stream = state_.stream(record.stream);
    stream.resource_version = record.resource_version;
    stream.settled = record.settled;
    stream.synced = record.synced;
    stream.restored = record.restored;
    stream.resync_began = record.resync_began;
    stream.gap = record.gap;
    stream.seen_at = record.seen_at;
    stream.seen_sequence = record.seen_sequence;
    stream.changed = record.changed;
    stream.added = record.added;
    stream.gone = record.gone;
    stream.unreadable = record.unreadable;
  }

  void take(const NamespaceRecord& record) {
    const NamespaceObserved& last = record.last;
    state_.namespaces[last.name] = {last.resource_version, {last.default_ul, last.default_dl}, record.listed_at};
  }

  // ---- places ----

  void take(const UplinkRecord& record) {
    require(!record.name.empty() && !state_.uplinks.contains(record.name), "two uplinks have one name");
    require(record.level < state_.policy.levels.size(), "an uplink is of no level of the topology");
    const PlaceNumber place = state_.ledger.add_place(uplink(record.parent), false, record.capacity);
    state_.uplinks.emplace(record.name, Uplink{record.name, place, record.level});
    if (record.announced) state_.announced_overcommitted.insert(place);
  }

  void take(const NodeRecord& record) {
    const NodeNumber number = record.last.node;
    require(number == state_.nodes.next() && !state_.find_node(record.name), "the nodes are not those of one cluster");
    require(!record.removable || record.object, "a node has no object, and that is to be removed");
    Node& node = state_.nodes.create(number);
    node.name = record.name;
    node.present = record.present;
    node.uid = record.last.uid;
    node.resource_version = record.last.resource_version;
    node.unschedulable = record.last.unschedulable;
    node.allocatable_pods = record.last.allocatable_pods;
    node.level_values = record.last.level_values;
    node.absent_since = record.absent_since;
    if (record.object) {
      const BandwidthObserved& last = *record.object;
      node.object =
          BandwidthObject{last.uid,        last.resource_version, last.generation,     last.local_ul, last.local_dl,
                          last.network_ul, last.network_dl,       last.max_interfaces, last.kept_back};
    }
    node.readiness_since = record.readiness_since;
    node.overcommitted_since = record.overcommitted_since;
    node.deadline = record.deadline;
    node.changed_at = record.changed_at;
    node.listed_at = record.listed_at;
    node.object_listed_at = record.object_listed_at;
    node.eased_at = record.eased_at != 0 ? record.eased_at : record.changed_at;  // rather once too often

    const NodeCapacity capacity = node_capacity(state_, node, state_.time);
    node.place = state_.ledger.add_place(kFabric, false, {});
    node.leaf = state_.ledger.add_place(node.place, true, {});
    state_.ledger.set_capacity(node.place, capacity.network, record.network_kept_back);
    state_.ledger.set_capacity(node.leaf, capacity.local, record.local_kept_back);
    uplink_of_node_.push_back(record.uplink);
    state_.node_numbers[node.name] = number;
    state_.node_of_place[static_cast<std::uint32_t>(node.place)] = number;
    state_.node_of_place[static_cast<std::uint32_t>(node.leaf)] = number;
    if (record.local_announced) state_.announced_overcommitted.insert(node.leaf);
    if (record.network_announced) state_.announced_overcommitted.insert(node.place);
    if (record.removable) state_.objects_to_delete.insert(number);
    if (node.present && !node.object) state_.objects_to_create.insert(number);
    if (node.present && !node.unschedulable) state_.schedulable.insert(number);
    if (node.deadline) state_.deadlines.insert({*node.deadline, number});
    state_.changed_nodes.insert({node.changed_at, number});
  }

  PlaceNumber uplink(const std::string& name) const {
    if (name.empty()) return kFabric;
    const auto found = state_.uplinks.find(name);
    require(found != state_.uplinks.end(), "a place hangs on an uplink that is not there");
    return found->second.place;
  }

  // A node may be older than the uplink it hangs on. Before the first group, since none has members to carry along.
  void hang_nodes() {
    for (std::size_t i = 0; i < uplink_of_node_.size(); ++i) {
      const Node& node = state_.nodes.at(NodeNumber{static_cast<std::uint32_t>(i)});
      state_.ledger.move(node.place, uplink(uplink_of_node_[i]), state_.applied);
    }
    uplink_of_node_.clear();
  }

  // ---- workloads ----

  void take(const WorkloadRecord& record) {
    const WorkloadNumber number = record.given.workload;
    require(index_of(number) < kMostNumbers && state_.workloads.find(number) == nullptr &&
                !state_.workload_numbers.contains(record.given.uid),
            "two workloads have one number or uid");
    Workload& workload = state_.workloads.create(number);
    workload.kind = record.given.kind;
    workload.kind_name = record.given.kind_name;
    workload.space = record.given.space;
    workload.name = record.given.name;
    workload.uid = record.given.uid;
    workload.observed = record.observed;
    workload.gone = record.gone;
    workload.resource_version = record.last.resource_version;
    workload.controller = record.last.controller;
    workload.wanted = record.last.wanted;
    workload.listed_at = record.listed_at;
    state_.workload_numbers[workload.uid] = number;
    if (workload.controller) referred_.push_back(*workload.controller);
  }

  void refer_workloads() {
    for (const WorkloadNumber number : referred_) {
      Workload* const workload = state_.workloads.find(number);
      require(workload != nullptr, "an owner is not there");
      ++workload->references;
    }
  }

  // ---- pods ----

  void take(const OfferedRecord& record) {
    offered_.push_back(std::make_shared<const NodeSet>(node_set(record.nodes)));
  }

  void take(const GroupRecord& record) {
    hang_nodes();
    const GroupNumber number{record.number};
    require(record.number < kMostNumbers && state_.groups.find(number) == nullptr, "two groups have one number");
    const bool of_workload = record.ref.kind == GroupRef::Kind::kWorkload;
    require(record.ref.kind != GroupRef::Kind::kNone, "a group is none");
    require(!of_workload || state_.workloads.find(record.ref.workload) != nullptr, "an owner is not there");
    const bool in_fabric = record.meeting == LinkName{LinkName::Kind::kUplink, {}, {}};
    const std::optional<PlaceNumber> meeting = in_fabric ? kFabric : find_place(state_, record.meeting);
    require(meeting && !state_.ledger.place(*meeting).leaf, "a group meets at a place that is not there");
    GroupMembers& members = state_.groups.create(number);
    members.key = {record.ref, record.space};
    state_.group_numbers.emplace(members.key, number);
    state_.ledger.put_group(number, record.wanted, record.spread, *meeting);
    if (of_workload) referred_.push_back(record.ref.workload);
  }

  void take(const PodRecord& record) {
    hang_nodes();
    const PodObserved& last = record.last;
    const PodNumber number = last.pod;
    require(last.identity && index_of(number) < kMostNumbers && state_.pods.find(number) == nullptr &&
                !state_.find_pod(last.identity->uid),
            "two pods have one number or uid");
    require(!last.fields.node || state_.nodes.find(*last.fields.node) != nullptr, "the node of a pod is not there");
    require(!last.fields.controller || state_.workloads.find(*last.fields.controller) != nullptr,
            "an owner is not there");
    Pod& pod = state_.pods.create(number);
    pod.identity = *last.identity;
    pod.resource_version = last.resource_version;
    pod.fields = last.fields;
    pod.attempts = record.attempts;
    pod.last_filter = record.last_filter;
    pod.last_verdict = record.last_verdict;
    pod.last_named_hash = record.last_named_hash;
    pod.retry = record.retry;
    pod.behind = record.behind;
    pod.drifts = record.drifts;
    pod.listed_at = record.listed_at;
    state_.pod_numbers.insert(pod.identity.uid, number);
    if (last.fields.controller) referred_.push_back(*last.fields.controller);
    if (record.placement) place(number, pod, *record.placement);
    if (record.refusal) refuse(number, pod, *record.refusal);
    if (record.drift_changed) state_.drift_changed.insert(number);
    if (record.called_only) state_.called_only.insert(number);
    if (record.to_fence) state_.to_fence.insert(number);
    require(!record.to_wake || record.refusal, "a pod is woken that was not refused");
    if (record.to_wake) state_.to_wake.insert(number);
  }

  void place(PodNumber number, Pod& pod, const PlacementRecord& record) {
    Node* const node = state_.nodes.find(record.node);
    require(node != nullptr, "the node of a pod is not there");
    require(is_charge(record.granted) && is_charge(record.charged), "a pod is charged less than nothing");
    Placement placement;
    placement.node = record.node;
    placement.granted = record.granted;
    placement.charged = record.charged;
    placement.default_ul = record.default_ul;
    placement.default_dl = record.default_dl;
    placement.all_links = record.all_links;
    placement.group = record.group;
    if (record.group_number) placement.group_number = GroupNumber{*record.group_number};
    placement.top = record.top;
    placement.by = record.by;
    placement.settled = record.settled;
    placement.terminating = record.terminating;
    placement.reserved_at = record.reserved_at;
    placement.term = record.term;
    placement.settled_at = record.settled_at;
    pod.placement = placement;
    if (placement.group_number) {
      join(number, pod, node->leaf);
    } else {
      require(!placement.top, "a pod of no group counts for an owner");
    }
    node->pods.insert(number);
    node->interfaces_used += pod.fields.interfaces;
    if (!placement.settled) state_.unsettled.insert(number);
    state_.ledger.put(charge_of(state_, pod));
  }

  void join(PodNumber number, const Pod& pod, PlaceNumber leaf) {
    const Placement& placement = *pod.placement;
    GroupMembers* const members = state_.groups.find(*placement.group_number);
    require(members != nullptr, "the group of a pod is not there");
    const GroupKey key = group_key(placement.group, pod);
    require(!(key < members->key) && !(members->key < key), "a pod is in a group that is not its own");
    require(state_.ledger.below(leaf, state_.ledger.group(*placement.group_number)->meeting),
            "a group meets where not all its members are");
    members->pods.insert(number);
    if (!placement.top) return;
    require(state_.workloads.find(*placement.top) != nullptr, "an owner is not there");
    if (++members->workloads[*placement.top] == 1) referred_.push_back(*placement.top);
  }

  void refuse(PodNumber number, Pod& pod, const RefusalRecord& record) {
    require(!record.offered || *record.offered < offered_.size(), "the set that a pod was offered is not there");
    pod.refusal = Refusal{record.attempted_at, record.offered ? offered_[*record.offered] : nullptr, record.woken_at,
                          record.woken_time};
    state_.refused.insert(number);
  }

  void take(const BuriedRecord& record) { state_.buried[record.uid] = record.resource_version; }

  // ---- what follows ----

  void settle_nodes() {
    for (std::size_t i = 0; i < state_.nodes.end_number(); ++i) {
      Node& node = state_.nodes.at(NodeNumber{static_cast<std::uint32_t>(i)});
      const NodeConditions conditions = node_conditions(state_, node);
      node.readiness = conditions.readiness;
      node.overcommitted = conditions.overcommitted;
    }
  }

  void set_hashes() {
    state_.digest = 0;
    for_each(state_.pods, [](PodNumber number, Pod& pod) { return pod.hash = hash_of(number, pod); });
    for_each(state_.nodes, [this](NodeNumber number, Node& node) { return node.hash = hash_of(state_, number, node); });
    for_each(state_.workloads, [](WorkloadNumber number, Workload& one) { return one.hash = hash_of(number, one); });
    for_each(state_.groups, [&](GroupNumber number, GroupMembers& one) {
      return one.hash = hash_of(state_, one, *state_.ledger.group(number));
    });
  }

  // Adds what `hash` gives for each thing to the digest.
  template <class Number, class Thing, class Hash>
  void for_each(NumberedTable<Number, Thing>& things, Hash hash) {
    for (std::size_t i = 0; i < things.end_number(); ++i) {
      const Number number{static_cast<std::uint32_t>(i)};
      if (Thing* const thing = things.find(number)) state_.digest += hash(number, *thing);
    }
  }

  static NodeSet node_set(const NodeRuns& runs) {
    require(runs.size() % 2 == 0, "a set of nodes ends within a run");
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < runs.size(); i += 2) {
      require(runs[i] >= end, "the runs of a set of nodes do not ascend");
      end = std::uint64_t{runs[i]} + runs[i + 1];
    }
    require(end <= kMostNumbers, "a set has nodes that cannot be");
    NodeSet set;
    set.toggle(runs);
    return set;
  }

  State state_;
  std::uint64_t digest_ = 0;
  std::size_t last_kind_ = 0;
  std::vector<std::string> uplink_of_node_;  // by node number, until they hang there
  std::vector<WorkloadNumber> referred_;     // once for each reference
  std::vector<std::shared_ptr<const NodeSet>> offered_;
};

}  // namespace

Result<State> state_from(const NextRecord& next) {
  Reader reader;
  SnapshotRecord record;
  try {
    while (true) {
      const Result<bool> more = next(record);
      if (!more) return more.error();
      if (!*more) return reader.finish();
      if (const auto* header = std::get_if<HeaderRecord>(&record);
          header != nullptr && header->rules_version != kRulesVersion) {
        return Error{ErrorCode::kUnsupported, "the snapshot is of version " + std::to_string(header->rules_version) +
                                                  " of the rules; this program has " + std::to_string(kRulesVersion)};
      }
      if (std::holds_alternative<UnknownRecord>(record)) {
        return Error{ErrorCode::kUnsupported, "the snapshot has records that this program does not know"};
      }
      reader.take(record);
    }
  } catch (const Contradiction& contradiction) {
    return Error{ErrorCode::kCorrupt, "the snapshot is no state: " + contradiction.what};
  }
}

}  // namespace bw
