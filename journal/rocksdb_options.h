// How RocksDB is told to keep a journal, with the reason of every choice beside it. Private to journal/.
#pragma once

#include <rocksdb/options.h>

namespace bw {

// Of a journal that this process writes, through `env`.
rocksdb::DBOptions writer_options(rocksdb::Env* env);

// Of a journal that another process may be writing.
rocksdb::DBOptions reader_options(rocksdb::Env* env);

rocksdb::ColumnFamilyOptions metadata_options();
rocksdb::ColumnFamilyOptions events_options(std::size_t memory_bytes);

// For walking events from one end to the other.
rocksdb::ReadOptions scan_options();

// Bytes per key that guard an entry on its way from append() into the memtable.
constexpr std::size_t kProtectionBytesPerKey = 8;

}  // namespace bw
