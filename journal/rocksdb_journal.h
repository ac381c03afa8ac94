// The journal on disk: the folder PATH/events is a RocksDB database with the column family `events` (key: big-endian
// sequence; value: stored bytes) and the default one for the head, kept hashes and the format version. Opens
// read-write for the daemon (locked against a second one) or as a reader of a live journal (RocksDB secondary) for
// bwreplay. PATH/snapshots belongs to journal/snapshot_file.h; PATH/creating stands while a journal is made;
// PATH/checkpoints holds copies that were asked for.
//
// Threads: see journal/journal.h. A reader, its refresh() included, lives on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "journal/journal.h"

namespace rocksdb {
class Env;
}

namespace bw {

struct RocksdbJournalOptions {
  std::string path;
  rocksdb::Env* env = nullptr;  // files and background threads, for tests; outlives the journal; null: the real ones
  std::size_t memory_bytes = 16 * 1024 * 1024;  // of events that are kept in memory before they go to a file
};

// What recovery dropped from the end of the journal because it was not readable: at least so many bytes, and why.
struct DroppedTail {
  std::uint64_t bytes = 0;
  std::string detail;
};

class RocksdbJournal : public Journal {
 public:
  // Opens the journal at options.path, or creates one where the folder is missing or empty (`lost+found` and
  // `reserve` do not count). A folder that holds something else, a journal of another format version, a damaged and
  // a locked one are refused with one sentence.
  static Result<std::unique_ptr<RocksdbJournal>> open(const RocksdbJournalOptions& options);

  // Opens an existing journal for reading only, also while a daemon writes it. It may show events that are not yet on
  // disk.
  static Result<std::unique_ptr<JournalReader>> open_reader(const std::string& path);

  ~RocksdbJournal() override;

  JournalBounds bounds() const override;
  Result<std::unique_ptr<RecordCursor>> read(Sequence from) const override;
  std::optional<Sha256> kept_hash(Sequence sequence) const override;
  std::string folder() const override;
  Result<void> refresh() override { return {}; }
  Result<void> append(std::span<const std::string> records, const Head& head, std::span<const Head> kept,
                      bool sync) override;
  Result<void> sync() override;
  Result<void> cut(Sequence first, const Sha256& previous_hash) override;
  std::uint64_t bytes_from(Sequence from) const override;
  // In PATH/checkpoints, by the sequence of its head; files are shared with the journal where the disk can.
  Result<Checkpoint> make_checkpoint() const override;

  // Of the recovery when this journal was opened. Absent after a clean end, and after one that lost nothing readable.
  std::optional<DroppedTail> dropped_tail() const;

 private:
  struct Database;

  static void leave_open(std::unique_ptr<Database> database);
  explicit RocksdbJournal(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace bw
