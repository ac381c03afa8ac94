// One exchange with the Kubernetes API server, as plain values: what the machines ask for and what the client
// answers. No policy and no network here. Values only; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/result.h"

namespace bw {

enum class Method : std::uint8_t { kGet, kPost, kPut, kPatch, kDelete };

struct ApiRequest {
  Method method = Method::kGet;
  std::string target;        // path and query, percent-encoded: "/api/v1/pods?limit=500"
  std::string accept;        // "": application/json
  std::string content_type;  // "": no body
  std::string body;
  std::int64_t timeout_ms = 30'000;  // from the call until the whole answer; for a stream until its status
  bool operator==(const ApiRequest&) const = default;
};

// An answer of the server, whatever its status. The body of an error may be a Status object, plain text, HTML from a
// proxy, or empty.
struct ApiResponse {
  int status = 0;  // HTTP
  std::string body;
  std::optional<std::int64_t> retry_after_s;  // header Retry-After, where it is a number of seconds
  bool operator==(const ApiResponse&) const = default;
};

// An exchange without an answer is an Error. Its code says what became of the request:
//   kUnavailable  it did not reach the server: no connection, or not a byte of it was sent
//   kIo           it may have reached the server and may still be carried out
//   kInvalid      the answer came and cannot be used (too large, not HTTP), or the request cannot be sent at all
inline bool may_have_reached(const Error& error) { return error.code != ErrorCode::kUnavailable; }

}  // namespace bw
