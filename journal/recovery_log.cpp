#include "recovery_log.h"

#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace bw {
namespace {

// Of "<file>: dropping <n> bytes; <reason>", which RocksDB's log reader reports for a piece that it drops; else "".
std::string_view parse_reason(std::string_view message) {
  constexpr std::string_view kBehind = " bytes; ";
  const std::size_t behind = message.find(kBehind);
  if (message.find(": dropping ") == message.npos || behind == message.npos) return {};
  return message.substr(behind + kBehind.size());
}

}  // namespace

void RecoveryLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  char message[1024];
  va_list again;
  va_copy(again, arguments);
  std::vsnprintf(message, sizeof(message), format, again);
  va_end(again);
  {
    const std::lock_guard lock(mutex_);
    if (reason_.empty()) reason_ = parse_reason(message);
  }
  LoggerWrapper::Logv(level, format, arguments);
}

std::string RecoveryLog::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_.empty() ? "the end of the log is not whole" : reason_;
}

}  // namespace bw
