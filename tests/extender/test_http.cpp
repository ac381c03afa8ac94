#include "test_http.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdlib>

namespace bw::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

TestServer::TestServer(Handle handle, HttpServerOptions options) : handle_(std::move(handle)) {
  options.report = [this](const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(sentence);
  };
  Result<std::unique_ptr<HttpServer>> server = HttpServer::listen(io_, *this, std::move(options));
  check(server.has_value(), server ? "" : server.error().message);
  server_ = std::move(*server);
  port_ = server_->port();
  thread_ = std::thread([this] {
    const auto guard = asio::make_work_guard(io_);
    io_.run();
  });
}

TestServer::~TestServer() {
  io_.stop();
  thread_.join();
}

void TestServer::handle(HttpRequest request, std::shared_ptr<HttpReplier> replier) {
  handle_(std::move(request), std::move(replier));
}

void TestServer::run(std::function<void()> work) {
  std::promise<void> done;
  asio::post(io_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void TestServer::stop(std::chrono::milliseconds grace) {
  std::promise<void> done;
  asio::post(io_, [&] { server_->stop(grace, [&] { done.set_value(); }); });
  done.get_future().wait();
}

void TestServer::destroy() {
  run([this] { server_.reset(); });
}

std::size_t TestServer::connections() {
  std::size_t count = 0;
  run([&] { count = server_->connections(); });
  return count;
}

std::vector<std::string> TestServer::reports() {
  const std::lock_guard lock(mutex_);
  return reports_;
}

void echo(HttpRequest request, const Replier& replier) {
  replier->reply({200, "text/plain", request.method + " " + request.path + " " + request.body, {}});
}

void Waiting::operator()(HttpRequest request, Replier replier) {
  if (request.path != "/wait") return echo(std::move(request), replier);
  const std::lock_guard lock(mutex_);
  replier_ = std::move(replier);
}

Replier Waiting::take() {
  Replier taken;
  eventually([&] {
    const std::lock_guard lock(mutex_);
    taken = std::move(replier_);
    return taken != nullptr;
  });
  check(taken != nullptr, "a request for /wait arrives");
  return taken;
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

std::string request_text(const std::string& body) {
  return "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TestClient::TestClient(std::uint16_t port) {
  error_code ec;
  socket_.connect({asio::ip::address_v4::loopback(), port}, ec);
  connected_ = !ec;
  const timeval patience{10, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connected_) socket_.set_option(tcp::no_delay(true));
}

TestClient::TestClient(std::uint16_t port, const TlsClientOptions& tls) : TestClient(port) {
  tls_context_.set_verify_mode(asio::ssl::verify_peer);
  tls_context_.add_certificate_authority(asio::buffer(tls.trusted));
  if (tls.identity) {
    tls_context_.use_certificate_chain(asio::buffer(tls.identity->certificate_pem));
    tls_context_.use_private_key(asio::buffer(tls.identity->key_pem), asio::ssl::context::pem);
  }
  tls_.emplace(socket_, tls_context_);
  error_code ec;
  tls_->handshake(asio::ssl::stream_base::client, ec);
  connected_ = connected_ && !ec;
}

bool TestClient::send(const std::string& bytes) {
  error_code ec;
  if (tls_) {
    asio::write(*tls_, asio::buffer(bytes), ec);
  } else {
    asio::write(socket_, asio::buffer(bytes), ec);
  }
  return !ec;
}

// SO_RCVTIMEO shows as EAGAIN, on which Asio's own blocking read would wait for ever; TLS is given its patience by
// the server's deadlines.
std::size_t TestClient::read(void* data, std::size_t size, error_code& ec) {
  if (tls_) return tls_->read_some(asio::buffer(data, size), ec);
  const ssize_t count = ::recv(socket_.native_handle(), data, size, 0);
  if (count > 0) return static_cast<std::size_t>(count);
  ec = count == 0 ? error_code(asio::error::eof) : error_code(errno, boost::system::system_category());
  return 0;
}

std::string TestClient::receive_some() {
  std::array<char, 65536> bytes;
  error_code ec;
  return {bytes.data(), read(bytes.data(), bytes.size(), ec)};
}

std::string TestClient::receive_up_to(std::string_view end) {
  std::size_t at, searched = 0;
  while ((at = received_.find(end, searched)) == std::string::npos) {
    searched = received_.size() - std::min(received_.size(), end.size());
    const std::string bytes = receive_some();
    if (bytes.empty()) return "";
    received_ += bytes;
  }
  std::string bytes = received_.substr(0, at + end.size());
  received_.erase(0, bytes.size());
  return bytes;
}

TestReply TestClient::receive(bool head_only) {
  TestReply reply;
  reply.head = receive_up_to("\r\n\r\n");
  if (reply.head.empty()) return {};
  std::size_t length = 0;
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  if (const std::size_t at = reply.head.find(kLength); at != std::string::npos && !head_only) {
    length = std::strtoul(reply.head.c_str() + at + kLength.size(), nullptr, 10);
  }
  while (received_.size() < length) {
    const std::string bytes = receive_some();
    if (bytes.empty()) return {};
    received_ += bytes;
  }
  reply.body = received_.substr(0, length);
  received_.erase(0, length);
  reply.status = std::atoi(reply.head.c_str() + sizeof "HTTP/1.1");
  return reply;
}

std::string TestClient::receive_until_end() {
  for (std::string bytes = receive_some(); !bytes.empty(); bytes = receive_some()) received_ += bytes;
  return std::exchange(received_, "");
}

TestReply TestClient::get(const std::string& path) {
  send("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n");
  return receive();
}

TestReply TestClient::post(const std::string& path, const std::string& body) {
  send("POST " + path + " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: " +
       std::to_string(body.size()) + "\r\n\r\n" + body);
  return receive();
}

void TestClient::send_no_more() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void TestClient::close() {
  error_code ignored;
  socket_.close(ignored);
}

void TestClient::reset() {
  socket_.set_option(asio::socket_base::linger(true, 0));
  close();
}

std::string TestClient::server_name() const {
  X509* const certificate = SSL_get1_peer_certificate(const_cast<TestClient*>(this)->tls_->native_handle());
  if (certificate == nullptr) return "";
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
  X509_free(certificate);
  return name.data();
}

}  // namespace bw::test
