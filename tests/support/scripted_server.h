// An HTTP server on 127.0.0.1 for tests that need it to misbehave: a script says for each connection, byte by byte,
// what the client gets and when. Plain sockets, so that it shares no code with what it tests.
//
// The script runs on a thread of its own per connection; the server's methods may be called on any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bw {

struct ScriptedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One connection, seen from the server. One thread at a time.
class ScriptedPeer {
 public:
  virtual ~ScriptedPeer() = default;

  // The next request, or nothing once the client has closed.
  std::optional<ScriptedRequest> read();

  // True when all was written.
  bool write(std::string_view bytes);

  // A whole answer with its length. `headers` are complete lines.
  bool answer(int status, std::string_view body, std::string_view headers = "");

  // The head of an answer in chunks, then parts of it, then its end.
  bool begin_chunks(int status = 200);
  bool chunk(std::string_view bytes);
  bool end_chunks() { return write("0\r\n\r\n"); }

  // Closes at once and without a word: the client sees a reset connection.
  virtual void reset() = 0;

 protected:
  virtual long receive(char* data, std::size_t size) = 0;
  virtual long transmit(const char* data, std::size_t size) = 0;

 private:
  bool fill();
  std::string unread_;
};

class ScriptedServer {
 public:
  // `number` counts connections from 1. When the script returns the connection is closed in good order.
  using Script = std::function<void(ScriptedPeer& peer, int number)>;

  struct Tls {
    std::string certificate_pem;
    std::string key_pem;
    std::string client_authority_pem;  // "": clients need no certificate
  };

  explicit ScriptedServer(Script script, std::optional<Tls> tls = std::nullopt);
  ~ScriptedServer();  // closes all connections and waits for their scripts
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return accepted_; }  // so far

 private:
  struct TlsContext;
  void accept_all();
  void serve(int socket, int number);

  Script script_;
  std::unique_ptr<TlsContext> tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<int> open_;             // guarded by mutex_
  std::vector<std::thread> scripts_;  // of the accepting thread until it is joined
  std::thread acceptor_;
};

}  // namespace bw
