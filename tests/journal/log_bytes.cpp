#include "log_bytes.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace bw {
namespace {

constexpr std::size_t kBlockSize = 32 * 1024;
constexpr std::size_t kHeaderSize = 7;  // masked CRC-32C of what follows the size (4), size (2), type (1)
constexpr std::uint32_t kEventsFamily = 1;
enum RecordType : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

std::uint32_t masked_crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      table[i] = i;
      for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82F63B78 : 0);
    }
    return table;
  }();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xA282EAD8;
}

template <class Number>
Number number_at(std::string_view bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

// The last event among the writes of a batch; 0: none.
class LastEvent : public rocksdb::WriteBatch::Handler {
 public:
  using Handler::PutCF;
  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice&) override {
    if (family != kEventsFamily) return rocksdb::Status::OK();
    last = 0;
    for (const char byte : key.ToStringView()) last = last << 8 | static_cast<unsigned char>(byte);
    return rocksdb::Status::OK();
  }

  Sequence last = 0;
};

struct Log {
  Sequence last_event = 0;  // of the whole records before the first that is not
  bool torn = false;        // bytes follow these that are no zeros
};

Log read_log(std::string_view content) {
  Log log;
  std::string record;
  std::size_t whole = 0;  // end of the last whole record
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t left = kBlockSize - at % kBlockSize;
    if (left < kHeaderSize) {  // the end of a block is filled with zeros
      at += left;
      continue;
    }
    if (content.size() - at < kHeaderSize) break;
    const auto size = number_at<std::uint16_t>(content.substr(at + 4));
    const auto type = number_at<std::uint8_t>(content.substr(at + 6));
    if (content.size() - at - kHeaderSize < size || type < kFull || type > kLast) break;
    if (masked_crc32c(content.substr(at + 6, 1 + size)) != number_at<std::uint32_t>(content.substr(at))) break;
    if (type == kFull || type == kFirst) record.clear();
    record.append(content.substr(at + kHeaderSize, size));
    at += kHeaderSize + size;
    if (type == kFirst || type == kMiddle) continue;
    whole = at;
    LastEvent handler;
    if (rocksdb::WriteBatch(record).Iterate(&handler).ok()) log.last_event = std::max(log.last_event, handler.last);
  }
  log.torn = std::ranges::any_of(content.substr(std::min(whole, content.size())), [](char byte) { return byte != 0; });
  return log;
}

}  // namespace

std::string newest_log(const VolatileDisk& disk) {
  std::string newest;
  for (const std::string& path : disk.files()) {
    if (path.ends_with(".log")) newest = path;
  }
  return newest;
}

bool has_unread_log_bytes(const VolatileDisk& disk, const std::string& than, Sequence end) {
  Sequence last = 0;
  bool unread = false;
  for (const std::string& path : disk.files()) {
    if (!path.ends_with(".log") || path <= than) continue;
    const Log log = read_log(disk.find_file(path)->content);
    last = std::max(last, log.last_event);
    // A log whose end is torn may be obsolete: the events that stood there are in a table.
    unread = unread || last > end || (log.torn && last == end);
  }
  return unread;
}

}  // namespace bw
