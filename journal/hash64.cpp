#include "journal/hash64.h"

#include <bit>

namespace bw {
namespace {

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5;

constexpr std::uint64_t little_endian(std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

constexpr std::uint32_t little_endian(std::uint32_t value) {
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap32(value);
  return value;
}

template <class Word>
Word read(const unsigned char* at) {
  Word value;
  std::memcpy(&value, at, sizeof(value));
  return little_endian(value);
}

constexpr std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * kPrime2, 31) * kPrime1;
}

constexpr std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) {
  return (hash ^ round(0, lane)) * kPrime1 + kPrime4;
}

// Consumes stripes of 32 bytes and leaves `at` behind the last of them.
std::uint64_t hash_stripes(const unsigned char*& at, const unsigned char* end, std::uint64_t seed) {
  std::uint64_t lane1 = seed + kPrime1 + kPrime2;
  std::uint64_t lane2 = seed + kPrime2;
  std::uint64_t lane3 = seed;
  std::uint64_t lane4 = seed - kPrime1;
  for (; end - at >= 32; at += 32) {
    lane1 = round(lane1, read<std::uint64_t>(at));
    lane2 = round(lane2, read<std::uint64_t>(at + 8));
    lane3 = round(lane3, read<std::uint64_t>(at + 16));
    lane4 = round(lane4, read<std::uint64_t>(at + 24));
  }
  std::uint64_t hash = std::rotl(lane1, 1) + std::rotl(lane2, 7) + std::rotl(lane3, 12) + std::rotl(lane4, 18);
  hash = merge(hash, lane1);
  hash = merge(hash, lane2);
  hash = merge(hash, lane3);
  return merge(hash, lane4);
}

}  // namespace

std::uint64_t hash64(const void* data, std::size_t size, std::uint64_t seed) {
  const auto* at = static_cast<const unsigned char*>(data);
  const unsigned char* const end = at + size;
  std::uint64_t hash = size >= 32 ? hash_stripes(at, end, seed) : seed + kPrime5;
  hash += size;

  for (; end - at >= 8; at += 8) {
    hash = std::rotl(hash ^ round(0, read<std::uint64_t>(at)), 27) * kPrime1 + kPrime4;
  }
  if (end - at >= 4) {
    hash = std::rotl(hash ^ (read<std::uint32_t>(at) * kPrime1), 23) * kPrime2 + kPrime3;
    at += 4;
  }
  for (; at != end; ++at) hash = std::rotl(hash ^ (*at * kPrime5), 11) * kPrime1;

  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

unsigned char* FieldHasher::overflow(std::size_t more) {
  const std::size_t old_size = size_;
  size_ += more;
  if (overflow_.empty()) overflow_.assign(inline_, inline_ + old_size);
  overflow_.resize(size_);
  return overflow_.data() + old_size;
}

}  // namespace bw
