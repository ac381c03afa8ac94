// Plain HTTP from a server on 127.0.0.1, each request on a connection of its own, as a probe does. It shares no code
// with the client of kube/, so that a test does not trust what it tests. Safe on any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "journal/result.h"

namespace bw {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// kUnavailable when nobody listens, or when the answer is not complete within `timeout`. `headers` are complete
// lines, each with its CR LF.
Result<HttpAnswer> get_local(std::uint16_t port, const std::string& path, const std::string& headers = "",
                             std::chrono::milliseconds timeout = std::chrono::seconds(5));

// Any method, with a body where it is not "". Headers are as for get_local().
Result<HttpAnswer> send_local(std::uint16_t port, const std::string& method, const std::string& path,
                              const std::string& headers, const std::string& body,
                              std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace bw
