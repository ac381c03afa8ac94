// What libFuzzer calls, and how its bytes are taken apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "journal/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace bw {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Parts, each behind its size: 2 bytes, little-endian. What is too short for its size is the last one.
inline std::vector<std::string_view> parts_of(std::string_view input) {
  std::vector<std::string_view> parts;
  while (input.size() >= 2) {
    const std::size_t size = static_cast<std::uint8_t>(input[0]) | std::size_t{static_cast<std::uint8_t>(input[1])}
                                                                       << 8;
    input.remove_prefix(2);
    parts.push_back(input.substr(0, size));
    input.remove_prefix(parts.back().size());
  }
  return parts;
}

}  // namespace bw
