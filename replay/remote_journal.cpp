#include "replay/remote_journal.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "journal/record_stream.h"
#include "kube/api_client.h"

namespace bw::replay {
namespace {

constexpr Sequence kNothing = std::numeric_limits<Sequence>::max();

// One stream of records behind `after`. Runs the sockets only while it lacks a record, so that a slow reader slows the
// daemon's sending down, and nothing else.
class Stream {
 public:
  static Result<std::unique_ptr<Stream>> open(const ClusterAccess& access, Sequence after) {
    auto stream = std::unique_ptr<Stream>(new Stream);
    Result<std::unique_ptr<ApiClient>> client = ApiClient::create(stream->io_, access, {.user_agent = "bwreplay"});
    if (!client) return client.error();
    stream->client_ = std::move(*client);
    StreamCallbacks callbacks;
    callbacks.opened = [raw = stream.get()](const ApiResponse& head) {
      if (head.status != 200) raw->end(Error{ErrorCode::kInvalid, refusal(head)});
    };
    callbacks.data = [raw = stream.get()](std::string_view bytes) { raw->parser_.feed(bytes); };
    callbacks.ended = [raw = stream.get()](std::optional<Error> error) { raw->end(std::move(error)); };
    ApiRequest request;
    request.target = "/v1/journal?after=" + std::to_string(after);
    request.accept = "application/octet-stream";
    stream->client_->open_stream(std::move(request), std::move(callbacks));
    if (Result<void> begun = stream->read_head(); !begun) return begun.error();
    return stream;
  }

  const JournalBounds& bounds() const { return bounds_; }

  // False at the end of what there was when it was opened.
  Result<bool> next(Sequence& sequence, std::string_view& bytes) {
    if (last_ >= bounds_.head.sequence) return false;
    for (;;) {
      const Result<bool> got = parser_.next(sequence, bytes);
      if (!got || *got) {
        if (got) last_ = sequence;
        return got;
      }
      if (!wait()) return broken_off();
    }
  }

  void begin_behind(Sequence after) { last_ = after; }

 private:
  Stream() = default;

  static std::string refusal(const ApiResponse& head) {
    const std::string why = head.body.substr(0, head.body.find('\n'));
    return "the daemon does not give its journal: HTTP " + std::to_string(head.status) +
           (why.empty() ? std::string() : ": " + why);
  }

  void end(std::optional<Error> error) {
    ended_ = true;
    error_ = std::move(error);
  }

  // False once nothing more can come.
  bool wait() { return !ended_ && io_.run_one() != 0; }

  Error broken_off() const {
    return error_ ? *error_
                  : Error{ErrorCode::kUnavailable, "the stream broke off behind event " + std::to_string(last_) +
                                                       ": the daemon has ended or is too busy; try again"};
  }

  Result<void> read_head() {
    for (;;) {
      const Result<bool> got = parser_.read_head(bounds_);
      if (!got) return got.error();
      if (*got) return {};
      if (!wait()) return broken_off();
    }
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<ApiClient> client_;
  RecordStreamParser parser_;
  JournalBounds bounds_;
  Sequence last_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

class RemoteCursor : public RecordCursor {
 public:
  RemoteCursor(std::unique_ptr<Stream> stream, Sequence end) : stream_(std::move(stream)), end_(end) {}

  Result<bool> next(Sequence& sequence, std::string_view& bytes) override {
    if (given_ >= end_) return false;
    const Result<bool> more = stream_->next(sequence, bytes);
    if (!more || !*more) return more;
    if (given_ != 0 && sequence != given_ + 1) {
      return Error{ErrorCode::kCorrupt, "events are missing behind event " + std::to_string(given_)};
    }
    given_ = sequence;
    return true;
  }

 private:
  const std::unique_ptr<Stream> stream_;
  const Sequence end_;
  Sequence given_ = 0;
};

class RemoteJournal : public JournalReader {
 public:
  explicit RemoteJournal(ClusterAccess access) : access_(std::move(access)) {}

  JournalBounds bounds() const override { return bounds_; }

  Result<std::unique_ptr<RecordCursor>> read(Sequence from) const override {
    const Sequence after = std::max(from, bounds_.first) - 1;
    Result<std::unique_ptr<Stream>> stream = Stream::open(access_, after);
    if (!stream) return stream.error();
    (*stream)->begin_behind(after);
    const Sequence end = after >= bounds_.head.sequence ? 0 : bounds_.head.sequence;
    return std::unique_ptr<RecordCursor>(std::make_unique<RemoteCursor>(std::move(*stream), end));
  }

  // Only the ends are known; what is between follows from the records.
  std::optional<Sha256> kept_hash(Sequence sequence) const override {
    if (sequence == bounds_.head.sequence) return bounds_.head.hash;
    if (sequence + 1 == bounds_.first) return bounds_.previous_hash;
    return std::nullopt;
  }

  Result<void> refresh() override {
    Result<std::unique_ptr<Stream>> stream = Stream::open(access_, kNothing);
    if (!stream) return stream.error();
    bounds_ = (*stream)->bounds();
    return {};
  }

 private:
  const ClusterAccess access_;
  JournalBounds bounds_;
};

}  // namespace

Result<std::unique_ptr<JournalReader>> open_remote_journal(const std::string& url, const std::string& token_file) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https") || parsed->host().empty()) {
    return Error{ErrorCode::kInvalid,
                 "--url is \"" + url + "\": give that of a daemon's operations, as http://10.0.0.7:9440"};
  }
  ClusterAccess access;
  access.tls = parsed->scheme() == "https";
  access.host = parsed->host_name().empty() ? parsed->host_address() : parsed->host_name();
  access.port = parsed->has_port() ? std::string(parsed->port()) : access.tls ? "443" : "80";
  access.token_file = token_file;
  auto journal = std::make_unique<RemoteJournal>(std::move(access));
  if (Result<void> asked = journal->refresh(); !asked) return asked.error();
  return std::unique_ptr<JournalReader>(std::move(journal));
}

}  // namespace bw::replay
