// The auditor's own fold: reads events that are durable, proves the chain over them, applies them to a state of its
// own, and compares that state's digest with what the live one was at the same event. It starts where its journal's
// newest snapshot stands, and goes on as the journal grows. Thread: one, any; it only reads the journal.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "controller/audit_reports.h"
#include "controller/proved_records.h"
#include "controller/restore.h"
#include "journal/event_codec.h"
#include "journal/journal.h"
#include "projections/state.h"

namespace bw {

class AuditPass {
 public:
  // `start`: from restore_snapshot(). `journal` must outlive the pass.
  AuditPass(const JournalReader& journal, Restored start);

  // Notes come in the order of their sequences. One of an event that was folded already says nothing.
  void note(const DigestNote& note);

  // Folds up to the next kept hash, but nothing behind `durable`. False: there was nothing to fold. An error, and all
  // later calls fail alike: what was found does not hold, in one sentence.
  Result<bool> run(Sequence durable);

  const State& state() const { return *state_; }
  const Head& head() const { return records_.head(); }

 private:
  Result<void> take();
  Result<void> compare();
  Error failed(std::string sentence);

  std::unique_ptr<State> state_;
  ProvedRecords records_;
  EventCodec codec_;
  Event event_;
  std::deque<DigestNote> notes_;
  std::optional<Error> error_;
};

// Proves the chain of what is older than the snapshot at which an AuditPass starts, a stretch at a time. Thread: one.
class ChainPass {
 public:
  // Up to `end`, where the chain is known. `journal` must outlive the pass.
  ChainPass(const JournalReader& journal, const Head& end);

  // Up to the next kept hash. False: it is done. An error: the chain does not hold.
  Result<bool> run();

  std::uint64_t unchecked() const { return done() ? 0 : end_.sequence - records_.head().sequence; }
  bool done() const { return records_.head().sequence >= end_.sequence; }

 private:
  const JournalReader& journal_;
  const Head end_;
  ProvedRecords records_;
};

}  // namespace bw
