// RocksDB's own log, listened to while a journal is opened: point-in-time recovery drops what follows the first
// inconsistency and only logs it, while we must record it (TailDropped). Private to journal/. Any thread.
#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <mutex>
#include <optional>

#include "journal/rocksdb_journal.h"

namespace bw {

class RecoveryLog : public rocksdb::LoggerWrapper {
 public:
  // Passes everything on to `log`.
  explicit RecoveryLog(std::shared_ptr<rocksdb::Logger> log) : LoggerWrapper(log.get()), log_(std::move(log)) {}

  using LoggerWrapper::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

  std::optional<DroppedTail> dropped() const;

 private:
  const std::shared_ptr<rocksdb::Logger> log_;
  mutable std::mutex mutex_;
  std::optional<DroppedTail> dropped_;  // guarded by mutex_
};

}  // namespace bw
