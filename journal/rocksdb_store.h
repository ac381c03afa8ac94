// An open database that holds a journal: what its writer and its readers have in common. Keys and values:
//   column family `events`    sequence                -> stored bytes of the event
//   column family `default`   "format"                -> "1", the major version of all that is stored
//                             "head"                  -> sequence and hash of the last event
//                             "hash/" and sequence    -> hash, for every 1,024th event
//                             "first"                 -> sequence of the first event that is kept, and the hash
//                                                        before it; absent: 1 and zero
// A sequence is 8 bytes, big-endian, so that keys sort as numbers do; a hash is 32. Private to journal/. Any thread.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/journal.h"

namespace bw {

class RocksdbStore {
 public:
  static constexpr std::string_view kFormat = "1";
  static constexpr std::string_view kFormatKey = "format";
  static constexpr std::string_view kHeadKey = "head";
  static constexpr std::string_view kFirstKey = "first";

  // The folder of the database of the journal at `path`.
  static std::string folder_of(const std::string& path);

  // What to give to rocksdb::DB::Open and its like, whose results go to the constructor. `memory_bytes`: of events that
  // are kept in memory before they go to a file.
  static std::vector<rocksdb::ColumnFamilyDescriptor> families(std::size_t memory_bytes);

  // Takes both over.
  RocksdbStore(std::string path, rocksdb::DB* db, const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
  RocksdbStore(RocksdbStore&&) = default;
  RocksdbStore& operator=(RocksdbStore&&) = delete;  // would close the database before its handles

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* events() const { return events_.get(); }

  // Refuses what is no journal, and a journal of another format.
  Result<void> check_format() const;

  // As they are stored. `head` is absent in a journal without events.
  Result<JournalBounds> load_bounds() const;

  // Sequence of the first, or of the last event there is; 0: none.
  Result<Sequence> first_event() const;
  Result<Sequence> last_event() const;

  std::optional<Sha256> kept_hash(Sequence sequence, const JournalBounds& bounds) const;

  // A cursor that ends behind bounds.head.
  Result<std::unique_ptr<RecordCursor>> read(Sequence from, const JournalBounds& bounds) const;

  // A failure of RocksDB: "the journal at PATH cannot be <doing>: ...".
  static Error error(const rocksdb::Status& status, const std::string& path, std::string_view doing);

  static std::string sequence_key(Sequence sequence);
  static Sequence parse_sequence(std::string_view key);  // 0: it is none
  static std::string kept_hash_key(Sequence sequence);
  static std::string head_value(const Head& head);

 private:
  Error corrupt(std::string_view what) const;
  Result<std::optional<Head>> load_head(std::string_view key) const;

  std::string path_;
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<rocksdb::ColumnFamilyHandle> default_;  // handles go before the database
  std::unique_ptr<rocksdb::ColumnFamilyHandle> events_;
};

}  // namespace bw
