// Facts: what happened, in the past tense, as plain structs. An event is a fact with its sequence and stamps;
// the journal holds nothing else. Facts refer to pods, nodes and workloads by the numbers that earlier facts
// gave them (PodObserved with an identity, NodeNumbered, WorkloadNumbered). Values only; safe on any thread.
//
// The stored form is journal/event.capnp; a struct here and its struct there have the same fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "journal/policy.h"
#include "journal/types.h"

namespace bw {

// ---- the journal itself -------------------------------------------------------------------------------------

// The first fact of every journal.
struct JournalCreated {
  JournalId id;
  bool operator==(const JournalCreated&) const = default;
};

// The cluster this journal belongs to: uid of the namespace kube-system. Another cluster is refused.
struct ClusterIdentified {
  std::string uid;
  bool operator==(const ClusterIdentified&) const = default;
};

// A start of the daemon. `configuration` is the whole effective configuration as YAML, for people.
struct EpochBegan {
  std::string binary;
  std::uint32_t rules_version = 0;  // of projections and decisions; digests compare only within one
  Policy policy;
  std::string configuration;
  bool operator==(const EpochBegan&) const = default;
};

// This replica leads from here on; `term` grows with every change of leader.
struct TermBegan {
  std::uint64_t term = 0;
  std::string holder;
  bool operator==(const TermBegan&) const = default;
};

struct TermEnded {
  std::string reason;
  bool operator==(const TermEnded&) const = default;
};

// The wall clock was behind the last event; events keep the last time until it has caught up.
struct ClockSteppedBack {
  std::int64_t by_ns = 0;
  bool operator==(const ClockSteppedBack&) const = default;
};

// A time that the state was waiting for has come: apply() compares its deadlines with the event's time.
struct DeadlinePassed {
  bool operator==(const DeadlinePassed&) const = default;
};

// A snapshot of the state at `sequence` is durable in the file `file` beside the events.
struct SnapshotTaken {
  Sequence sequence = 0;
  Sha256 head_hash{};  // h(sequence)
  Sha256 file_hash{};
  std::uint64_t state_digest = 0;
  std::uint32_t rules_version = 0;
  std::string file;
  bool operator==(const SnapshotTaken&) const = default;
};

// Events before `first` may be gone; `previous_hash` is h(first - 1); `snapshot` replaces them.
struct HistoryCut {
  Sequence first = 0;
  Sha256 previous_hash{};
  Sequence snapshot = 0;
  bool operator==(const HistoryCut&) const = default;
};

// An older journal was set aside because it ends before a head of its own that is known from elsewhere.
struct HistoryLost {
  JournalId old_id;
  Head last_readable;
  Head known;
  bool operator==(const HistoryLost&) const = default;
};

// Recovery found and dropped bytes behind the last readable event.
struct TailDropped {
  std::uint64_t bytes = 0;
  std::string detail;
  bool operator==(const TailDropped&) const = default;
};

// Filter and bind answer "not now" (no room on disk); decisions are not journaled until the next resume.
struct DecisionsSuspended {
  std::string reason;
  bool operator==(const DecisionsSuspended&) const = default;
};

struct DecisionsResumed {
  bool operator==(const DecisionsResumed&) const = default;
};

// ---- what the watches saw -----------------------------------------------------------------------------------

// A list of all objects of a stream begins; what it does not hold is gone when it ends. `restored`: the list is
// older than what the stream had seen, so the cluster was restored from a backup and older versions are news.
struct ResyncBegan {
  Stream stream = Stream::kPods;
  bool restored = false;
  bool operator==(const ResyncBegan&) const = default;
};

struct ResyncEnded {
  Stream stream = Stream::kPods;
  ResourceVersion resource_version = 0;
  bool operator==(const ResyncEnded&) const = default;
};

// All events of the stream up to `resource_version` have been seen.
struct BookmarkObserved {
  Stream stream = Stream::kPods;
  ResourceVersion resource_version = 0;
  bool operator==(const BookmarkObserved&) const = default;
};

// The recorder was blind on `stream` since `since`: the watch could not be resumed.
struct GapOpened {
  Stream stream = Stream::kPods;
  Timestamp since;
  Sequence since_sequence = 0;  // last event of the stream that is known to be followed without loss
  std::string reason;
  bool operator==(const GapOpened&) const = default;
};

// A list ended the gap; so many objects were found changed, new or gone.
struct GapClosed {
  Stream stream = Stream::kPods;
  std::uint32_t changed = 0;
  std::uint32_t added = 0;
  std::uint32_t gone = 0;
  bool operator==(const GapClosed&) const = default;
};

struct NodeNumbered {
  NodeNumber node{};
  std::string name;
  bool operator==(const NodeNumbered&) const = default;
};

struct NodeObserved {
  NodeNumber node{};
  std::string uid;
  ResourceVersion resource_version = 0;
  bool unschedulable = false;
  std::uint32_t allocatable_pods = 0;      // 0: not said
  std::vector<std::string> level_values;   // per topology level of the policy; "" where the label is missing
  bool operator==(const NodeObserved&) const = default;
};

struct NodeGone {
  NodeNumber node{};
  ResourceVersion resource_version = 0;  // 0: found missing by a list
  bool operator==(const NodeGone&) const = default;
};

enum class WorkloadKind : std::uint8_t {
  kOther,  // any owner that we do not watch
  kReplicaSet,
  kDeployment,
  kStatefulSet,
  kDaemonSet,
  kJob,
};

// An owner of pods, or of an owner of pods.
struct WorkloadNumbered {
  WorkloadNumber workload{};
  WorkloadKind kind = WorkloadKind::kOther;
  std::string kind_name;  // as the API spells it
  std::string space;      // namespace
  std::string name;
  std::string uid;
  bool operator==(const WorkloadNumbered&) const = default;
};

struct WorkloadObserved {
  WorkloadNumber workload{};
  ResourceVersion resource_version = 0;
  std::optional<WorkloadNumber> controller;  // its own controller owner
  std::optional<std::uint32_t> wanted;       // pods it wants, from its spec; absent: not known
  bool operator==(const WorkloadObserved&) const = default;
};

struct WorkloadGone {
  WorkloadNumber workload{};
  ResourceVersion resource_version = 0;
  bool operator==(const WorkloadGone&) const = default;
};

struct NamespaceObserved {
  std::string name;
  ResourceVersion resource_version = 0;
  // Defaults from its annotations; absent: not said. Negative: said, but not a valid request.
  std::optional<BitsPerSecond> default_ul;
  std::optional<BitsPerSecond> default_dl;
  bool operator==(const NamespaceObserved&) const = default;
};

struct NamespaceGone {
  std::string name;
  ResourceVersion resource_version = 0;
  bool operator==(const NamespaceGone&) const = default;
};

enum class Direction : std::uint8_t { kUl, kDl };

// One request annotation as it was parsed.
struct RequestEntry {
  Dialect dialect = Dialect::kKubernetes;
  Direction direction = Direction::kUl;
  std::optional<BitsPerSecond> rate;  // 1k to 1P; absent: not a valid request, `text` says what stood there
  std::string text;                   // only where `rate` is absent, cut to 64 bytes
  bool operator==(const RequestEntry&) const = default;
};

enum class PodPhase : std::uint8_t { kPending, kRunning, kSucceeded, kFailed, kUnknown };

enum class NetworkCharge : std::uint8_t { kWhenSpread, kAlways };

struct PodIdentity {
  std::string space;  // namespace
  std::string name;
  std::string uid;
  bool operator==(const PodIdentity&) const = default;
};

// What we keep of a Pod object.
struct PodFields {
  std::optional<NodeNumber> node;  // spec.nodeName
  PodPhase phase = PodPhase::kPending;
  bool terminating = false;
  bool host_network = false;
  bool gated = false;            // has scheduling gates
  bool refused = false;          // its PodScheduled condition bears one of our reasons
  std::uint32_t interfaces = 1;  // 1 plus Multus networks; 0 for hostNetwork
  std::int32_t priority = 0;
  Timestamp created;
  std::optional<WorkloadNumber> controller;
  std::string group;  // annotation networking.vaclab.org/group; "": none
  std::optional<NetworkCharge> network_charge;
  std::vector<RequestEntry> requests;
  std::optional<Rates> granted;  // annotation networking.vaclab.org/granted
  std::uint64_t term = 0;        // annotation networking.vaclab.org/term
  std::uint32_t retry = 0;       // annotation networking.vaclab.org/retry
  bool operator==(const PodFields&) const = default;
};

enum class ObservedBy : std::uint8_t { kWatch, kList, kFilterCall, kRead };

struct PodObserved {
  PodNumber pod{};
  std::optional<PodIdentity> identity;  // at first sight, when the number is given
  ResourceVersion resource_version = 0;
  ObservedBy by = ObservedBy::kWatch;
  PodFields fields;
  bool operator==(const PodObserved&) const = default;
};

struct PodGone {
  PodNumber pod{};
  ResourceVersion resource_version = 0;  // of the deletion, or of the list it was missing from
  bool operator==(const PodGone&) const = default;
};

// A watch event of a pod or node that changes nothing we keep.
struct ObjectUnchanged {
  Stream stream = Stream::kPods;
  std::uint32_t number = 0;
  ResourceVersion resource_version = 0;
  bool operator==(const ObjectUnchanged&) const = default;
};

// Bandwidth held back by people, from spec.reservations of a Bandwidth object.
struct KeptBack {
  std::string name;
  Rates local;
  Rates network;
  std::optional<Timestamp> until;
  bool operator==(const KeptBack&) const = default;
};

struct BandwidthObserved {
  NodeNumber node{};
  std::string uid;
  ResourceVersion resource_version = 0;
  std::int64_t generation = 0;
  // Declared capacity in bit/s; absent: the default of the policy.
  std::optional<BitsPerSecond> local_ul, local_dl, network_ul, network_dl;
  std::optional<std::uint32_t> max_interfaces;
  std::vector<KeptBack> kept_back;
  bool operator==(const BandwidthObserved&) const = default;
};

struct BandwidthGone {
  NodeNumber node{};
  ResourceVersion resource_version = 0;
  bool operator==(const BandwidthGone&) const = default;
};

// An object that we could not read; it counts for nothing else.
struct ObjectUnreadable {
  Stream stream = Stream::kPods;
  std::string space;
  std::string name;
  ResourceVersion resource_version = 0;
  std::string problem;
  bool operator==(const ObjectUnreadable&) const = default;
};

// ---- decisions and what became of them ----------------------------------------------------------------------

// Why a node does not take a pod; the first that applies, in this order. The numbers are stored.
enum class Reason : std::uint8_t {
  kFits,
  kInvalidRequest,
  kNoCapacityRecorded,
  kLinkOvercommitted,
  kLocalUplink,
  kLocalDownlink,
  kNetworkUplink,
  kNetworkDownlink,
  kAboveNode,
  kGroupNetwork,
  kInterfaceLimit,
  kReservedElsewhere,
};
constexpr std::size_t kReasonCount = 12;

// A set of nodes as the difference from a base, in runs of numbers that change sides.
struct NodeSetDelta {
  enum class Base : std::uint8_t { kEmpty, kSchedulable, kLastOffered, kNamed };
  Base base = Base::kEmpty;
  std::vector<std::uint32_t> toggled;        // first, length, first, length, ...; firsts ascend
  std::vector<std::string> unknown_names;    // offered names that have no number, in the order of the call
  bool operator==(const NodeSetDelta&) const = default;
};

struct RefusalCount {
  Reason reason = Reason::kFits;
  std::uint32_t nodes = 0;
  bool operator==(const RefusalCount&) const = default;
};

// A filter call was answered. The nodes named are not stored: they follow from the state before this event and
// from `offered`; `named_hash` proves it.
struct FilterDecided {
  PodNumber pod{};
  std::uint32_t attempt = 0;  // of this pod, from 1
  NodeSetDelta offered;
  std::uint32_t fitting = 0;
  std::uint32_t named = 0;
  std::uint64_t named_hash = 0;
  std::vector<RefusalCount> refusals;  // ordered by reason
  bool operator==(const FilterDecided&) const = default;
};

// A filter call that repeats the pod's last one, input and verdict.
struct FilterRepeated {
  PodNumber pod{};
  std::uint32_t attempt = 0;
  Sequence previous = 0;
  bool operator==(const FilterRepeated&) const = default;
};

struct PrioritizeDecided {
  PodNumber pod{};
  Sequence filter = 0;   // the filter decision it refers to; 0: none was made
  NodeSetDelta offered;  // base kNamed with nothing toggled: exactly what the filter named
  std::uint64_t scores_hash = 0;
  bool operator==(const PrioritizeDecided&) const = default;
};

// The group a pod belongs to: pods of one workload, or of one group annotation within a namespace.
struct GroupRef {
  enum class Kind : std::uint8_t { kNone, kWorkload, kNamed };
  Kind kind = Kind::kNone;
  WorkloadNumber workload{};  // kWorkload: the top of the owner chain
  std::string name;           // kNamed; the namespace is the pod's
  friend bool operator==(const GroupRef&, const GroupRef&) = default;
};

// From here on `granted` is charged on `node`; the Binding follows once this is durable.
struct BandwidthReserved {
  PodNumber pod{};
  NodeNumber node{};
  Rates granted;
  bool default_ul = false;  // the pod does not name this direction; the default was granted
  bool default_dl = false;
  GroupRef group;
  bool all_links = false;  // charged on all links whatever the group does
  bool operator==(const BandwidthReserved&) const = default;
};

// A bind call was refused.
struct BindRefused {
  std::string uid;
  std::string node_name;
  Reason reason = Reason::kFits;
  bool operator==(const BindRefused&) const = default;
};

// The API server accepted the Binding.
struct BindingConfirmed {
  PodNumber pod{};
  NodeNumber node{};
  bool operator==(const BindingConfirmed&) const = default;
};

// The API server refused the Binding and no other send of it can still succeed: the reservation ends.
struct BindingRefused {
  PodNumber pod{};
  NodeNumber node{};
  std::uint16_t status = 0;  // HTTP
  std::string message;
  bool operator==(const BindingRefused&) const = default;
};

// Refused pods that fit now are woken, by an annotation `retry: N` each.
struct PodWoken {
  PodNumber pod{};
  std::uint32_t retry = 0;
  bool operator==(const PodWoken&) const = default;
};

// ---- conditions that begin and end --------------------------------------------------------------------------

struct LinkName {
  enum class Kind : std::uint8_t { kLocal, kNetwork, kUplink };
  Kind kind = Kind::kNetwork;
  NodeNumber node{};   // kLocal, kNetwork
  std::string uplink;  // kUplink: values of the labels from the outermost level in, joined by '/'
  friend bool operator==(const LinkName&, const LinkName&) = default;
};

// Used is above capacity, in a direction, by what we did not decide.
struct LinkOvercommitted {
  LinkName link;
  bool operator==(const LinkOvercommitted&) const = default;
};

struct LinkRecovered {
  LinkName link;
  bool operator==(const LinkRecovered&) const = default;
};

// The request of a bound pod is not what was granted; the larger of the two counts.
struct DriftBegan {
  PodNumber pod{};
  Rates requested;
  bool operator==(const DriftBegan&) const = default;
};

struct DriftEnded {
  PodNumber pod{};
  bool operator==(const DriftEnded&) const = default;
};

// A member fits nowhere because its own group would overcommit the network link of `node`.
struct GroupStuck {
  PodNumber pod{};
  NodeNumber node{};
  Rates lacking;
  bool operator==(const GroupStuck&) const = default;
};

// A kind that this version does not know; kept and counted, never skipped in silence.
struct UnknownFact {
  std::uint16_t kind = 0;
  bool operator==(const UnknownFact&) const = default;
};

using Fact = std::variant<
    UnknownFact, JournalCreated, ClusterIdentified, EpochBegan, TermBegan, TermEnded, ClockSteppedBack,
    DeadlinePassed, SnapshotTaken, HistoryCut, HistoryLost, TailDropped, DecisionsSuspended, DecisionsResumed,
    ResyncBegan, ResyncEnded, BookmarkObserved, GapOpened, GapClosed, NodeNumbered, NodeObserved, NodeGone,
    WorkloadNumbered, WorkloadObserved, WorkloadGone, NamespaceObserved, NamespaceGone, PodObserved, PodGone,
    ObjectUnchanged, BandwidthObserved, BandwidthGone, ObjectUnreadable, FilterDecided, FilterRepeated,
    PrioritizeDecided, BandwidthReserved, BindRefused, BindingConfirmed, BindingRefused, PodWoken,
    LinkOvercommitted, LinkRecovered, DriftBegan, DriftEnded, GroupStuck>;

struct Event {
  Sequence sequence = 0;
  Timestamp time;             // max(time of the event before, wall clock)
  std::int64_t monotonic_ns = 0;  // of the machine's monotonic clock; comparable within one epoch
  std::uint64_t term = 0;     // of the leader that wrote it; 0: follower or no election
  Fact fact;
  bool operator==(const Event&) const = default;
};

}  // namespace bw
