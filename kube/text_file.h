// Small files as text, for the .cpp files of kube/ only. Safe on any thread.
#pragma once

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "journal/result.h"

namespace bw {

inline Result<std::string> read_text_file(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  bool read = file != nullptr;
  int cause = errno;
  std::array<char, 4096> buffer;
  while (read) {
    const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file);
    cause = errno;
    read = std::ferror(file) == 0;
    text.append(buffer.data(), size);
    if (size == 0) break;
  }
  if (file != nullptr) std::fclose(file);
  if (!read) return Error{ErrorCode::kIo, path + " cannot be read: " + std::strerror(cause)};
  return text;
}

inline std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin));
}

}  // namespace bw
