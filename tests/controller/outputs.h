// Reading a step's outputs in tests. Values only; safe on any thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "controller/messages.h"

namespace bw {

template <class What>
std::vector<What> all(const Outputs& outputs) {
  std::vector<What> found;
  for (const Output& output : outputs) {
    if (const auto* what = std::get_if<What>(&output)) found.push_back(*what);
  }
  return found;
}

// "POST /api/v1/..." of each request that is sent.
inline std::vector<std::string> sent(const Outputs& outputs) {
  std::vector<std::string> lines;
  for (const SendRequest& send : all<SendRequest>(outputs)) {
    constexpr const char* kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    lines.push_back(std::string(kMethods[static_cast<std::size_t>(send.what.method)]) + " " + send.what.target);
  }
  return lines;
}

inline Result<ApiResponse> reply(int status, std::string body = "", std::optional<std::int64_t> retry_after_s = {}) {
  return ApiResponse{status, std::move(body), retry_after_s};
}
inline Result<ApiResponse> broke() { return Error{ErrorCode::kIo, "the connection broke"}; }
inline Result<ApiResponse> never_left() { return Error{ErrorCode::kUnavailable, "no connection"}; }

constexpr std::int64_t seconds(std::int64_t count) { return count * kNanosecondsPerSecond; }

}  // namespace bw
