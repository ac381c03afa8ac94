#include "extender/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <set>
#include <utility>

#include "http_session.h"
#include "tls_context.h"

namespace bw {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What the coroutines share. It outlives the server while they end.
class HttpServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, HttpHandler& handler, HttpServerOptions options)
      : io_(io), acceptor_(io), room_(io), grace_(io), handler_(handler), options_(std::move(options)) {
    if (!options_.report) options_.report = [](const std::string&) {};
  }

  Result<void> open();
  asio::awaitable<void> accept_all();
  void stop(std::chrono::milliseconds grace, std::function<void()> done);
  void close();

  std::uint16_t port() const { return options_.listen.port; }
  std::size_t connections() const { return sessions_.size(); }

 private:
  void begin(tcp::socket socket);
  void ended(const std::shared_ptr<HttpSession>& session, const std::exception_ptr& failure);

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer room_;  // cancelled when a connection ends
  asio::steady_timer grace_;
  HttpHandler& handler_;
  HttpServerOptions options_;
  std::optional<TlsContext> tls_;
  std::set<std::shared_ptr<HttpSession>> sessions_;
  bool stopping_ = false;
  std::function<void()> stopped_;
};

Result<void> HttpServer::Listener::open() {
  if (options_.tls) {
    Result<TlsContext> tls = TlsContext::load(*options_.tls);
    if (!tls) return tls.error();
    tls_ = std::move(*tls);
  }
  const auto fail = [&](const error_code& ec) {
    return Error{ErrorCode::kIo, "cannot listen on " + to_text(options_.listen) + ": " + ec.message()};
  };
  error_code ec;
  const auto ip = asio::ip::make_address(options_.listen.ip, ec);
  if (ec) return fail(ec);
  const tcp::endpoint endpoint(ip, options_.listen.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return fail(ec);
  options_.listen.port = acceptor_.local_endpoint(ec).port();
  return {};
}

asio::awaitable<void> HttpServer::Listener::accept_all() {
  const auto self = shared_from_this();
  error_code ec;
  bool failing = false;
  while (!stopping_) {
    if (sessions_.size() >= options_.limits.connections) {
      room_.expires_at(asio::steady_timer::time_point::max());
      co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      continue;
    }
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (stopping_) break;
    if (!ec) {
      failing = false;
      begin(std::move(socket));
      continue;
    }
    // Usually no file descriptor is left. The connection stays in the backlog, so trying at once would spin.
    if (!failing) options_.report("cannot accept a connection, will go on trying: " + ec.message());
    failing = true;
    room_.expires_after(std::chrono::milliseconds(100));
    co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
}

void HttpServer::Listener::begin(tcp::socket socket) {
  auto context = tls_ ? tls_->current(options_.report) : nullptr;
  auto connection = std::make_shared<HttpConnection>(std::move(socket), std::move(context));
  const auto session = std::make_shared<HttpSession>(std::move(connection), handler_, options_);
  sessions_.insert(session);
  asio::co_spawn(io_, session->run(), [self = shared_from_this(), session](const std::exception_ptr& failure) {
    self->ended(session, failure);
  });
}

void HttpServer::Listener::ended(const std::shared_ptr<HttpSession>& session, const std::exception_ptr& failure) {
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      options_.report(std::string("a connection ended with an error: ") + error.what());
    }
    session->close();
  }
  sessions_.erase(session);
  room_.cancel();
  if (stopping_ && sessions_.empty()) {
    grace_.cancel();
    if (stopped_) std::exchange(stopped_, nullptr)();
  }
}

void HttpServer::Listener::stop(std::chrono::milliseconds grace, std::function<void()> done) {
  check(!stopping_, "an HTTP server was stopped twice");
  stopping_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  room_.cancel();
  if (sessions_.empty()) {
    asio::post(io_, std::move(done));
    return;
  }
  stopped_ = std::move(done);
  for (const auto& session : sessions_) session->stop();
  grace_.expires_after(grace);
  grace_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec) self->close();
  });
}

void HttpServer::Listener::close() {
  stopping_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  room_.cancel();
  for (const auto& session : sessions_) session->close();
}

HttpServer::HttpServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}

HttpServer::~HttpServer() { listener_->close(); }

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& io, HttpHandler& handler,
                                                       HttpServerOptions options) {
  auto listener = std::make_shared<Listener>(io, handler, std::move(options));
  if (const Result<void> opened = listener->open(); !opened) return opened.error();
  asio::co_spawn(io, listener->accept_all(), [listener](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);  // out of io_context::run(): without this loop we serve nobody
  });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

std::uint16_t HttpServer::port() const { return listener_->port(); }

std::size_t HttpServer::connections() const { return listener_->connections(); }

void HttpServer::stop(std::chrono::milliseconds grace, std::function<void()> done) {
  listener_->stop(grace, std::move(done));
}

}  // namespace bw
