// The journal as its users see it: a dense sequence of records from bounds().first to bounds().head, and the
// chain over them. JournalReader is what replay needs; Journal adds what the daemon needs. Implementations:
// RocksdbJournal (disk) and MemoryJournal (tests, simulation).
//
// Threads: append() and sync() are called by one thread, the writer's; a reader has cursors of its own and may
// live on another thread than the writer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "journal/result.h"
#include "journal/types.h"

namespace bw {

struct JournalBounds {
  Sequence first = 1;      // first event that is kept; events before it were cut off
  Sha256 previous_hash{};  // h(first - 1)
  Head head;               // last event; sequence 0: the journal is empty
};

// Walks records in order of their sequence. The journal outlives it.
class RecordCursor {
 public:
  virtual ~RecordCursor() = default;

  // The next record, or false at the end of what was there when the cursor was made. `bytes` is valid until the
  // next call. A hole in the sequence is kCorrupt.
  virtual Result<bool> next(Sequence& sequence, std::string_view& bytes) = 0;
};

class JournalReader {
 public:
  virtual ~JournalReader() = default;

  // As of the last refresh(), for a reader of a journal that another process writes.
  virtual JournalBounds bounds() const = 0;

  // A cursor that starts at `from` (clamped to bounds().first).
  virtual Result<std::unique_ptr<RecordCursor>> read(Sequence from) const = 0;

  // h(sequence) where it is kept: every 1,024th sequence, the last one, and bounds().first - 1.
  virtual std::optional<Sha256> kept_hash(Sequence sequence) const = 0;

  // Where the files beside the events are, such as snapshots; "": nowhere.
  virtual std::string folder() const { return {}; }

  // Brings bounds() up to date. A reader in the writer's own process never needs it.
  virtual Result<void> refresh() = 0;
};

// A whole journal in a folder of its own: as it was, snapshots included, and no later event changes it.
struct Checkpoint {
  std::string path;
  Head head;
};

class Journal : public JournalReader {
 public:
  // Adds the records head.sequence - records.size() + 1 .. head.sequence in one atomic write; `head` is the chain
  // after the last of them. Every 1,024th hash on the way is in `kept`. On return they are on disk if `sync`,
  // else they may be lost with the power, but only as a tail. An error is final: the caller ends the process.
  virtual Result<void> append(std::span<const std::string> records, const Head& head, std::span<const Head> kept,
                              bool sync) = 0;

  // On return all that was appended is on disk.
  virtual Result<void> sync() = 0;

  // Removes the events before `first`, of which `previous_hash` is h(first - 1); a HistoryCut that says so is on disk
  // already. On return bounds() begin there, and stay so after a crash; the room comes back when it can. Cursors that
  // there are go on. Any one thread, also beside append(). An error is final, as of append().
  virtual Result<void> cut(Sequence first, const Sha256& previous_hash) = 0;

  // Bytes that the events from `from` on take in files, roughly; the newest are not in one yet. Any thread.
  virtual std::uint64_t bytes_from(Sequence from) const = 0;

  // Makes a checkpoint of what is on disk. Any one thread, also beside append(). kUnsupported where there are no files.
  virtual Result<Checkpoint> make_checkpoint() const {
    return Error{ErrorCode::kUnsupported, "this journal is in memory: there is nothing to copy"};
  }
};

constexpr Sequence kKeptHashInterval = 1024;

}  // namespace bw
