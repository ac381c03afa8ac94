// The state: everything that events 1..applied mean. Built by apply() alone, live, on restart, in replay and in
// tests; all else takes it by const reference. Plain data; one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "journal/event.h"
#include "projections/inventory.h"
#include "projections/ledger.h"

namespace bw {

// Grows when apply() or a decision changes its meaning; digests and decisions compare only within one.
constexpr std::uint32_t kRulesVersion = 1;

// How far one watched stream has come.
struct StreamState {
  ResourceVersion resource_version = 0;  // a watch may resume from here; 0: from nowhere
  ResourceVersion settled = 0;           // all events up to here have been seen (a bookmark or a list says so)
  bool synced = false;                   // a list of it has ended, at some time
  Sequence resync_began = 0;             // a list is under way; 0: none
  bool restored = false;                 // that list is of a cluster restored from a backup
  std::optional<GapOpened> gap;          // blind, until a list ends
  Timestamp seen_at;                     // last event of the stream
  Sequence seen_sequence = 0;
  std::uint32_t changed = 0, added = 0, gone = 0;  // found by the list under way
  std::uint64_t unreadable = 0;
};

// As the API names the resource: "pods".
std::string_view stream_name(Stream stream);

// Which group, as a key: of a workload, or of a name within a namespace.
struct GroupKey {
  GroupRef ref;
  std::string space;  // of named groups
  friend bool operator<(const GroupKey& a, const GroupKey& b) {
    return std::tie(a.ref.kind, a.ref.workload, a.space, a.ref.name) <
           std::tie(b.ref.kind, b.ref.workload, b.space, b.ref.name);
  }
};

struct GroupMembers {
  GroupKey key;
  NumberSet<PodNumber> pods;                          // placed members
  std::map<WorkloadNumber, std::uint32_t> workloads;  // of how many members each is the top owner
  std::uint64_t hash = 0;
};

// A rack, zone, ... : a value of a topology label.
struct Uplink {
  std::string name;  // values from the outermost level in, joined by '/'
  PlaceNumber place = kFabric;
  std::size_t level = 0;  // index into Policy::levels
};

struct State {
  // ---- the journal ----
  Sequence applied = 0;
  Timestamp time;  // of event `applied`
  JournalId journal;
  std::string cluster;  // uid of its namespace kube-system; "": not known yet
  std::uint64_t term = 0;
  Sequence term_began = 0;   // 0: this replica does not lead
  bool taking_over = false;  // unbound pods must bear the term before it decides, also after a restart in between
  Sequence epoch = 0;        // EpochBegan in force
  std::string binary;
  std::uint64_t digest = 0;          // sum of the hashes of all entities
  std::uint64_t not_understood = 0;  // events of kinds that this version does not know
  bool suspended = false;            // decisions are answered "not now"

  // ---- the cluster ----
  Policy policy;
  std::array<StreamState, kStreamCount> streams;
  NumberedTable<NodeNumber, Node> nodes;
  NumberedTable<PodNumber, Pod> pods;
  NumberedTable<WorkloadNumber, Workload> workloads;
  std::map<std::string, Namespace, std::less<>> namespaces;
  NameMap<NodeNumber> node_numbers;
  NameIndex<PodNumber> pod_numbers;          // by uid
  NameMap<WorkloadNumber> workload_numbers;  // by uid
  NameMap<ResourceVersion> buried;           // uids that are gone, until a bookmark has passed their end
  std::set<PodNumber> called_only;           // shown by a filter call, and by no watch or list yet
  NodeSet schedulable;                       // present and not unschedulable
  NodeSet last_offered;                      // by the last filter call

  // ---- bandwidth ----
  Ledger ledger;
  std::map<std::string, Uplink, std::less<>> uplinks;
  std::unordered_map<std::uint32_t, NodeNumber> node_of_place;  // of a node's place and of its leaf; lookup only
  std::map<GroupKey, GroupNumber> group_numbers;
  NumberedTable<GroupNumber, GroupMembers> groups;
  std::set<PlaceNumber> overcommitted;            // links that are
  std::set<PlaceNumber> announced_overcommitted;  // links that facts have said to be
  Sequence grew_at = 0;  // last event after which a pod may fit somewhere that fitted nowhere before

  // ---- what is owed ----
  std::set<PodNumber> unsettled;                            // reserved by us, Binding not known to have succeeded
  std::set<NodeNumber> objects_to_create;                   // nodes without a Bandwidth object
  std::set<NodeNumber> objects_to_delete;                   // Bandwidth objects of nodes that are gone
  std::set<PodNumber> to_fence;                             // unbound pods that do not bear our term yet
  std::set<PodNumber> to_wake;                              // woken, and the annotation is not seen yet
  std::set<PodNumber> refused;                              // pods with a refusal
  std::set<PodNumber> drift_changed;                        // whether they drift is not what was last announced
  std::set<std::pair<Timestamp, NodeNumber>> deadlines;     // ends of kept-back entries, and of a node's absence
  std::set<std::pair<Sequence, NodeNumber>> changed_nodes;  // by Node::changed_at, for the status writer

  const StreamState& stream(Stream which) const { return streams[static_cast<std::size_t>(which)]; }
  StreamState& stream(Stream which) { return streams[static_cast<std::size_t>(which)]; }

  std::optional<PodNumber> find_pod(std::string_view uid) const;
  std::optional<PodNumber> find_pod(std::string_view space, std::string_view name) const;  // the newest; slow
  std::optional<NodeNumber> find_node(std::string_view name) const;
};

// What an event touched, each ascending and without repetition, so that who follows a history need not compare states.
// Pods and groups may be gone.
struct Touched {
  std::vector<PodNumber> pods;
  std::vector<NodeNumber> nodes;
  std::vector<GroupNumber> groups;
  std::vector<PlaceNumber> links;  // what they have, keep back or carry
};

// The only way that a state changes. `event.sequence` is `state.applied + 1`.
void apply(State& state, const Event& event, Touched* touched = nullptr);

// ---- what follows from a state ----

NamespaceDefaults namespace_defaults(const State& state, std::string_view space);

// The request of a pod as its annotations, its namespace and the policy make it now.
Request requested(const State& state, const Pod& pod);

// The top of the pod's chain of controllers, as far as it is known.
std::optional<WorkloadNumber> top_workload(const State& state, const Pod& pod);

// The group that the pod would join if it were placed now. kNone: charged on all links for itself.
GroupRef group_of(const State& state, const Pod& pod);
GroupKey group_key(const GroupRef& ref, const Pod& pod);

// True if the pod is charged on all links whatever its group does (R7: no group, or networkCharge Always).
bool charged_on_all_links(const State& state, const Pod& pod, const GroupRef& group);

// How a pod would be charged, wherever it is placed; what of it depends on the node is added by terms_at().
struct PodTerms {
  Rates rates;
  bool all_links = false;
  bool terminating = false;
  bool first = false;  // no other member of its group is placed
  std::optional<GroupNumber> group;
  std::optional<std::uint32_t> wanted;  // by its group, as of after the placement
  std::uint32_t interfaces = 0;
};
PodTerms pod_terms(const State& state, const Pod& pod, const GroupRef& group, bool all_links, const Rates& rates);

struct Terms {
  Charge charge;
  GroupTerms group;
};
Terms terms_at(const State& state, const PodTerms& pod, const Node& node);

// True if `members` pods with these rates and interfaces find room on the node at all, by its capacity (R7).
bool can_hold(const State& state, const Node& node, std::uint32_t members, const Rates& rates,
              std::uint32_t interfaces);

// The pod that is placed, as the ledger charges it.
Charge charge_of(const State& state, const Pod& pod);

// The place up to which a placed pod is charged.
PlaceNumber charged_up_to(const State& state, const Placement& placement);

// What a bound pod asks for now, where it differs from what was granted (R5): its rates, or its group.
bool drifts(const State& state, const Pod& pod);
Rates named_rates(const State& state, const Pod& pod, const Rates& granted);

// Pods the group wants with `live` members, one of them joining with top owner `joining`; absent: not known.
std::optional<std::uint32_t> wanted_members(const State& state, const GroupKey& key, std::uint32_t live,
                                            std::optional<WorkloadNumber> joining);

// Most pod interfaces on a node; absent: no limit.
std::optional<std::uint32_t> max_interfaces(const State& state, const Node& node);

// Capacity of a node's links in force, and what is kept back on them at `time`.
struct NodeCapacity {
  Rates local, network;
  Rates local_kept_back, network_kept_back;
};
NodeCapacity node_capacity(const State& state, const Node& node, Timestamp time);

// What holds of a node as long as its links stay as they are.
struct NodeConditions {
  NodeReadiness readiness = NodeReadiness::kReady;
  bool overcommitted = false;  // a link of it
};
NodeConditions node_conditions(const State& state, const Node& node);

// The name of a place's link.
LinkName link_name(const State& state, PlaceNumber place);

// The next time at which DeadlinePassed must be recorded; absent: none.
std::optional<Timestamp> next_deadline(const State& state);

constexpr std::int64_t kNodeAbsenceNs = 5 * kNanosecondsPerSecond;

}  // namespace bw
