// A random history in a real journal, in a folder of its own, with snapshots of it as the auditor takes them. For tests
// of everything that begins at a snapshot. Thread: one.
#pragma once

#include <memory>
#include <string>

#include "journal/chain.h"
#include "journal/event_codec.h"
#include "journal/rocksdb_journal.h"
#include "tests/support/random_history.h"

namespace bw {

class KeptHistory {
 public:
  explicit KeptHistory(std::uint64_t seed = 1);
  ~KeptHistory();
  KeptHistory(const KeptHistory&) = delete;
  KeptHistory& operator=(const KeptHistory&) = delete;

  const std::string& folder() const { return folder_; }
  RocksdbJournal& journal() { return *journal_; }
  World& world() { return history_.world(); }
  const State& state() const { return history_.state(); }
  const Head& head() const { return chain_.head(); }

  // Goes on until there are so many events, all of which are on disk then.
  void run_to(Sequence sequence);
  void record(Fact fact);

  // Writes the file of a snapshot of the state as it is.
  SnapshotTaken write_snapshot() const;
  // And says so in the journal.
  SnapshotTaken take_snapshot();

  // Closes the journal, so that somebody else can open it, and opens it again.
  void close() { journal_.reset(); }
  void reopen();

 private:
  void keep();

  std::string folder_;
  std::unique_ptr<RocksdbJournal> journal_;
  RandomHistory history_;
  std::size_t kept_ = 0;
  Chain chain_;
  EventCodec codec_;
};

}  // namespace bw
