// The cluster as last observed, and what was decided about it: nodes, pods, workloads and namespaces by their dense
// numbers. Plain tables; apply() is the only writer. Values only; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/event.h"
#include "projections/ledger.h"
#include "projections/node_set.h"
#include "projections/request.h"
#include "projections/tables.h"

namespace bw {

// The Bandwidth object of a node, as declared by people.
struct BandwidthObject {
  std::string uid;
  ResourceVersion resource_version = 0;
  std::int64_t generation = 0;
  std::optional<BitsPerSecond> local_ul, local_dl, network_ul, network_dl;
  std::optional<std::uint32_t> max_interfaces;
  std::vector<KeptBack> kept_back;  // in force; those whose time has passed are dropped
};

// Can pods that ask for bandwidth be placed on the node at all?
enum class NodeReadiness : std::uint8_t {
  kReady,
  kNodeNotFound,           // its Bandwidth object is kept, the Node object is gone
  kReservationNotCovered,  // more is kept back than is free
};

struct Node {
  std::string name;
  bool present = false;  // the Node object exists
  std::string uid;
  ResourceVersion resource_version = 0;
  bool unschedulable = false;
  std::uint32_t allocatable_pods = 0;
  std::vector<std::string> level_values;
  std::optional<Timestamp> absent_since;  // the Node object is gone
  std::optional<BandwidthObject> object;

  PlaceNumber place = kFabric;  // the link `network` leads up from here
  PlaceNumber leaf = kFabric;   // the link `local` leads up from here
  NumberSet<PodNumber> pods;    // counted
  std::uint64_t interfaces_used = 0;
  Sequence changed_at = 0;  // last event that changed what the status of the node shows
  Sequence eased_at = 0;    // last event after which other plugins may let a pod in that they kept out before
  NodeReadiness readiness = NodeReadiness::kNodeNotFound;
  Timestamp readiness_since;
  bool overcommitted = false;  // a link of it
  Timestamp overcommitted_since;
  std::optional<Timestamp> deadline;  // its entry in State::deadlines
  Sequence listed_at = 0, object_listed_at = 0;
  std::uint64_t hash = 0;  // its part of the digest
};

// A pod that counts on a node.
struct Placement {
  NodeNumber node{};
  Rates granted;
  Rates charged;  // the larger of granted and requested, per direction (drift)
  bool default_ul = false;
  bool default_dl = false;
  bool all_links = false;
  GroupRef group;
  std::optional<GroupNumber> group_number;  // absent: of no group, or asks for nothing
  std::optional<WorkloadNumber> top;        // as which owner's pod it counts in its group
  PlacedBy by = PlacedBy::kUs;
  bool settled = false;  // the Binding is known to have succeeded
  bool terminating = false;
  Sequence reserved_at = 0;
  std::uint64_t term = 0;  // in which we reserved it
  Sequence settled_at = 0;
};

// A pod that no node took; it waits to be woken.
struct Refusal {
  Sequence attempted_at = 0;               // last filter decision; 0: known only by the pod's condition
  std::shared_ptr<const NodeSet> offered;  // in that attempt; null: not known, every node counts as offered
  Sequence woken_at = 0;                   // woken, and not answered since; 0: not woken
  Timestamp woken_time;
};

struct Pod {
  PodIdentity identity;
  ResourceVersion resource_version = 0;
  PodFields fields;
  std::uint32_t attempts = 0;
  Sequence last_filter = 0;        // last FilterDecided, 0: none
  std::uint64_t last_verdict = 0;  // hash of its input and outcome, to tell repetitions
  std::uint64_t last_named_hash = 0;
  std::optional<Placement> placement;
  std::optional<Refusal> refusal;
  std::uint32_t retry = 0;  // wake-ups so far
  Sequence behind = 0;      // last wake-up: a pod woken and not bound goes behind its equals
  bool drifts = false;      // announced
  Sequence listed_at = 0;   // last event that showed that it exists
  std::uint64_t hash = 0;   // its part of the digest
};

struct Workload {
  WorkloadKind kind = WorkloadKind::kOther;
  std::string kind_name;
  std::string space;
  std::string name;
  std::string uid;
  bool observed = false;  // as an object of its own
  bool gone = false;
  ResourceVersion resource_version = 0;
  std::optional<WorkloadNumber> controller;
  std::optional<std::uint32_t> wanted;
  std::uint32_t references = 0;  // pods and workloads that it controls; forgotten when gone and not referred to
  Sequence listed_at = 0;
  std::uint64_t hash = 0;
};

struct Namespace {
  ResourceVersion resource_version = 0;
  NamespaceDefaults defaults;
  Sequence listed_at = 0;
};

}  // namespace bw
