// Why a pod is where it is, or nowhere: per node, which link lacks how much, as the filter would see it in this
// state. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "projections/decide.h"

namespace bw {

struct NodeExplanation {
  std::string node;
  Reason reason = Reason::kFits;
  std::string link;        // which lacks room: local, network, or the name of an uplink; "" where none
  std::string link_of;     // the node whose link it is, where it is not this node's
  Rates lacking;           // bit/s beyond what there is
  std::int64_t score = 0;  // where the pod fits
  bool operator==(const NodeExplanation&) const = default;
};

struct Explanation {
  PodIdentity pod;
  Request request;
  std::string group;  // "StatefulSet net/peers"; "" of no group
  bool all_links = false;
  std::optional<std::uint32_t> group_live, group_wanted;
  std::string meeting_point;  // a node, an uplink, or "fabric"; "" of no group
  std::string reserved_on;    // the node, if it is placed
  bool settled = false;
  std::uint32_t attempts = 0;
  Sequence last_attempt = 0;
  bool refused = false;
  std::vector<NodeExplanation> nodes;  // of `offered`, or all that are known; by name
};

// What a filter call found on nodes none of which it named; those that are gone since are left out. By name.
std::vector<NodeExplanation> explain_refusals(const State& state, const std::vector<RefusedNode>& nodes);

// As the filter would answer now; `offered`: only these nodes (null: all that exist).
Explanation explain(const State& state, PodNumber pod, const NodeSet* offered = nullptr);

}  // namespace bw
