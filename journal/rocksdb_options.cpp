#include "rocksdb_options.h"

#include <rocksdb/table.h>

namespace bw {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

rocksdb::DBOptions shared_options(rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  // What an operator needs of RocksDB's own log is its warnings; the rest would outgrow a small journal.
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.max_log_file_size = kMiB;
  options.keep_log_file_num = 4;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions shared_column_family_options() {
  rocksdb::ColumnFamilyOptions options;
  // Every file is read back and compared once written, while the log still holds what it should contain.
  options.paranoid_file_checks = true;
  // By default RocksDB rewrites every file that is 30 days old. Records never change: there is nothing to gain.
  options.ttl = 0;
  options.periodic_compaction_seconds = 0;
  return options;
}

}  // namespace

rocksdb::DBOptions writer_options(rocksdb::Env* env) {
  rocksdb::DBOptions options = shared_options(env);
  // After a crash: all up to the first inconsistency, nothing behind it, so that what is lost is a tail. The other
  // modes either refuse after a common torn write, or leave holes.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // A log that was closed and is now missing or short is an error, not a shorter history.
  options.track_and_verify_wals_in_manifest = true;
  // No automatic resumption after a failed write: after a failed sync memory proves nothing about the disk.
  options.paranoid_checks = true;
  options.max_bgerror_resume_count = 0;
  // Each append reaches the operating system before it returns: the end of the process alone loses nothing.
  options.manual_wal_flush = false;
  // Metadata and events go to files together, so that no file is ahead of a log that lost its tail, and the few
  // bytes of metadata do not keep old logs alive.
  options.atomic_flush = true;
  // Opened in one order and by the thread that opens the journal. There is a file for about a million events.
  options.max_file_opening_threads = 1;
  // There is one writer: insertion into the memtable needs no atomic operations.
  options.allow_concurrent_memtable_write = false;
  // Written evenly instead of all at the end of a flush, where it would delay a sync of the log.
  options.bytes_per_sync = kMiB;
  return options;
}

rocksdb::DBOptions reader_options(rocksdb::Env* env) {
  rocksdb::DBOptions options = shared_options(env);
  // Files stay open, since the writer may remove one that a compaction has replaced.
  options.max_open_files = -1;
  return options;
}

rocksdb::ColumnFamilyOptions metadata_options() {
  rocksdb::ColumnFamilyOptions options = shared_column_family_options();
  options.write_buffer_size = kMiB;
  return options;
}

rocksdb::ColumnFamilyOptions events_options(std::size_t memory_bytes) {
  rocksdb::ColumnFamilyOptions options = shared_column_family_options();
  // Events of one kind differ in few bytes: zstd on blocks that hold hundreds of them takes most of the rest. All
  // levels alike, since sorted input moves down without being written again.
  options.compression = rocksdb::kZSTD;
  options.bottommost_compression = rocksdb::kZSTD;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 32 * 1024;
  // Events are read in order, never looked up by a key that may be missing.
  table.filter_policy = nullptr;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // What a restart reads again from the log, and what a reader of a live journal holds in memory.
  options.write_buffer_size = memory_bytes;
  return options;
}

rocksdb::ReadOptions scan_options() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  // A walk over the whole journal must not push the rest out of the cache, and reads each block once.
  options.fill_cache = false;
  options.readahead_size = kMiB;
  return options;
}

}  // namespace bw
