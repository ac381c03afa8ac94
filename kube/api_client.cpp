#include "kube/api_client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "connection.h"
#include "request_text.h"
#include "token_source.h"

namespace bw {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t kHeaderBytesMost = 64 << 10;
constexpr std::size_t kErrorBytesMost = 1 << 20;  // of the answer to a stream that was refused
constexpr std::size_t kReadBytes = 64 << 10;
constexpr auto kIdleMost = std::chrono::seconds(50);  // the server gives an idle connection up after 90 s

// ---- one exchange -------------------------------------------------------------------------------------------

// What send() and open_stream() have in common. It is done once it was answered, timed out or closed; whoever is
// still at work for it then finds its connection closed and lets go.
struct Exchange {
  Exchange(asio::io_context& io, ApiRequest asked) : request(std::move(asked)), deadline(io) {}

  ApiRequest request;
  asio::steady_timer deadline;
  Connection* connection = nullptr;  // while it is on one
  bool sent = false;                 // a byte of the request may have been sent
  bool done = false;
  std::function<void(Result<ApiResponse>)> on_answer;  // of send(): called once, by answer()
  StreamCallbacks callbacks;                           // of open_stream()

  // The first call tells the caller; later ones do nothing.
  void answer(Result<ApiResponse> result) {
    if (done) return;
    end();
    if (on_answer) {
      std::exchange(on_answer, nullptr)(std::move(result));
    } else if (result) {
      std::exchange(callbacks.opened, nullptr)(std::move(*result));
    } else {
      std::exchange(callbacks.ended, nullptr)(result.error());
    }
  }

  void end() {
    done = true;
    deadline.cancel();
    if (connection != nullptr) connection->close();
  }

  std::string title() const;
};

using ExchangePtr = std::shared_ptr<Exchange>;

std::string Exchange::title() const {
  return std::string(method_name(request.method)) + " " + request.target.substr(0, request.target.find('?'));
}

ApiResponse head_of(const Parser& parser) {
  ApiResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  const auto value = parser.get()[http::field::retry_after];
  std::int64_t seconds = 0;
  const bool digits = !value.empty() && value.size() <= 9 &&
                      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  for (const char c : value) seconds = seconds * 10 + (c - '0');
  if (digits) response.retry_after_s = seconds;
  return response;
}

// Reads the next part of the body; "" with `ec` clear if there is none yet. parser.is_done() says when it was the
// last. The view is in `buffer`.
asio::awaitable<std::string_view> read_part(Connection& connection, Parser& parser, std::string& buffer,
                                            error_code& ec) {
  parser.get().body().data = buffer.data();
  parser.get().body().size = buffer.size();
  parser.get().body().more = true;
  co_await http::async_read_some(connection, connection.buffer(), parser,
                                 asio::redirect_error(asio::use_awaitable, ec));
  if (ec == http::error::need_buffer) ec = {};
  co_return std::string_view(buffer.data(), buffer.size() - parser.get().body().size);
}

asio::awaitable<std::string> read_body(Connection& connection, Parser& parser, std::size_t bytes_most, error_code& ec) {
  std::string body;
  std::string buffer(kReadBytes, '\0');
  while (!parser.is_done() && !ec) {
    const std::string_view part = co_await read_part(connection, parser, buffer, ec);
    if (body.size() + part.size() > bytes_most) ec = http::error::body_limit;
    body.append(part);
  }
  co_return body;
}

bool is_protocol_error(const error_code& ec) {
  static const error_code http_error = http::error::bad_version;
  return ec.category() == http_error.category() && ec != http::error::end_of_stream &&
         ec != http::error::partial_message;
}

}  // namespace

// ---- the client ---------------------------------------------------------------------------------------------

class ApiClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, ClusterAccess access, ApiClientOptions options)
      : io_(io), access_(std::move(access)), options_(std::move(options)), tokens_(access_.token, access_.token_file) {}

  void send(ApiRequest request, std::function<void(Result<ApiResponse>)> on_answer) {
    ExchangePtr exchange = begin(std::move(request));
    exchange->on_answer = std::move(on_answer);
    waiting_.push_back(std::move(exchange));
    pump();
  }

  std::uint64_t open_stream(ApiRequest request, StreamCallbacks callbacks) {
    ExchangePtr exchange = begin(std::move(request));
    exchange->callbacks = std::move(callbacks);
    streams_.emplace(++last_stream_, exchange);
    spawn(run_stream(shared_from_this(), exchange, last_stream_));
    return last_stream_;
  }

  void close_stream(std::uint64_t stream) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return;
    found->second->end();
    streams_.erase(found);
  }

  void stop() {
    for (const ExchangePtr& exchange : waiting_) exchange->end();
    for (const ExchangePtr& exchange : running_) exchange->end();
    for (const auto& [number, exchange] : streams_) exchange->end();
    waiting_.clear();
    streams_.clear();
    idle_.clear();
    stopped_ = true;
  }

 private:
  using Self = std::shared_ptr<Impl>;
  using ConnectionPtr = std::unique_ptr<Connection>;

  // What became of a request on one connection.
  struct Outcome {
    Result<ApiResponse> result;
    bool answered = false;  // a byte of an answer came
    bool reusable = false;
  };

  ExchangePtr begin(ApiRequest request) {
    auto exchange = std::make_shared<Exchange>(io_, std::move(request));
    exchange->deadline.expires_after(std::chrono::milliseconds(exchange->request.timeout_ms));
    exchange->deadline.async_wait([weak = std::weak_ptr<Exchange>(exchange)](error_code ec) {
      const ExchangePtr late = weak.lock();
      if (!ec && late && !late->done) late->answer(timed_out(*late));
    });
    return exchange;
  }

  static Error timed_out(const Exchange& exchange) {
    const std::string limit = std::to_string(exchange.request.timeout_ms) + " ms";
    if (exchange.sent) return {ErrorCode::kIo, exchange.title() + ": no answer within " + limit};
    return {ErrorCode::kUnavailable, exchange.title() + ": no connection within " + limit};
  }

  void spawn(asio::awaitable<void> work) {
    asio::co_spawn(io_, std::move(work), [](const std::exception_ptr& bug) {
      if (bug) std::rethrow_exception(bug);
    });
  }

  void pump() {
    while (!waiting_.empty() && running_.size() < options_.connections) {
      ExchangePtr exchange = std::move(waiting_.front());
      waiting_.pop_front();
      if (exchange->done) continue;
      running_.push_back(exchange);
      spawn(run_request(shared_from_this(), std::move(exchange)));
    }
  }

  static asio::awaitable<void> run_request(Self self, ExchangePtr exchange) {
    co_await asio::post(self->io_, asio::use_awaitable);  // never call back from within send()
    Result<ApiResponse> result = co_await self->perform(exchange);
    if (self->should_repeat(result, *exchange)) result = co_await self->perform(exchange);
    std::erase(self->running_, exchange);
    if (!self->stopped_) self->pump();
    exchange->answer(std::move(result));
  }

  // 401, and there is a token file that may hold a newer one.
  bool should_repeat(const Result<ApiResponse>& result, const Exchange& exchange) {
    if (!result || result->status != 401 || exchange.done || !tokens_.reloadable()) return false;
    return tokens_.reload(now_ns()).has_value();
  }

  static std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
  }

  // On an idle connection if there is one; where that proves dead and nothing can have happened, on a fresh one.
  asio::awaitable<Result<ApiResponse>> perform(ExchangePtr exchange) {
    ConnectionPtr connection = take_idle();
    if (connection) {
      Outcome outcome = co_await try_on(*connection, exchange);
      const bool harmless = exchange->request.method == Method::kGet || !exchange->sent;
      if (outcome.reusable) keep_idle(std::move(connection));
      if (outcome.result || outcome.answered || !harmless || exchange->done) co_return std::move(outcome.result);
    }
    connection = std::make_unique<Connection>(io_);
    Result<void> connected = co_await reach(*connection, exchange);
    if (!connected) co_return connected.error();
    Outcome outcome = co_await try_on(*connection, exchange);
    if (outcome.reusable) keep_idle(std::move(connection));
    co_return std::move(outcome.result);
  }

  // connect(), but an exchange that is done meanwhile lets go.
  asio::awaitable<Result<void>> reach(Connection& connection, ExchangePtr exchange) {
    if (exchange->done) co_return abandoned();
    exchange->connection = &connection;
    Result<void> connected = co_await connect(connection, access_);
    exchange->connection = nullptr;
    if (exchange->done) co_return abandoned();
    co_return connected;
  }

  static Error abandoned() { return {ErrorCode::kUnavailable, "nobody waits for it any more"}; }

  // Sends the request and reads the head of the answer into `parser`; what went wrong, or nothing.
  asio::awaitable<std::optional<Error>> send_on(Connection& connection, ExchangePtr exchange, Parser& parser) {
    Result<std::string> token = tokens_.token(now_ns());
    if (!token) co_return Error{ErrorCode::kUnavailable, token.error().message};
    if (!is_sendable(exchange->request, *token)) {
      co_return Error{ErrorCode::kInvalid,
                      exchange->title() + ": a space or an end of line stands in its target, a header or the token"};
    }
    const std::string text = request_text(exchange->request, access_, options_.user_agent, *token);
    // A caller that was told "not sent" must be able to rely on it.
    if (exchange->done) co_return abandoned();
    error_code ec;
    exchange->sent = true;
    const std::size_t written =
        co_await asio::async_write(connection, asio::buffer(text), asio::redirect_error(asio::use_awaitable, ec));
    if (ec) {
      exchange->sent = written > 0;
      co_return failure(*exchange, ec);
    }
    parser.header_limit(kHeaderBytesMost);
    parser.body_limit(boost::none);  // who reads the body counts
    co_await http::async_read_header(connection, connection.buffer(), parser,
                                     asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return failure(*exchange, ec);
    co_return std::nullopt;
  }

  Error failure(const Exchange& exchange, const error_code& ec) const {
    const std::string title = exchange.title();
    if (ec == http::error::body_limit) return {ErrorCode::kInvalid, title + ": the answer is larger than it may be"};
    if (is_protocol_error(ec)) return {ErrorCode::kInvalid, title + ": the answer is not HTTP: " + ec.message()};
    return {exchange.sent ? ErrorCode::kIo : ErrorCode::kUnavailable,
            title + ": the connection to " + access_.host + ":" + access_.port + " broke: " + ec.message()};
  }

  asio::awaitable<Outcome> try_on(Connection& connection, ExchangePtr exchange) {
    exchange->connection = &connection;
    Parser parser;
    std::optional<Error> error = co_await send_on(connection, exchange, parser);
    error_code ec;
    ApiResponse response;
    if (!error) {
      response = head_of(parser);
      response.body = co_await read_body(connection, parser, options_.answer_bytes, ec);
      if (ec) error = failure(*exchange, ec);
    }
    exchange->connection = nullptr;
    if (error) co_return Outcome{*error, parser.got_some(), false};
    const bool reusable = !exchange->done && parser.keep_alive() && connection.buffer().size() == 0;
    co_return Outcome{std::move(response), true, reusable};
  }

  ConnectionPtr take_idle() {
    while (!idle_.empty()) {
      ConnectionPtr connection = std::move(idle_.back());
      idle_.pop_back();
      if (Clock::now() - connection->idle_since < kIdleMost && !connection->is_stale()) return connection;
    }
    return nullptr;
  }

  void keep_idle(ConnectionPtr connection) {
    if (stopped_) return;
    connection->idle_since = Clock::now();
    idle_.push_back(std::move(connection));
  }

  static asio::awaitable<void> run_stream(Self self, ExchangePtr exchange, std::uint64_t number) {
    co_await asio::post(self->io_, asio::use_awaitable);
    Result<ApiResponse> refused = co_await self->follow(exchange);
    if (self->should_repeat(refused, *exchange)) {
      exchange->sent = false;
      refused = co_await self->follow(exchange);
    }
    self->streams_.erase(number);
    exchange->answer(std::move(refused));
  }

  // Follows a stream to its end, or returns why there is none. After `opened` was called the result means nothing,
  // since the exchange is then done.
  asio::awaitable<Result<ApiResponse>> follow(ExchangePtr exchange) {
    Connection connection(io_);
    Result<void> connected = co_await reach(connection, exchange);
    if (!connected) co_return connected.error();
    exchange->connection = &connection;
    Parser parser;
    std::optional<Error> error = co_await send_on(connection, exchange, parser);
    error_code ec;
    ApiResponse response;
    if (!error) {
      response = head_of(parser);
      if (response.status == 200) {
        co_await deliver(connection, exchange, parser, response);
      } else {
        response.body = co_await read_body(connection, parser, kErrorBytesMost, ec);
      }
    }
    exchange->connection = nullptr;
    if (error) co_return *error;
    co_return response;
  }

  asio::awaitable<void> deliver(Connection& connection, ExchangePtr exchange, Parser& parser, ApiResponse response) {
    if (exchange->done) co_return;
    exchange->deadline.cancel();
    exchange->callbacks.opened(std::move(response));
    std::string buffer(kReadBytes, '\0');
    error_code ec;
    while (!exchange->done && !parser.is_done() && !ec) {
      const std::string_view part = co_await read_part(connection, parser, buffer, ec);
      if (!part.empty() && !exchange->done) exchange->callbacks.data(part);
    }
    if (exchange->done) co_return;
    exchange->end();
    exchange->callbacks.ended(ec ? std::optional<Error>(failure(*exchange, ec)) : std::nullopt);
  }

  asio::io_context& io_;
  ClusterAccess access_;
  ApiClientOptions options_;
  TokenSource tokens_;
  std::vector<ConnectionPtr> idle_;   // the one used last is at the end
  std::deque<ExchangePtr> waiting_;   // for one of the connections
  std::vector<ExchangePtr> running_;  // of send()
  std::map<std::uint64_t, ExchangePtr> streams_;
  std::uint64_t last_stream_ = 0;
  bool stopped_ = false;
};

Result<std::unique_ptr<ApiClient>> ApiClient::create(asio::io_context& io, ClusterAccess access,
                                                     ApiClientOptions options) {
  if (access.tls) {
    if (const auto context = tls_context(access); !context) return context.error();
  }
  TokenSource tokens(access.token, access.token_file);
  if (Result<std::string> token = tokens.token(0); !token) return token.error();
  auto impl = std::make_shared<Impl>(io, std::move(access), std::move(options));
  return std::unique_ptr<ApiClient>(new ApiClient(std::move(impl)));
}

ApiClient::ApiClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

ApiClient::~ApiClient() { impl_->stop(); }

void ApiClient::send(ApiRequest request, std::function<void(Result<ApiResponse>)> on_answer) {
  impl_->send(std::move(request), std::move(on_answer));
}

std::uint64_t ApiClient::open_stream(ApiRequest request, StreamCallbacks callbacks) {
  return impl_->open_stream(std::move(request), std::move(callbacks));
}

void ApiClient::close_stream(std::uint64_t stream) { impl_->close_stream(stream); }

}  // namespace bw
