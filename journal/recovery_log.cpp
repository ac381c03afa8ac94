#include "recovery_log.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bw {
namespace {

// Of "<file>: dropping <n> bytes; <reason>", which RocksDB's log reader reports for every piece that it drops.
std::optional<DroppedTail> parse_drop(std::string_view message) {
  constexpr std::string_view kBefore = ": dropping ";
  constexpr std::string_view kBehind = " bytes; ";
  const std::size_t before = message.find(kBefore);
  const std::size_t behind = message.find(kBehind);
  if (before == std::string_view::npos || behind == std::string_view::npos || behind < before) return {};
  DroppedTail drop;
  drop.bytes = std::strtoull(message.data() + before + kBefore.size(), nullptr, 10);
  drop.detail = message.substr(behind + kBehind.size());
  return drop;
}

}  // namespace

void RecoveryLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  char message[1024];
  va_list again;
  va_copy(again, arguments);
  std::vsnprintf(message, sizeof(message), format, again);
  va_end(again);
  if (const auto drop = parse_drop(message)) {
    const std::lock_guard lock(mutex_);
    if (!dropped_) dropped_ = DroppedTail{0, drop->detail};
    dropped_->bytes += drop->bytes;
  }
  LoggerWrapper::Logv(level, format, arguments);
}

std::optional<DroppedTail> RecoveryLog::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace bw
