// From a journal to the state it means. Thread: any, before the controller starts.
#pragma once

#include <memory>

#include "journal/journal.h"
#include "projections/state.h"

namespace bw {

struct Restored {
  std::unique_ptr<State> state;
  Head head;
  Sequence from_snapshot = 0;  // 0: all events were folded
};

Result<Restored> restore(const JournalReader& journal);

}  // namespace bw
