#include "request_text.h"

#include <algorithm>

namespace bw {
namespace {

bool is_one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

}  // namespace

std::string_view method_name(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
  }
  check(false, "every method has a name");
  return {};
}

bool is_sendable(const ApiRequest& request, std::string_view token) {
  return request.target.starts_with('/') && is_one_word(request.target) && is_one_word(request.accept) &&
         is_one_word(request.content_type) && is_one_word(token);
}

std::string request_text(const ApiRequest& request, const ClusterAccess& access, std::string_view user_agent,
                         std::string_view token) {
  const bool bracketed = access.host.find(':') != std::string::npos;
  std::string text(method_name(request.method));
  text.append(" ").append(access.base_path).append(request.target).append(" HTTP/1.1\r\nHost: ");
  text.append(bracketed ? "[" + access.host + "]" : access.host).append(":").append(access.port);
  text.append("\r\nUser-Agent: ").append(user_agent);
  text.append("\r\nAccept: ").append(request.accept.empty() ? "application/json" : request.accept);
  if (!token.empty()) text.append("\r\nAuthorization: Bearer ").append(token);
  if (!request.content_type.empty()) text.append("\r\nContent-Type: ").append(request.content_type);
  if (request.method != Method::kGet) text.append("\r\nContent-Length: ").append(std::to_string(request.body.size()));
  return text.append("\r\n\r\n").append(request.method == Method::kGet ? std::string() : request.body);
}

}  // namespace bw
