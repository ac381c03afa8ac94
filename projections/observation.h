// Objects of the cluster as they were read, before names have numbers: the input of decide_observed(). Written by
// kube/ from JSON, and by tests. Values only; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/event.h"

namespace bw {

// The controller owner of an object (metadata.ownerReferences, controller: true).
struct OwnerSeen {
  WorkloadKind kind = WorkloadKind::kOther;
  std::string kind_name;
  std::string name;
  std::string uid;
  bool operator==(const OwnerSeen&) const = default;
};

struct PodSeen {
  PodIdentity identity;
  ResourceVersion resource_version = 0;
  PodFields fields;       // without `node` and `controller`, which have no numbers yet
  std::string node_name;  // spec.nodeName; "": unbound
  std::optional<OwnerSeen> controller;
  bool operator==(const PodSeen&) const = default;
};

struct NodeSeen {
  std::string name;
  std::string uid;
  ResourceVersion resource_version = 0;
  bool unschedulable = false;
  std::uint32_t allocatable_pods = 0;
  std::vector<std::string> level_values;  // of the labels of the policy's levels, in their order; "": missing
  bool operator==(const NodeSeen&) const = default;
};

struct WorkloadSeen {
  WorkloadKind kind = WorkloadKind::kOther;
  std::string space;
  std::string name;
  std::string uid;
  ResourceVersion resource_version = 0;
  std::optional<OwnerSeen> controller;
  std::optional<std::uint32_t> wanted;  // pods, from spec; absent: not known
  bool operator==(const WorkloadSeen&) const = default;
};

struct NamespaceSeen {
  std::string name;
  std::string uid;
  ResourceVersion resource_version = 0;
  std::optional<BitsPerSecond> default_ul;  // negative: said, but not a valid request
  std::optional<BitsPerSecond> default_dl;
  bool operator==(const NamespaceSeen&) const = default;
};

// A Bandwidth object: its spec, and where its status says it was published from.
struct BandwidthSeen {
  std::string name;  // of the node
  std::string uid;
  ResourceVersion resource_version = 0;
  std::int64_t generation = 0;
  std::optional<BitsPerSecond> local_ul, local_dl, network_ul, network_dl;
  std::optional<std::uint32_t> max_interfaces;
  std::vector<KeptBack> kept_back;
  std::string published_journal;    // status.journal.id; "": no status yet
  Sequence published_sequence = 0;  // status.journal.sequence
  bool operator==(const BandwidthSeen&) const = default;
};

// An object that could not be read.
struct UnreadableSeen {
  std::string space;
  std::string name;
  ResourceVersion resource_version = 0;
  std::string problem;  // one sentence
  bool operator==(const UnreadableSeen&) const = default;
};

using ObjectSeen = std::variant<UnreadableSeen, PodSeen, NodeSeen, WorkloadSeen, NamespaceSeen, BandwidthSeen>;

}  // namespace bw
