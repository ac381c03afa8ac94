// HTTP as a handler sees it: a request, the reply owed for it, and the parts of a target. No socket and no library
// behind it, so a handler can be tested with a replier of its own.
// Thread: all calls are made, and expected, on the thread that runs the server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw {

// Readable bytes that the server leaves behind the end of every body (as capacity), for parsers that read ahead.
constexpr std::size_t kBodyPadding = 64;

struct HttpRequest {
  std::string method;         // as sent: "GET", "HEAD", "POST", ...
  std::string target;         // as sent, for messages
  std::string path;           // of the target: before '?', percent-decoded
  std::string query;          // of the target: behind '?', as sent
  std::string content_type;   // "": none was sent
  std::string authorization;  // "": none was sent
  std::string peer;           // address and port of the client, for messages
  bool from_loopback = false;
  std::string body;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;                                          // for HEAD only its length is sent
  std::vector<std::pair<std::string, std::string>> headers;  // beyond Content-Type, Content-Length and Connection
};

// A reply of one sentence for a person.
HttpReply plain_reply(int status, std::string sentence);

// The reply owed for one request: either reply(), or begin(), any number of write() and finish(). May be used long
// after handle() returned; what is said after the client has gone is dropped. A replier that goes away without a
// reply answers 500.
class HttpReplier {
 public:
  virtual ~HttpReplier() = default;

  // Once, and not after begin().
  virtual void reply(HttpReply reply) = 0;

  // Starts a reply of unknown length (chunked); `head.body` is sent as its first bytes.
  virtual void begin(HttpReply head) = 0;

  // The next bytes. `ready` is called when the socket has taken them; only then may write() be called again. Once the
  // client has gone, `ready` is destroyed without a call.
  virtual void write(std::string bytes, std::function<void()> ready) = 0;

  // Ends a reply that was begun, after the last bytes.
  virtual void finish() = 0;

  // Whether the client closed its side of the connection: most likely nobody will read the reply.
  virtual bool client_gone() const = 0;
};

// May throw: the client gets a 500 and the server reports what() and goes on.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  virtual void handle(HttpRequest request, std::shared_ptr<HttpReplier> replier) = 0;
};

// The reason phrase of a status, e.g. "Not Found"; "Unknown Status" for one that we never send.
std::string_view reason_phrase(int status);

// Nothing if a '%' is not followed by two hexadecimal digits. '+' stays '+'.
std::optional<std::string> percent_decoded(std::string_view text);

// Decoded value of the first `key=value` in a query; "" for `key` alone; nothing if it is absent or malformed.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

}  // namespace bw
