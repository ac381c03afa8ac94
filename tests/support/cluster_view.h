// What the API server says, read for tests: pods, nodes and Bandwidth objects as plain values, and the recount of
// what bound pods ask for. It shares no code with kube/ and projections/, so that it can prove them wrong. Pure
// functions; values only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/result.h"
#include "journal/types.h"

namespace bw {

struct PodView {
  std::string space{};
  std::string name{};
  std::string uid{};
  std::string node{};  // "" until bound
  std::string phase{};
  std::string scheduler{};
  std::string owner{};  // its workload, as Kind/name; of a Deployment's ReplicaSet, the Deployment; "" for none
  bool terminating = false;
  bool finalized = false;  // it bears finalizers
  Rates request{};         // of the dialects kubernetes.io and ovn.kubernetes.io; an unreadable annotation counts as 0
  std::string scheduled_reason{};  // of the condition PodScheduled
  std::string scheduled_message{};
  std::map<std::string, std::string> annotations{};
  std::map<std::string, std::string> labels{};
};

struct NodeView {
  std::string name{};
  bool ready = false;
};

// Mbps, as the object says them.
struct LinkView {
  std::int64_t ul = 0;
  std::int64_t dl = 0;
  friend bool operator==(const LinkView&, const LinkView&) = default;
};
struct NodeLinksView {
  LinkView local{};
  LinkView network{};
  friend bool operator==(const NodeLinksView&, const NodeLinksView&) = default;
};
struct ReservationView {
  std::string pod{};    // NAMESPACE/NAME
  std::string group{};  // Kind/name; "" for none
  std::string links{};  // "local", "local network"
  std::string phase{};
};
struct BandwidthView {
  std::string name{};
  std::string uid{};
  bool has_status = false;
  NodeLinksView capacity{};
  NodeLinksView used{};
  NodeLinksView available{};
  std::int64_t pods = 0;
  bool overcommitted = false;
  std::string ready_reason{};  // of the condition Ready
  std::vector<ReservationView> reservations{};
  std::string journal_id{};
  Sequence sequence = 0;
};

// Of the answer to a list: {"items": [...]}.
Result<std::vector<PodView>> read_pods(std::string_view json);
Result<std::vector<NodeView>> read_nodes(std::string_view json);
Result<std::vector<BandwidthView>> read_bandwidths(std::string_view json);

// A Kubernetes quantity such as 100M, 1.5G, 1Gi or 250000, in bit/s, rounded up; absent when it is none.
std::optional<BitsPerSecond> read_quantity(std::string_view text);

struct NodeUse {
  int pods = 0;
  Rates rates{};  // bit/s
};
// By node name: the pods that are bound and neither Succeeded nor Failed, terminating ones included (rule R4), and
// the sum of what they ask for. That is what the network link of the node carries unless a group is colocated.
std::map<std::string, NodeUse> recount(const std::vector<PodView>& pods);
// The least that the network links carry, whatever discount a group is given: the pods of a group that has others are
// left out as long as all its bound ones are on one node. A group is what the annotation networking.vaclab.org/group
// names, or else what has one owner.
std::map<std::string, NodeUse> recount_spread(const std::vector<PodView>& pods);

}  // namespace bw
