// Facts about decisions and what became of them, and about conditions that begin and end. Values only; safe on any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/types.h"

namespace bw {

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
  std::vector<std::uint32_t> toggled;      // first, length, first, length, ...; firsts ascend
  std::vector<std::string> unknown_names;  // offered names that have no number, in the order of the call
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

// Whose decision put a pod where it is. The numbers are stored, in snapshots.
enum class PlacedBy : std::uint8_t {
  kUs,       // a decision in this journal
  kGranted,  // bears /granted: a decision of another leader's term
  kForeign,  // not decided by us
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

// An edit of the pod's request was admitted: from here on `granted`, which fits, counts, whether the edit comes or not.
struct GrantRaised {
  PodNumber pod{};
  Rates granted;
  bool operator==(const GrantRaised&) const = default;
};

// A member fits nowhere because its own group would overcommit the network link of `node`.
struct GroupStuck {
  PodNumber pod{};
  NodeNumber node{};
  Rates lacking;
  bool operator==(const GroupStuck&) const = default;
};

}  // namespace bw
