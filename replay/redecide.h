// Decides again what the journal says was decided, on the state as it was before (rule R16): answers to the
// scheduler and to edits, wake-ups, deadlines and conditions. Thread: one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "projections/state.h"

namespace bw::replay {

enum class Redecided {
  kNoDecision,
  kSame,
  kDiffers,
  kNotKnown,  // other rules decided it, or it refers to what is not known any more
};

class Redecider {
 public:
  Redecider() = default;

  // Begins behind a snapshot, whose state is `first`: it is only used by the rules that it was taken by. Whether the
  // clock was behind then, or pods were just being woken, is not known.
  explicit Redecider(const State& first) : same_rules_(first.applied != 0), clock_behind_(first.time) {}

  // `state` is the one before `event`; every event must be shown, in order.
  Redecided check(const State& state, const Event& event);

 private:
  Redecided decide_again(const State& state, const Event& event);
  Redecided wake_again(const State& state, const Event& event, const PodWoken& woken);

  // What repeated filter calls and prioritize calls refer to.
  struct LastFilter {
    NodeSet offered;
    std::vector<std::string> unknown_names;
    NodeSet named;
  };
  std::map<PodNumber, LastFilter> last_;
  std::vector<Fact> wake_ups_;  // decided together; those that are still to come, the next one last
  std::int64_t woken_at_ns_ = 0;
  bool same_rules_ = false;
  Timestamp clock_behind_;  // the events' time, while the clock that wake-ups were decided by was behind it
};

}  // namespace bw::replay
