#include "journal/record_stream.h"

#include <sstream>

#include "journal/chain.h"

namespace bw {
namespace {

constexpr std::string_view kForm = "bwjournal1";
constexpr std::size_t kPrefix = sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::uint64_t kMostRecordBytes = 64 << 20;
constexpr std::size_t kMostHeadBytes = 512;

void append_number(std::uint64_t number, std::size_t bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
}

std::uint64_t number_at(std::string_view text) {
  std::uint64_t number = 0;
  for (std::size_t i = text.size(); i-- > 0;) number = number << 8 | static_cast<unsigned char>(text[i]);
  return number;
}

}  // namespace

std::string record_stream_head(const JournalBounds& bounds) {
  return std::string(kForm) + " " + std::to_string(bounds.first) + " " + to_hex(bounds.previous_hash) + " " +
         std::to_string(bounds.head.sequence) + " " + to_hex(bounds.head.hash) + "\n";
}

void append_record(Sequence sequence, std::string_view bytes, std::string& out) {
  append_number(sequence, sizeof(std::uint64_t), out);
  append_number(bytes.size(), sizeof(std::uint32_t), out);
  out += bytes;
}

Result<bool> RecordStreamParser::read_head(JournalBounds& bounds) {
  const std::size_t end = buffer_.find('\n');
  if (end == std::string::npos && buffer_.size() < kMostHeadBytes) return false;
  const Error other{ErrorCode::kUnsupported, "what was answered is no journal in the form that this program reads"};
  if (end == std::string::npos) return other;
  std::istringstream line(buffer_.substr(0, end));
  std::string form, previous, hash;
  line >> form >> bounds.first >> previous >> bounds.head.sequence >> hash;
  const Result<Sha256> previous_hash = sha256_from_hex(previous);
  const Result<Sha256> head_hash = sha256_from_hex(hash);
  if (!line || form != kForm || !previous_hash || !head_hash) return other;
  bounds.previous_hash = *previous_hash;
  bounds.head.hash = *head_hash;
  at_ = end + 1;
  return true;
}

Result<bool> RecordStreamParser::next(Sequence& sequence, std::string_view& bytes) {
  constexpr std::size_t kWorthMoving = 1 << 20;
  if (at_ > kWorthMoving) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < kPrefix) return false;
  const std::uint64_t size = number_at(rest.substr(sizeof(std::uint64_t), sizeof(std::uint32_t)));
  if (size > kMostRecordBytes) return Error{ErrorCode::kInvalid, "a record of the stream is larger than any can be"};
  if (rest.size() < kPrefix + size) return false;
  sequence = number_at(rest.substr(0, sizeof(std::uint64_t)));
  bytes = rest.substr(kPrefix, size);
  at_ += kPrefix + size;
  return true;
}

}  // namespace bw
