// A server on a thread of its own and a blocking client of bare bytes, for tests of HTTP over real sockets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "extender/http_server.h"
#include "tests/support/test_certificates.h"

namespace bw::test {

// Runs `handle` on the server's thread; what it reports is kept.
class TestServer final : public HttpHandler {
 public:
  using Handle = std::function<void(HttpRequest, std::shared_ptr<HttpReplier>)>;

  explicit TestServer(Handle handle, HttpServerOptions options = {});
  ~TestServer() override;

  void handle(HttpRequest request, std::shared_ptr<HttpReplier> replier) override;

  // On the server's thread; waits for it.
  void run(std::function<void()> work);

  // Ends the server, then waits until it says so.
  void stop(std::chrono::milliseconds grace);
  void destroy();

  std::uint16_t port() const { return port_; }
  std::size_t connections();
  std::vector<std::string> reports();

 private:
  boost::asio::io_context io_{1};
  Handle handle_;
  std::mutex mutex_;
  std::vector<std::string> reports_;  // guarded by mutex_
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

using Replier = std::shared_ptr<HttpReplier>;

// Answers at once with what it was asked.
void echo(HttpRequest request, const Replier& replier);

// Keeps the replier of a request for /wait until the test takes it; echoes others.
class Waiting {
 public:
  void operator()(HttpRequest request, Replier replier);
  Replier take();

 private:
  std::mutex mutex_;
  Replier replier_;  // guarded by mutex_
};

// Whether it becomes true within 5 s.
bool eventually(const std::function<bool()>& condition);

std::string request_text(const std::string& body);

struct TestReply {
  int status = 0;    // 0: the connection ended
  std::string head;  // status line and fields, with the empty line
  std::string body;
};

struct TlsClientOptions {
  std::string trusted;  // PEM
  std::optional<TestCertificate> identity;
};

// Each wait ends after 10 s at the latest, as if the connection had ended.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port);
  TestClient(std::uint16_t port, const TlsClientOptions& tls);

  // Whether TCP, and TLS where asked for, came about.
  bool connected() const { return connected_; }

  bool send(const std::string& bytes);
  TestReply receive(bool head_only = false);
  std::string receive_until_end();
  std::string receive_up_to(std::string_view end);  // "": it ended before
  std::string receive_some();                       // "": the end
  TestReply get(const std::string& path);
  TestReply post(const std::string& path, const std::string& body);

  void send_no_more();
  void close();
  void reset();  // the abrupt way

  std::string server_name() const;  // CN of the server's certificate

 private:
  std::size_t read(void* data, std::size_t size, boost::system::error_code& ec);

  boost::asio::io_context io_{1};
  boost::asio::ssl::context tls_context_{boost::asio::ssl::context::tls_client};
  boost::asio::ip::tcp::socket socket_{io_};
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::string received_;
  bool connected_ = false;
};

}  // namespace bw::test
