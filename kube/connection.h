// One connection to the API server, plain or TLS, as one type: what reads and writes it is compiled once. For the
// .cpp files of kube/ only. One thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "journal/result.h"
#include "kube/kubeconfig.h"

namespace bw {

class Connection {
 public:
  using tcp = boost::asio::ip::tcp;
  using executor_type = tcp::socket::executor_type;
  using TlsStream = boost::asio::ssl::stream<tcp::socket&>;

  explicit Connection(boost::asio::io_context& io) : socket_(io), resolver_(io) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }

  // What is under way fails; nothing can be sent any more.
  void close();

  // The server has closed an idle connection, or said something unasked.
  bool is_stale();

  // Bytes that were read and not yet used.
  boost::beast::flat_buffer& buffer() { return buffer_; }

  std::chrono::steady_clock::time_point idle_since;

 private:
  friend boost::asio::awaitable<Result<void>> connect(Connection& connection, const ClusterAccess& access);

  tcp::socket socket_;
  tcp::resolver resolver_;
  std::optional<TlsStream> tls_;
  boost::beast::flat_buffer buffer_;
};

// A context that trusts and shows what `access` says; files are read now.
Result<boost::asio::ssl::context> tls_context(const ClusterAccess& access);

// Resolves, connects and, for TLS, verifies the server's certificate and name. Both arguments outlive the call.
boost::asio::awaitable<Result<void>> connect(Connection& connection, const ClusterAccess& access);

}  // namespace bw
