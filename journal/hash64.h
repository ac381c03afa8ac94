// XXH64 (Yann Collet, xxHash specification): the one hash of the pure core, for digests, ties and draws. Written
// here because its values are part of the journal: they must not change with a library or a machine. The
// specification's test vectors are in tests/journal/hash64_test.cpp. Values only; safe on any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace bw {

// Hash of `size` bytes at `data`.
std::uint64_t hash64(const void* data, std::size_t size, std::uint64_t seed);

inline std::uint64_t hash64(std::string_view text, std::uint64_t seed) {
  return hash64(text.data(), text.size(), seed);
}

// Collects fields as little-endian bytes, each string with its length before it, and hashes them as one. Use one
// per entity; fields in a fixed order.
class FieldHasher {
 public:
  explicit FieldHasher(std::uint64_t seed) : seed_(seed) {}

  FieldHasher& add(std::uint64_t value) {
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    std::memcpy(grow(sizeof(value)), &value, sizeof(value));
    return *this;
  }
  FieldHasher& add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    if (!text.empty()) std::memcpy(grow(text.size()), text.data(), text.size());
    return *this;
  }
  std::uint64_t finish() const { return hash64(size_ <= sizeof(inline_) ? inline_ : overflow_.data(), size_, seed_); }

 private:
  std::uint64_t seed_;
  std::size_t size_ = 0;
  unsigned char inline_[512];
  std::vector<unsigned char> overflow_;  // takes over, from its first byte on, once inline_ is full

  // Inline, with what is behind it not: a digest adds thirty fields for each entity that an event touches.
  unsigned char* grow(std::size_t more) {
    if (size_ + more > sizeof(inline_)) [[unlikely]]
      return overflow(more);
    unsigned char* const at = inline_ + size_;
    size_ += more;
    return at;
  }
  unsigned char* overflow(std::size_t more);
};

}  // namespace bw
