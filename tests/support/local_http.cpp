#include "tests/support/local_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bw {
namespace {

struct Socket {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(descriptor); }
};

// HTTP/1.0 with `Connection: close`: the answer ends where the connection does, so nothing has to be decoded.
Result<HttpAnswer> parse_answer(const std::string& text) {
  const std::size_t end_of_headers = text.find("\r\n\r\n");
  if (text.rfind("HTTP/1.", 0) != 0 || end_of_headers == std::string::npos) {
    return Error{ErrorCode::kUnavailable, "the answer is not complete: " + std::to_string(text.size()) + " bytes"};
  }
  return HttpAnswer{.status = std::atoi(text.c_str() + std::strlen("HTTP/1.1 ")),
                    .body = text.substr(end_of_headers + 4)};
}

}  // namespace

Result<HttpAnswer> get_local(std::uint16_t port, const std::string& path, const std::string& headers,
                             std::chrono::milliseconds timeout) {
  return send_local(port, "GET", path, headers, "", timeout);
}

Result<HttpAnswer> send_local(std::uint16_t port, const std::string& method, const std::string& path,
                              const std::string& headers, const std::string& body, std::chrono::milliseconds timeout) {
  const std::string where = method + " http://127.0.0.1:" + std::to_string(port) + path;
  const Socket connection;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Error{ErrorCode::kUnavailable, where + ": " + std::strerror(errno)};
  }
  std::string request = method + " " + path + " HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + headers;
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n" + body;
  // A server that refuses a large body answers, and closes, before it has read all of it.
  const std::size_t least = request.size() - body.size();
  if (send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL) < static_cast<ssize_t>(least)) {
    return Error{ErrorCode::kUnavailable, where + ": the request cannot be sent"};
  }

  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::string text;
  char buffer[65536];
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{.fd = connection.descriptor, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
      return Error{ErrorCode::kUnavailable, where + ": no complete answer in time"};
    }
    const ssize_t count = recv(connection.descriptor, buffer, sizeof buffer, 0);
    if (count < 0) return Error{ErrorCode::kUnavailable, where + ": " + std::strerror(errno)};
    if (count == 0) return parse_answer(text);
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace bw
