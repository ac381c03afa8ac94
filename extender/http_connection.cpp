#include "http_connection.h"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "extender/listen_address.h"

namespace bw {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kSmallBody = 16 * 1024;  // travels in one buffer with the head: one packet, one TLS record
constexpr std::chrono::milliseconds kFarewell{1'000};

bool is_loopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

}  // namespace

HttpConnection::HttpConnection(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
    : socket_(std::move(socket)), tls_context_(std::move(tls)), signal_(socket_.get_executor()) {
  error_code ignored;  // a client that has gone already shows at the first read
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(tcp::socket::keep_alive(true), ignored);
  const tcp::endpoint peer = socket_.remote_endpoint(ignored);
  from_loopback_ = is_loopback(peer.address());
  peer_ = to_text(ListenAddress{peer.address().to_string(), peer.port(), from_loopback_});
  if (tls_context_) tls_.emplace(socket_, *tls_context_);
}

asio::awaitable<bool> HttpConnection::handshake(Clock::time_point deadline) {
  if (!tls_) co_return true;
  writing_ = true;
  tls_->async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this()](error_code ec) { self->wrote(ec); });
  while (writing_ && !broken_ && Clock::now() < deadline) co_await changed(deadline);
  co_return !writing_ && !broken_;
}

asio::awaitable<bool> HttpConnection::fill(Clock::time_point deadline, bool idle) {
  if (!reading_ && !gone()) start_read();
  while (reading_ && !broken_ && !(idle && stopping_) && Clock::now() < deadline) co_await changed(deadline);
  co_return !reading_ && !gone();
}

void HttpConnection::read_ahead() {
  if (!reading_ && !gone() && input_.size() == 0) start_read();
}

void HttpConnection::start_read() {
  reading_ = true;
  const asio::mutable_buffer space = input_.prepare(kReadBytes);
  auto done = [self = shared_from_this()](error_code ec, std::size_t bytes) {
    self->reading_ = false;
    self->input_.commit(bytes);
    if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
      self->peer_closed_ = true;
    } else if (ec) {
      self->broken_ = true;
    }
    self->notify();
  };
  if (tls_) {
    tls_->async_read_some(space, std::move(done));
  } else {
    socket_.async_read_some(space, std::move(done));
  }
}

asio::awaitable<bool> HttpConnection::send(std::string head, std::string body, Clock::time_point deadline) {
  if (broken_) co_return false;
  out_head_ = std::move(head);
  out_body_ = std::move(body);
  if (out_body_.size() <= kSmallBody) {
    out_head_ += out_body_;
    out_body_.clear();
  }
  writing_ = true;
  const std::array<asio::const_buffer, 2> out{asio::buffer(out_head_), asio::buffer(out_body_)};
  auto done = [self = shared_from_this()](error_code ec, std::size_t) { self->wrote(ec); };
  if (tls_) {
    asio::async_write(*tls_, out, std::move(done));
  } else {
    asio::async_write(socket_, out, std::move(done));
  }
  while (writing_ && !broken_ && Clock::now() < deadline) co_await changed(deadline);
  if (writing_) close();
  co_return !broken_;
}

void HttpConnection::wrote(const error_code& ec) {
  writing_ = false;
  if (ec) broken_ = true;
  notify();
}

asio::awaitable<void> HttpConnection::hang_up(bool unread) {
  const auto deadline = Clock::now() + kFarewell;
  error_code ignored;
  if (!tls_) socket_.shutdown(tcp::socket::shutdown_send, ignored);
  // To close with bytes unread resets the connection, and the client may lose the reply that it was sent.
  while ((!tls_ || unread) && Clock::now() < deadline) {
    if (!reading_) input_.clear();
    if (!co_await fill(deadline, false)) break;
  }
  if (tls_ && !broken_) {
    writing_ = true;
    tls_->async_shutdown([self = shared_from_this()](error_code ec) { self->wrote(ec); });
    while (writing_ && !gone() && Clock::now() < deadline) co_await changed(deadline);
  }
  close();
}

asio::awaitable<void> HttpConnection::changed(Clock::time_point deadline) {
  signal_.expires_at(deadline);
  error_code woken;
  co_await signal_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

void HttpConnection::stop() {
  stopping_ = true;
  notify();
}

void HttpConnection::close() {
  broken_ = true;
  error_code ignored;
  socket_.close(ignored);
  notify();
}

}  // namespace bw
