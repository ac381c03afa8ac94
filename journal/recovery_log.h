// RocksDB's own log, listened to while a journal is opened: it says there, and nowhere else, why recovery dropped the
// end of a log. Private to journal/. Any thread.
#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <mutex>
#include <string>

namespace bw {

class RecoveryLog : public rocksdb::LoggerWrapper {
 public:
  // Passes everything on to `log`.
  explicit RecoveryLog(std::shared_ptr<rocksdb::Logger> log) : LoggerWrapper(log.get()), log_(std::move(log)) {}

  using LoggerWrapper::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

  // Why something was dropped first; where RocksDB does not say, that it was not whole.
  std::string reason() const;

 private:
  const std::shared_ptr<rocksdb::Logger> log_;
  mutable std::mutex mutex_;
  std::string reason_;  // guarded by mutex_
};

}  // namespace bw
