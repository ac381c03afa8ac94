// Checks a whole journal in one pass: the chain and the anchors on it, the decisions (made again), and the digests that
// snapshots recorded. Threads: one, beside the reader's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/journal.h"
#include "journal/known_head.h"
#include "projections/state.h"
#include "replay/output.h"

namespace bw::replay {

struct Count {
  std::uint64_t checked = 0;
  std::uint64_t differ = 0;
  std::uint64_t not_checked = 0;  // other rules, or what they refer to is not in this journal any more
};

struct Verification {
  std::unique_ptr<State> state = std::make_unique<State>();  // as of the last event that was folded
  Sequence checked = 0;
  std::uint64_t bytes = 0;
  Timestamp first_time, last_time;
  Count decisions;
  Count snapshots;
  Sequence first_difference = 0;
  std::string broken;                                         // the sentence that says where
  Head proved;                                                // the last event up to which the chain holds
  std::vector<std::pair<KnownHead, HeadComparison>> anchors;  // not those behind `proved` where the chain is broken

  bool refold_ok() const { return decisions.differ == 0 && snapshots.differ == 0; }
  bool has(HeadComparison comparison) const;
  std::string_view result() const;  // ok, broken, shorter
  ExitCode exit_code() const;
};

struct VerifyOptions {
  bool decisions = true;  // decide again, and compare
  std::vector<KnownHead> anchors;
  bool progress = false;  // on standard error, which is a terminal
};

// An error: nothing can be said about this journal, or the anchors are not of it.
Result<Verification> verify_journal(const JournalReader& journal, const VerifyOptions& options);

}  // namespace bw::replay
