// A snapshot that its journal vouches for: an event says that it was taken, at which head, and what hash its file has.
// A file without such an event is left over from a crash, or somebody else's, and counts for nothing. One thread at a
// time.
#pragma once

#include <string>
#include <vector>

#include "journal/event.h"
#include "journal/journal.h"
#include "journal/snapshot_codec.h"
#include "journal/snapshot_record.h"

namespace bw {

class ProvedSnapshot {
 public:
  // The snapshot of the state after event `sequence`, whose file has been read and has the hash that the event names.
  // kNotFound: the journal knows no such snapshot, or does not hold what follows it. kCorrupt: it is not what was
  // written.
  static Result<ProvedSnapshot> open(const JournalReader& journal, Sequence sequence);

  const SnapshotTaken& taken() const { return taken_; }

  // Where the chain stood then.
  Head head() const { return {taken_.sequence, taken_.head_hash}; }

  // The next record, for state_from(); false behind the last one. kCorrupt where it is none, or where the header is not
  // of this sequence, digest and rules version.
  Result<bool> next(SnapshotRecord& record);

 private:
  ProvedSnapshot(SnapshotTaken taken, std::string path, std::vector<std::string> records)
      : taken_(std::move(taken)), path_(std::move(path)), records_(std::move(records)) {}

  SnapshotTaken taken_;
  std::string path_;  // for messages
  std::vector<std::string> records_;
  std::size_t next_ = 0;
  SnapshotCodec codec_;
};

// Sequences of the snapshots beside the journal from which all that it holds up to its head can be folded, ascending:
// none is before bounds().first - 1. Whether the journal vouches for them is not looked at yet.
Result<std::vector<Sequence>> usable_snapshots(const JournalReader& journal);

}  // namespace bw
