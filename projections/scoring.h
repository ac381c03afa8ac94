// The order in which nodes are preferred: a weighted list of plugins, each 0..100 per node, all integers. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "projections/fit.h"

namespace bw {

// What taking a node would mean for groups that grow.
enum class Outlook : std::uint8_t {
  kGood,
  kCrowds,   // a group that was promised the place would have to spread
  kDeadEnd,  // a group could neither stay on the node nor spread from it
};

struct RankedNode {
  NodeNumber node{};
  Outlook outlook = Outlook::kGood;
  std::int64_t score = 0;
  std::uint64_t draw = 0;  // hash(seed, pod uid, attempt, node): breaks ties, and draws
};

// The nodes with their scores, in the order given. `attempt` is of the filter call.
std::vector<RankedNode> score_nodes(const State& state, const Pod& pod, const FitCheck& fit, std::uint32_t attempt,
                                    const std::vector<NodeNumber>& nodes);

// Best first; the order is total. A type, so that sorts inline it.
struct Better {
  bool operator()(const RankedNode& a, const RankedNode& b) const {
    if (a.outlook != b.outlook) return a.outlook < b.outlook;
    if (a.score != b.score) return a.score > b.score;
    if (a.draw != b.draw) return a.draw < b.draw;
    return a.node < b.node;
  }
};

// The nodes to name in a filter reply, in no order: three quarters the best, one quarter drawn from the rest, so that
// other score plugins keep a choice.
std::vector<NodeNumber> choose_candidates(const State& state, std::vector<RankedNode> scored);

// The extender's scores, 10..1, for the best ten in order of preference; all others score 0.
constexpr std::size_t kScoredNodes = 10;
constexpr std::uint32_t folded_score(std::size_t rank) { return static_cast<std::uint32_t>(kScoredNodes - rank); }

}  // namespace bw
