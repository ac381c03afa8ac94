// From a journal to the state it means: the newest snapshot that the journal vouches for, and the events behind it; or
// all events, where there is none. What is folded has been proved by the chain from there on. Thread: any, before the
// controller or the auditor starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "projections/state.h"

namespace bw {

struct Restored {
  std::unique_ptr<State> state;
  Head head;
  Sequence from_snapshot = 0;           // 0: all events were folded
  std::vector<std::string> not_usable;  // for people: why newer snapshots were passed over
};

// The whole journal.
Result<Restored> restore(const JournalReader& journal);

// Only its newest usable snapshot: `head` is where that stands. Without one, the state before the first event.
Result<Restored> restore_snapshot(const JournalReader& journal);

}  // namespace bw
