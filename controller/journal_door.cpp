#include "controller/journal_door.h"

#include <boost/asio/post.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "journal/chain.h"
#include "journal/record_stream.h"

namespace bw {
namespace {

// About half a millisecond of reading.
constexpr std::size_t kPieceBytes = 64 * 1024;

// The whole of a decimal number.
std::optional<Sequence> parse_sequence(const std::string& text) {
  Sequence sequence = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return sequence;
}

// Lives as long as the socket asks for more.
class Streaming : public std::enable_shared_from_this<Streaming> {
 public:
  Streaming(std::unique_ptr<RecordCursor> cursor, Sequence end, std::shared_ptr<HttpReplier> replier)
      : cursor_(std::move(cursor)), end_(end), replier_(std::move(replier)) {}

  void go_on() {
    std::string piece;
    Sequence sequence = 0;
    while (sequence < end_ && piece.size() < kPieceBytes) {
      std::string_view record;
      const Result<bool> more = cursor_->next(sequence, record);
      if (!more || !*more) return;  // the reply breaks off, which is how its reader learns
      append_record(sequence, record, piece);
    }
    const bool last = sequence >= end_;
    replier_->write(std::move(piece), [self = shared_from_this(), last] {
      if (last) {
        self->replier_->finish();
      } else {
        self->go_on();
      }
    });
  }

 private:
  const std::unique_ptr<RecordCursor> cursor_;
  const Sequence end_;
  const std::shared_ptr<HttpReplier> replier_;
};

HttpReply checkpoint_reply(const Result<Checkpoint>& made) {
  if (!made) return plain_reply(made.error().code == ErrorCode::kUnsupported ? 501 : 500, made.error().message);
  HttpReply reply;
  reply.status = 201;
  reply.body =
      nlohmann::ordered_json{
          {"path", made->path}, {"sequence", made->head.sequence}, {"headHash", to_hex(made->head.hash)}}
          .dump();
  return reply;
}

}  // namespace

JournalDoor::~JournalDoor() {
  if (maker_.joinable()) maker_.join();
}

void JournalDoor::stream(const HttpRequest& request, std::shared_ptr<HttpReplier> replier) const {
  const std::optional<std::string> asked = query_value(request.query, "after");
  const std::optional<Sequence> after = asked ? parse_sequence(*asked) : std::optional<Sequence>(0);
  if (!after)
    return replier->reply(plain_reply(400, "after is \"" + *asked + "\": the sequence of an event is expected"));
  const JournalBounds bounds = journal_.bounds();
  if (*after + 1 < bounds.first && *after < bounds.head.sequence) {
    return replier->reply(plain_reply(410, "the journal begins with event " + std::to_string(bounds.first) +
                                               "; what was before it was cut off: POST /v1/checkpoint makes a copy "
                                               "with the snapshot that stands for it"));
  }
  HttpReply head;
  head.content_type = "application/octet-stream";
  head.body = record_stream_head(bounds);
  if (request.method == "HEAD" || *after >= bounds.head.sequence) return replier->reply(std::move(head));
  Result<std::unique_ptr<RecordCursor>> cursor = journal_.read(*after + 1);
  if (!cursor) return replier->reply(plain_reply(500, cursor.error().message));
  replier->begin(std::move(head));
  std::make_shared<Streaming>(std::move(*cursor), bounds.head.sequence, std::move(replier))->go_on();
}

void JournalDoor::make_checkpoint(std::shared_ptr<HttpReplier> replier) {
  if (making_) return replier->reply(plain_reply(409, "a checkpoint is being made: wait for it"));
  making_ = true;
  if (maker_.joinable()) maker_.join();
  maker_ = std::thread([this, replier = std::move(replier)]() mutable {
    Result<Checkpoint> made = journal_.make_checkpoint();
    boost::asio::post(io_, [this, replier = std::move(replier), made = std::move(made)] {
      making_ = false;
      replier->reply(checkpoint_reply(made));
    });
  });
}

}  // namespace bw
