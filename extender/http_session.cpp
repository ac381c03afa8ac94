#include "http_session.h"

#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <exception>
#include <utility>

namespace bw {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

using Parser = http::request_parser<http::string_body>;

constexpr auto kNoDeadline = HttpConnection::Clock::time_point::max();

HttpReply refusal_of(const error_code& ec, const HttpLimits& limits) {
  if (ec == http::error::body_limit) {
    return plain_reply(413, "the body is larger than " + std::to_string(limits.body_bytes) + " bytes");
  }
  if (ec == http::error::header_limit) {
    return plain_reply(431, "the header is larger than " + std::to_string(limits.header_bytes) + " bytes");
  }
  return plain_reply(400, "the request is not HTTP/1.1: " + ec.message());
}

HttpRequest request_of(Parser::value_type& message, const HttpConnection& connection) {
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  request.content_type = message[http::field::content_type];
  request.authorization = message[http::field::authorization];
  request.peer = connection.peer();
  request.from_loopback = connection.from_loopback();
  request.body = std::move(message.body());
  return request;
}

// Whether the target is a path, with a query or without.
bool split_target(HttpRequest& request) {
  const std::size_t question = request.target.find('?');
  if (question != std::string::npos) request.query = request.target.substr(question + 1);
  std::optional<std::string> path = percent_decoded(std::string_view(request.target).substr(0, question));
  if (!path || !path->starts_with('/')) return false;
  request.path = std::move(*path);
  return true;
}

}  // namespace

struct HttpSession::Incoming {
  enum class Kind { kRequest, kRefused, kClosed };
  Kind kind = Kind::kClosed;
  HttpRequest request;
  HttpReply refusal;
};

// Holds the session weakly: a handler may keep it longer than the connection, or the server, lives.
class HttpSession::Replier final : public HttpReplier {
 public:
  Replier(std::weak_ptr<HttpSession> session, std::uint64_t turn) : session_(std::move(session)), turn_(turn) {}

  ~Replier() override {
    if (state_ == State::kEnded) return;
    const auto session = hearing();
    if (!session) return;
    session->options_.report("a request was dropped by its handler without a reply");
    if (state_ == State::kOpen) {
      session->reply_ = plain_reply(500, "the request was dropped without a reply");
    } else {
      session->close();  // the client must not take a stream that broke off for a whole one
    }
    session->connection_->notify();
  }

  void reply(HttpReply reply) override {
    check(state_ == State::kOpen, "a request was answered twice");
    state_ = State::kEnded;
    if (const auto session = hearing()) {
      session->reply_ = std::move(reply);
      session->connection_->notify();
    }
  }

  void begin(HttpReply head) override {
    check(state_ == State::kOpen, "a request was answered twice");
    state_ = State::kBegun;
    if (const auto session = hearing()) {
      session->reply_ = std::move(head);
      session->streaming_ = true;
      session->connection_->notify();
    }
  }

  void write(std::string bytes, std::function<void()> ready) override {
    check(state_ == State::kBegun, "bytes were written to a reply that is not a stream");
    if (const auto session = hearing()) {
      check(!session->piece_, "bytes were written to a stream before it was ready for them");
      session->piece_ = std::move(bytes);
      session->piece_taken_ = std::move(ready);
      session->connection_->notify();
    }
  }

  void finish() override {
    check(state_ == State::kBegun, "a reply that is not a stream was finished");
    state_ = State::kEnded;
    if (const auto session = hearing()) {
      session->finished_ = true;
      session->connection_->notify();
    }
  }

  bool client_gone() const override {
    const auto session = hearing();
    return !session || session->connection_->gone();
  }

 private:
  enum class State { kOpen, kBegun, kEnded };

  std::shared_ptr<HttpSession> hearing() const {
    auto session = session_.lock();
    return session && session->turn_ == turn_ && !session->connection_->broken() ? session : nullptr;
  }

  const std::weak_ptr<HttpSession> session_;
  const std::uint64_t turn_;
  State state_ = State::kOpen;
};

HttpSession::HttpSession(std::shared_ptr<HttpConnection> connection, HttpHandler& handler,
                         const HttpServerOptions& options)
    : connection_(std::move(connection)), handler_(handler), options_(options) {}

asio::awaitable<void> HttpSession::run() {
  if (!co_await connection_->handshake(Clock::now() + options_.limits.request)) {
    connection_->close();
    co_return;
  }
  bool refused = false;
  while (!connection_->stopping() && !connection_->broken()) {
    Incoming incoming = co_await read_request();
    if (incoming.kind == Incoming::Kind::kClosed) break;
    begin_turn();
    refused = incoming.kind == Incoming::Kind::kRefused;
    if (refused) {
      keep_alive_ = head_only_ = false;
      reply_ = std::move(incoming.refusal);
    } else {
      deliver(std::move(incoming.request));
    }
    const bool sent = co_await send_answer();
    if (!sent || !keep_alive_) break;
  }
  begin_turn();  // nobody is heard any more
  co_await connection_->hang_up(refused);
}

asio::awaitable<HttpSession::Incoming> HttpSession::read_request() {
  Incoming incoming;
  boost::beast::flat_buffer& input = connection_->input();
  if (input.size() == 0 && !co_await connection_->fill(Clock::now() + options_.limits.idle, true)) co_return incoming;

  const auto deadline = Clock::now() + options_.limits.request;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.limits.header_bytes));
  parser.body_limit(options_.limits.body_bytes);
  bool header_seen = false;
  while (!parser.is_done()) {
    error_code ec;
    if (input.size() > 0) input.consume(parser.put(input.data(), ec));
    if (ec && ec != http::error::need_more) {
      incoming.kind = Incoming::Kind::kRefused;
      incoming.refusal = refusal_of(ec, options_.limits);
      co_return incoming;
    }
    if (!header_seen && parser.is_header_done()) {
      header_seen = true;
      parser.eager(true);
      if (parser.content_length()) parser.get().body().reserve(*parser.content_length() + kBodyPadding);
      if (!parser.is_done() && http::token_list(parser.get()[http::field::expect]).exists("100-continue") &&
          !co_await send("HTTP/1.1 100 Continue\r\n\r\n", "")) {
        co_return incoming;
      }
      if (input.size() > 0) continue;
    }
    if (parser.is_done() || co_await connection_->fill(deadline, false)) continue;
    if (!connection_->gone()) {
      incoming.kind = Incoming::Kind::kRefused;
      incoming.refusal = plain_reply(408, "the request did not arrive in time");
    }
    co_return incoming;
  }

  head_only_ = parser.get().method() == http::verb::head;
  keep_alive_ = parser.keep_alive();
  chunked_ = parser.get().version() >= 11;
  incoming.request = request_of(parser.get(), *connection_);
  if (split_target(incoming.request)) {
    incoming.kind = Incoming::Kind::kRequest;
  } else {
    incoming.kind = Incoming::Kind::kRefused;
    incoming.refusal = plain_reply(400, "the target of the request is not a path");
  }
  co_return incoming;
}

void HttpSession::begin_turn() {
  ++turn_;
  reply_.reset();
  streaming_ = false;
  piece_.reset();
  piece_taken_ = nullptr;
  finished_ = false;
}

void HttpSession::deliver(HttpRequest request) {
  const std::string what = request.method + " " + request.target;
  const auto replier = std::make_shared<Replier>(weak_from_this(), turn_);
  try {
    handler_.handle(std::move(request), replier);
  } catch (const std::exception& error) {
    begin_turn();
    options_.report("the handler of " + what + " failed: " + error.what());
    reply_ = plain_reply(500, "the server failed to handle the request");
  }
}

asio::awaitable<bool> HttpSession::send_answer() {
  while (!reply_ && !connection_->broken()) {
    connection_->read_ahead();
    co_await connection_->changed(kNoDeadline);
  }
  if (connection_->broken()) co_return false;
  HttpReply reply = std::move(*reply_);
  if (streaming_) co_return co_await send_stream(head_of(reply, std::nullopt), std::move(reply.body));
  std::string head = head_of(reply, reply.body.size());
  if (head_only_) reply.body.clear();
  co_return co_await send(std::move(head), std::move(reply.body));
}

asio::awaitable<bool> HttpSession::send_stream(std::string head, std::string first) {
  if (!co_await send(std::move(head), "")) co_return false;
  if (head_only_) {
    begin_turn();
    co_return true;
  }
  if (!co_await send_chunk(std::move(first))) co_return false;
  for (;;) {
    while (!piece_ && !finished_ && !connection_->gone()) {
      connection_->read_ahead();
      co_await connection_->changed(kNoDeadline);
    }
    if (connection_->gone()) co_return false;
    if (!piece_) break;
    std::string bytes = std::move(*piece_);
    piece_.reset();
    const std::function<void()> taken = std::exchange(piece_taken_, nullptr);
    if (!co_await send_chunk(std::move(bytes))) co_return false;
    if (taken) taken();
  }
  if (!chunked_) co_return false;
  co_return co_await send("0\r\n\r\n", "");
}

asio::awaitable<bool> HttpSession::send_chunk(std::string bytes) {
  if (bytes.empty()) co_return true;  // an empty chunk would end the stream
  std::string head;
  if (chunked_) {
    std::array<char, 16> digits;
    char* const end = std::to_chars(digits.begin(), digits.end(), bytes.size(), 16).ptr;
    head.assign(digits.begin(), end);
    head += "\r\n";
    bytes += "\r\n";
  }
  co_return co_await send(std::move(head), std::move(bytes));
}

asio::awaitable<bool> HttpSession::send(std::string head, std::string body) {
  return connection_->send(std::move(head), std::move(body), Clock::now() + options_.limits.write);
}

std::string HttpSession::head_of(const HttpReply& reply, std::optional<std::size_t> length) const {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head += reason_phrase(reply.status);
  head += "\r\nContent-Type: " + reply.content_type;
  for (const auto& [name, value] : reply.headers) head += "\r\n" + name + ": " + value;
  if (length) {
    head += "\r\nContent-Length: " + std::to_string(*length);
  } else if (chunked_) {
    head += "\r\nTransfer-Encoding: chunked";
  }
  if (!keep_alive_ || connection_->stopping() || (!length && !chunked_)) {
    head += "\r\nConnection: close";
  } else if (!chunked_) {
    head += "\r\nConnection: keep-alive";  // which HTTP/1.0 does not assume
  }
  return head + "\r\n\r\n";
}

}  // namespace bw
