// What stands in RocksDB's logs on a disk, read without RocksDB
// (github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format): so that a test knows by itself whether recovery
// dropped something. Functions without state.
#pragma once

#include <string>

#include "journal/types.h"
#include "tests/support/volatile_disk.h"

namespace bw {

// Path of the newest log; "": there is none. Their paths ascend.
std::string newest_log(const VolatileDisk& disk);

// Whether the logs newer than `than` hold whole records of events behind `end`, or, behind those up to `end`, bytes
// that are no whole record. Zeros are nothing: they stand where a file grew and was not written.
bool has_unread_log_bytes(const VolatileDisk& disk, const std::string& than, Sequence end);

}  // namespace bw
