// A TCP or TLS connection as bytes with deadlines. Its coroutines wait for one thing only, changed(): every read and
// write ends there, and so do every deadline, stop() and what the owner calls notify() for. One coroutine at a time.
// Thread: that of the server. Private to the server's sources.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace bw {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Clock = std::chrono::steady_clock;

  // `tls` is null for plain HTTP.
  HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls);

  // Nothing to do, and true, without TLS.
  boost::asio::awaitable<bool> handshake(Clock::time_point deadline);

  // Received bytes. Not to be touched between read_ahead() and fill().
  boost::beast::flat_buffer& input() { return input_; }

  // Adds to input(); false if nothing came, be it for the deadline or because the client has gone(). `idle`: nobody
  // would miss these bytes, so stop() ends the wait.
  boost::asio::awaitable<bool> fill(Clock::time_point deadline, bool idle);

  // Starts to read where input() is empty, so that gone() becomes true while we work for a client that left. Not
  // behind a pipelined request, whose bytes would move under the read.
  void read_ahead();

  // False if the client did not take all of it in time; the connection is closed then.
  boost::asio::awaitable<bool> send(std::string head, std::string body, Clock::time_point deadline);

  // Closes in good order, for which the client has a second. `unread`: it may still be sending.
  boost::asio::awaitable<void> hang_up(bool unread);

  boost::asio::awaitable<void> changed(Clock::time_point deadline);
  void notify() { signal_.cancel(); }

  void stop();   // asks the owner to end; see stopping()
  void close();  // at once

  bool stopping() const { return stopping_; }
  bool broken() const { return broken_; }                // nothing can be sent or received
  bool gone() const { return broken_ || peer_closed_; }  // the client sends nothing more; it may still read
  const std::string& peer() const { return peer_; }
  bool from_loopback() const { return from_loopback_; }

 private:
  void start_read();
  void wrote(const boost::system::error_code& ec);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::steady_timer signal_;
  boost::beast::flat_buffer input_;  // belongs to the read while reading_
  std::string out_head_, out_body_;  // belong to the write while writing_
  std::string peer_;
  bool from_loopback_ = false;
  bool reading_ = false;
  bool writing_ = false;  // also a TLS handshake or farewell
  bool peer_closed_ = false;
  bool broken_ = false;
  bool stopping_ = false;
};

}  // namespace bw
