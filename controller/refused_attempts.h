// Why the last attempts of pods found no node, node by node, for people who ask: the journal holds only how many nodes
// gave which reason, and the state has moved on since. As much as fits into a bounded memory, the newest; nothing is
// decided from it. Thread: the state's.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "projections/decide.h"

namespace bw {

class RefusedAttempts {
 public:
  // Verdicts on nodes that are kept, over all pods: 20 MB.
  static constexpr std::size_t kMostNodes = std::size_t{1} << 18;

  explicit RefusedAttempts(std::size_t most_nodes = kMostNodes) : most_nodes_(most_nodes) {}

  // The last filter call of `pod`, whose facts have been applied, named none of `nodes`.
  void refused(const State& state, PodNumber pod, std::vector<RefusedNode> nodes);

  // What the last attempt of `pod` found, valid until the next call of refused(); null if it named a node or is not
  // kept.
  const std::vector<RefusedNode>* last(const State& state, PodNumber pod) const;

 private:
  struct Attempt {
    std::uint64_t order = 0;  // of arrival
    Sequence filter = 0;      // with `attempt`: tells it from attempts of another pod that has got the number
    std::uint32_t attempt = 0;
    std::vector<RefusedNode> nodes;
  };
  void forget(PodNumber pod);

  const std::size_t most_nodes_;
  std::size_t nodes_ = 0;
  std::uint64_t arrived_ = 0;
  std::map<PodNumber, Attempt> attempts_;
  std::map<std::uint64_t, PodNumber> by_order_;
};

}  // namespace bw
