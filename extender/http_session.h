// HTTP on one connection: reads a request, gives it to the handler, sends the reply, and again.
// Thread: that of the server. Private to the server's sources.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "extender/http.h"
#include "extender/http_server.h"
#include "http_connection.h"

namespace bw {

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  // `handler` and `options` are not used after close(), nor after run().
  HttpSession(std::shared_ptr<HttpConnection> connection, HttpHandler& handler, const HttpServerOptions& options);

  // Until the connection is closed. The caller keeps the session alive.
  boost::asio::awaitable<void> run();

  // Ends run() after the reply in flight; at once if there is none.
  void stop() { connection_->stop(); }

  // Ends run() at once.
  void close() { connection_->close(); }

 private:
  class Replier;
  struct Incoming;
  using Clock = HttpConnection::Clock;

  boost::asio::awaitable<Incoming> read_request();
  void begin_turn();
  void deliver(HttpRequest request);
  boost::asio::awaitable<bool> send_answer();
  boost::asio::awaitable<bool> send_stream(std::string head, std::string first);
  boost::asio::awaitable<bool> send_chunk(std::string bytes);
  boost::asio::awaitable<bool> send(std::string head, std::string body);
  std::string head_of(const HttpReply& reply, std::optional<std::size_t> length) const;

  const std::shared_ptr<HttpConnection> connection_;
  HttpHandler& handler_;
  const HttpServerOptions& options_;

  // The request in hand.
  std::uint64_t turn_ = 0;  // its number; repliers of earlier turns are not heard
  bool head_only_ = false;
  bool keep_alive_ = true;
  bool chunked_ = true;  // HTTP/1.1; a stream to an HTTP/1.0 client ends with its connection

  // What its replier said: a reply; or the head of a stream, then pieces, then the end.
  std::optional<HttpReply> reply_;
  bool streaming_ = false;
  std::optional<std::string> piece_;
  std::function<void()> piece_taken_;
  bool finished_ = false;
};

}  // namespace bw
