// Watches RocksDB read its logs again when a journal is opened. The last bytes of a log may be lost with the power
// while later ones, of it or of the next log, are there: RocksDB would go on behind the hole. So the replay stops at
// the first event that does not follow the one before, and all that was in the logs but not taken is counted, since
// RocksDB does not report every kind of it. Private to journal/. One thread.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/wal_filter.h>

#include <map>
#include <optional>
#include <string>

#include "journal/result.h"
#include "journal/rocksdb_journal.h"

namespace bw {

class LogReplay : public rocksdb::WalFilter {
 public:
  // Of the database in `folder`, whose tables end with the event `last_in_tables` (0: they hold none; absent: not
  // known).
  LogReplay(rocksdb::Env& env, const std::string& folder, std::optional<Sequence> last_in_tables);

  // What was in the logs that count but was not taken. Bytes that no record of RocksDB covers are reported without a
  // reason: RecoveryLog may know one.
  std::optional<DroppedTail> dropped() const;

  const char* Name() const override { return "LogReplay"; }
  void ColumnFamilyLogNumberMap(const std::map<std::uint32_t, std::uint64_t>& log_numbers,
                                const std::map<std::string, std::uint32_t>& families) override;
  WalProcessingOption LogRecordFound(unsigned long long log, const std::string& file, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* changed_batch, bool* is_changed) override;

 private:
  std::map<std::uint64_t, std::uint64_t> sizes_;  // of the logs there are, by their numbers
  std::map<std::uint64_t, std::uint64_t> taken_;  // bytes of each, from its beginning
  std::optional<Sequence> last_;                  // event
  std::uint64_t first_log_ = 0;                   // older ones are obsolete
  std::optional<std::uint32_t> events_family_;
  std::string hole_;  // "": none was found
};

// The last event in the tables of the journal at `path`, that is without what only the logs hold; 0: none.
Result<Sequence> last_event_in_tables(rocksdb::DBOptions options, const std::string& path);

}  // namespace bw
