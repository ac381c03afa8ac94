// What follows from how much room the journal's disk has: decisions are suspended before it is full, so that what is
// released and observed can still be recorded, and go on by themselves once there is room again. Sans-io; thread: the
// state's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/messages.h"
#include "projections/state.h"

namespace bw {

// Bytes. A record of a decision has about a hundred; the largest thing that is written at once, a snapshot of 5,000
// nodes and 50,000 pods, has 30 MB.
struct SpaceLimits {
  std::uint64_t reserve = 64 << 20;
  std::uint64_t give_up_below = 16 << 20;  // the reserve goes when no more than this is free beside it
  std::uint64_t suspend_below = 64 << 20;
  std::uint64_t resume_above = 128 << 20;
};

class SpaceFsm {
 public:
  explicit SpaceFsm(SpaceLimits limits = {}) : limits_(limits) {}

  // What is free now, and whether the reserve is held beside it.
  void measured(const SpaceMeasured& space, Outputs& outputs);

  // Facts that are owed: the beginning or the end of a suspension. `state.suspended` is what the journal says.
  std::vector<Fact> owed(const State& state, Outputs& outputs) const;

  // What callers are told, "" while decisions are made.
  const std::string& suspended_because() const { return because_; }

  std::uint64_t free_bytes() const { return space_ ? space_->free_bytes : 0; }
  bool reserve_held() const { return space_ && space_->reserve_held; }

 private:
  const SpaceLimits limits_;
  std::optional<SpaceMeasured> space_;  // as last measured
  std::string because_;
  std::string problem_;  // that was logged last
};

}  // namespace bw
