// XXH64 (Yann Collet, xxHash specification): the one hash of the pure core, for digests, ties and draws. Written
// here because its values are part of the journal: they must not change with a library or a machine. The
// specification's test vectors are in tests/journal/hash64_test.cpp. Values only; safe on any thread.
#pragma once

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

  FieldHasher& add(std::uint64_t value);
  FieldHasher& add(std::string_view text);
  std::uint64_t finish() const;

 private:
  std::uint64_t seed_;
  std::size_t size_ = 0;
  unsigned char inline_[512];
  std::vector<unsigned char> overflow_;  // takes over, from its first byte on, once inline_ is full

  unsigned char* grow(std::size_t more);
};

}  // namespace bw
