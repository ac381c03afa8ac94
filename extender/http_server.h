// An HTTP/1.1 server, plain or TLS, that knows no policy: it reads requests, gives them to one handler, and sends what
// the handler replies. One request at a time per connection, many connections, keep-alive.
//
//   - A client that misbehaves costs its own connection only: malformed, 400; header too large, 431; body too large,
//     413; too slow, 408. So does a handler that throws (500).
//   - Replies carry Content-Length and exactly the bytes of the body, so that Go's client keeps the connection.
//   - Certificate files are read again when they change; connections that are open keep what they have.
//
// Thread: that which runs the io_context, one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "extender/http.h"
#include "extender/listen_address.h"
#include "journal/result.h"

namespace boost::asio {
class io_context;
}

namespace bw {

struct HttpLimits {
  std::size_t header_bytes = 32 * 1024;
  std::size_t body_bytes = 8 * 1024 * 1024;
  std::size_t connections = 250;  // more wait in the backlog; the process needs file descriptors for its journal
  std::chrono::milliseconds idle{150'000};    // between requests; above the 90 s after which Go gives a connection up
  std::chrono::milliseconds request{30'000};  // from the first byte of a request to the last; also a TLS handshake
  std::chrono::milliseconds write{30'000};    // for a reply, or one piece of a stream, to be taken by the socket
};

// PEM files.
struct TlsFiles {
  std::string certificate;  // with its chain
  std::string key;
  std::string client_ca;  // clients must show a certificate that one of these signed; "": they need none
};

struct HttpServerOptions {
  ListenAddress listen;
  std::optional<TlsFiles> tls;
  HttpLimits limits;
  std::function<void(const std::string& sentence)> report;  // what an operator should know
};

class HttpServer {
 public:
  // Listens on return, and serves when `io` runs. `handler` must outlive the server, `io` both.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& io, HttpHandler& handler,
                                                    HttpServerOptions options);

  // Closes what is open; the handler is not called again.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // That which it is bound to, also where the options said 0.
  std::uint16_t port() const;

  std::size_t connections() const;

  // Stops listening, closes idle connections, lets requests in flight be answered for at most `grace`, closes the rest
  // and calls `done`. Once.
  void stop(std::chrono::milliseconds grace, std::function<void()> done);

 private:
  class Listener;
  explicit HttpServer(std::shared_ptr<Listener> listener);

  std::shared_ptr<Listener> listener_;  // shared with its coroutines
};

}  // namespace bw
