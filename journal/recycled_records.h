// Looks for records of a recycled log in the logs and the MANIFEST of a database. They are never written here, but one
// flipped bit makes one of any record, and RocksDB 7.8 never ends reading a log with one as a secondary. Private to
// journal/. Functions without state.
#pragma once

#include <rocksdb/env.h>

#include <string>

#include "journal/result.h"

namespace bw {

// kCorrupt: the journal at `path` holds one. What cannot be read is no matter here: RocksDB will say so.
Result<void> refuse_recycled_records(rocksdb::Env& env, const std::string& path);

}  // namespace bw
