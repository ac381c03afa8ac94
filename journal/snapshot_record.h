// A snapshot of a state: small records, one per entity, as plain structs. The first is the header; a record refers
// only to what stands before it. What follows from other records is not stored: sums, sets, indices. What an entity was
// last seen as is the fact that showed it, so that a field added to a fact is in snapshots too. Places have no
// numbers here but names (LinkName; an uplink with no name: the fabric). Values only; safe on any thread.
//
// The stored form is journal/snapshot.capnp. projections/snapshot.h makes a state of records and records of a state;
// its state counts only if it has the header's digest, so a record may be wrong, but not unnoticed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "journal/event.h"

namespace bw {

// A set of nodes: runs (first, length, ...) of their numbers, ascending.
using NodeRuns = std::vector<std::uint32_t>;

// Whose state this is, as of which event, and all of it that is no entity.
struct HeaderRecord {
  JournalId journal;
  Sequence sequence = 0;
  Timestamp time;
  std::uint32_t rules_version = 0;
  std::uint64_t digest = 0;
  std::string cluster;
  std::uint64_t term = 0;
  Sequence term_began = 0;
  bool taking_over = false;
  Sequence epoch = 0;
  std::string binary;
  std::uint64_t not_understood = 0;
  bool suspended = false;
  Sequence grew_at = 0;
  NodeRuns last_offered;
  Policy policy;
  bool operator==(const HeaderRecord&) const = default;
};

struct StreamRecord {
  Stream stream = Stream::kPods;
  ResourceVersion resource_version = 0;
  ResourceVersion settled = 0;
  bool synced = false;
  bool restored = false;
  Sequence resync_began = 0;
  std::optional<GapOpened> gap;
  Timestamp seen_at;
  Sequence seen_sequence = 0;
  std::uint32_t changed = 0;
  std::uint32_t added = 0;
  std::uint32_t gone = 0;
  std::uint64_t unreadable = 0;
  bool operator==(const StreamRecord&) const = default;
};

struct NamespaceRecord {
  NamespaceObserved last;
  Sequence listed_at = 0;
  bool operator==(const NamespaceRecord&) const = default;
};

// Uplinks and nodes stand in the order in which they came to be: a place that is older than another stays so.
struct UplinkRecord {
  std::string name;
  std::string parent;  // the uplink it hangs on; "": none
  std::uint32_t level = 0;
  Rates capacity;
  bool announced = false;  // as overcommitted
  bool operator==(const UplinkRecord&) const = default;
};

struct NodeRecord {
  std::string name;
  NodeObserved last;  // `node` is its number; the rest is empty before it was first seen
  std::optional<BandwidthObserved> object;
  bool present = false;
  std::optional<Timestamp> absent_since;
  std::string uplink;     // it hangs on; "": none
  Rates local_kept_back;  // in force
  Rates network_kept_back;
  bool local_announced = false;  // as overcommitted
  bool network_announced = false;
  Timestamp readiness_since;
  Timestamp overcommitted_since;
  std::optional<Timestamp> deadline;
  bool removable = false;  // its object
  Sequence changed_at = 0;
  Sequence listed_at = 0;
  Sequence object_listed_at = 0;
  Sequence eased_at = 0;  // 0: not known, since an older version wrote it
  bool operator==(const NodeRecord&) const = default;
};

struct WorkloadRecord {
  WorkloadNumbered given;
  WorkloadObserved last;  // empty before it was first seen
  bool observed = false;
  bool gone = false;
  Sequence listed_at = 0;
  bool operator==(const WorkloadRecord&) const = default;
};

// An offered set that refusals share; they name it by its place among these records, from 0.
struct OfferedRecord {
  NodeRuns nodes;
  bool operator==(const OfferedRecord&) const = default;
};

// What of a group does not follow from its members.
struct GroupRecord {
  std::uint32_t number = 0;
  GroupRef ref;
  std::string space;  // of named groups
  std::optional<std::uint32_t> wanted;
  bool spread = false;
  LinkName meeting;
  bool operator==(const GroupRecord&) const = default;
};

struct PlacementRecord {
  NodeNumber node{};
  Rates granted;
  Rates charged;
  bool default_ul = false;
  bool default_dl = false;
  bool all_links = false;
  bool settled = false;
  bool terminating = false;
  PlacedBy by = PlacedBy::kUs;
  GroupRef group;
  std::optional<std::uint32_t> group_number;
  std::optional<WorkloadNumber> top;
  Sequence reserved_at = 0;
  std::uint64_t term = 0;
  Sequence settled_at = 0;
  bool operator==(const PlacementRecord&) const = default;
};

struct RefusalRecord {
  Sequence attempted_at = 0;
  std::optional<std::uint32_t> offered;  // which OfferedRecord
  Sequence woken_at = 0;
  Timestamp woken_time;
  bool operator==(const RefusalRecord&) const = default;
};

struct PodRecord {
  PodObserved last;  // with its identity
  Sequence listed_at = 0;
  std::uint32_t attempts = 0;
  Sequence last_filter = 0;
  std::uint64_t last_verdict = 0;
  std::uint64_t last_named_hash = 0;
  std::uint32_t retry = 0;
  Sequence behind = 0;
  bool drifts = false;
  bool drift_changed = false;
  bool called_only = false;
  bool to_fence = false;
  bool to_wake = false;
  std::optional<PlacementRecord> placement;
  std::optional<RefusalRecord> refusal;
  bool operator==(const PodRecord&) const = default;
};

// A uid that is gone and stays gone.
struct BuriedRecord {
  std::string uid;
  ResourceVersion resource_version = 0;
  bool operator==(const BuriedRecord&) const = default;
};

// A kind that this version does not know: the snapshot is not for it, and is not used.
struct UnknownRecord {
  std::uint16_t kind = 0;
  bool operator==(const UnknownRecord&) const = default;
};

using SnapshotRecord = std::variant<UnknownRecord, HeaderRecord, StreamRecord, NamespaceRecord, UplinkRecord,
                                    NodeRecord, WorkloadRecord, OfferedRecord, GroupRecord, PodRecord, BuriedRecord>;

}  // namespace bw
