// Which refused pods fit now and are to be woken (rule R15). Pure.
#pragma once

#include <vector>

#include "projections/state.h"

namespace bw {

// The facts that wake the pods which fit now, by priority and then age, together with those that have been woken and
// have not been answered: each is given its room in turn, so that no two are woken for the same. A pod woken and not
// bound goes behind its equals. At most `most` facts.
std::vector<Fact> decide_wake_ups(const State& state, Timestamp now, std::size_t most);

// Whether decide_wake_ups() could find anything that it did not find on the state as of `seen`.
bool wake_ups_possible(const State& state, Sequence seen);

// A pod that was woken and not answered for so long is not waited for any more: its scheduler is gone, or gates it.
constexpr std::int64_t kWakeUpAnswerNs = 30 * kNanosecondsPerSecond;

// When the next of the pods that have been woken will not be waited for any more: its room is another's then, although
// no event says so. Absent: none is waited for.
std::optional<Timestamp> next_wake_up_lapse(const State& state, Timestamp now);

}  // namespace bw
