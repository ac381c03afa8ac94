#include "replay/chain_reader.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "journal/chain.h"

namespace bw::replay {

class ChainReader::Reading {
 public:
  Reading(const JournalReader& journal, const Head& start)
      : journal_(journal), end_(journal.bounds().head), chain_(start), proved_(start), thread_([this] { run(); }) {}

  ~Reading() { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // On the caller's thread: the next block, or false at the end.
  Result<bool> take(Block& block) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !ready_.empty(); });
    if (ready_.empty()) {
      if (error_) return *error_;
      return false;
    }
    block = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  // After stop().
  const Head& proved() const { return proved_; }

 private:
  static constexpr std::size_t kBlocksAhead = 4;

  void run() {
    for (bool more = true; more;) {
      Result<std::optional<Block>> block = read_block();
      more = block && block->has_value();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || ready_.size() < kBlocksAhead; });
      if (stopped_) return;
      if (more) ready_.push_back(std::move(**block));
      if (!block) error_ = block.error();
      ended_ = !more;
      lock.unlock();
      changed_.notify_all();
    }
  }

  // Up to the next kept hash, with which it agrees; absent at the end.
  Result<std::optional<Block>> read_block() {
    if (cursor_ == nullptr) {
      Result<std::unique_ptr<RecordCursor>> cursor = journal_.read(chain_.head().sequence + 1);
      if (!cursor) return cursor.error();
      cursor_ = std::move(*cursor);
    }
    if (chain_.head().sequence >= end_.sequence) return std::optional<Block>();
    Block block;
    block.first = chain_.head().sequence + 1;
    std::optional<Sha256> written;
    while (!written) {
      Sequence sequence = 0;
      std::string_view record;
      const Result<bool> more = cursor_->next(sequence, record);
      if (!more) return more.error();
      if (!*more) return missing();
      chain_.extend(record);
      block.bytes += record;
      block.ends.push_back(static_cast<std::uint32_t>(block.bytes.size()));
      if (sequence == end_.sequence) {
        written = end_.hash;
      } else if (sequence % kKeptHashInterval == 0) {
        written = journal_.kept_hash(sequence);  // a hash that a reader does not see yet: the next one proves as much
      }
    }
    if (*written != chain_.head().hash) return broken(block.first);
    proved_ = chain_.head();
    return std::optional(std::move(block));
  }

  Error broken(Sequence first) const {
    const std::string last = std::to_string(chain_.head().sequence);
    return {ErrorCode::kCorrupt, "the chain does not hold at event " + last + ": events " + std::to_string(first) +
                                     " to " + last + " are not what was written, or the hash is not"};
  }

  Error missing() const {
    return {ErrorCode::kCorrupt, "events are missing: there is none behind event " +
                                     std::to_string(chain_.head().sequence) + ", but the head is that of event " +
                                     std::to_string(end_.sequence)};
  }

  // ---- the thread's own ----
  const JournalReader& journal_;
  const Head end_;
  std::unique_ptr<RecordCursor> cursor_;
  Chain chain_;
  Head proved_;

  // ---- guarded by mutex_ ----
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Block> ready_;
  std::optional<Error> error_;
  bool ended_ = false;
  bool stopped_ = false;

  std::thread thread_;  // last, so that all else is there when it begins
};

ChainReader::ChainReader(const JournalReader& journal, const Head& start)
    : reading_(std::make_unique<Reading>(journal, start)) {}

ChainReader::~ChainReader() = default;

Result<bool> ChainReader::next(Event& event) {
  if (at_ == block_.ends.size()) {
    const Result<bool> more = reading_->take(block_);
    if (!more || !*more) return more;
    at_ = 0;
  }
  const std::uint32_t begin = at_ == 0 ? 0 : block_.ends[at_ - 1];
  const std::string_view record(block_.bytes.data() + begin, block_.ends[at_] - begin);
  if (Result<void> decoded = codec_.decode(block_.first + at_, record, event); !decoded) return decoded.error();
  ++at_;
  bytes_ += record.size();
  return true;
}

Head ChainReader::proved() {
  reading_->stop();
  return reading_->proved();
}

}  // namespace bw::replay
