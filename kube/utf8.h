// Cutting text to a length in bytes without cutting a character in two. Pure; safe on any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bw {

inline std::string cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

}  // namespace bw
