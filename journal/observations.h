// Facts about the cluster: what the watches, the lists and the scheduler's calls showed. Values only; safe on any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/policy.h"
#include "journal/types.h"

namespace bw {

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
  std::uint32_t allocatable_pods = 0;     // 0: not said
  std::vector<std::string> level_values;  // per topology level of the policy; "" where the label is missing
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

}  // namespace bw
