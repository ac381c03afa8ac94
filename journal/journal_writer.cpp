#include "journal/journal_writer.h"

#include <iterator>
#include <utility>

namespace bw {
namespace {

constexpr std::chrono::milliseconds kMaxUnsynced{50};
constexpr std::size_t kMaxWaitingBytes = 4 << 20;

// Joins batches into one; they follow each other.
RecordBatch join(std::vector<RecordBatch> batches) {
  RecordBatch joined = std::move(batches.front());
  for (std::size_t i = 1; i < batches.size(); ++i) {
    RecordBatch& batch = batches[i];
    std::move(batch.records.begin(), batch.records.end(), std::back_inserter(joined.records));
    joined.kept.insert(joined.kept.end(), batch.kept.begin(), batch.kept.end());
    joined.head = batch.head;
  }
  return joined;
}

}  // namespace

JournalWriter::JournalWriter(Journal& journal, Callbacks callbacks)
    : journal_(journal), callbacks_(std::move(callbacks)), thread_([this] { run(); }) {}

JournalWriter::~JournalWriter() { stop(); }

void JournalWriter::submit(RecordBatch batch) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    check(!stopping_, "a batch was submitted to a stopped journal writer", batch.head.sequence);
    const bool was_urgent = urgent();
    const bool first = waiting_.empty();
    if (first) first_came_at_ = std::chrono::steady_clock::now();
    for (const std::string& record : batch.records) waiting_bytes_ += record.size();
    sync_wanted_ = sync_wanted_ || batch.sync;
    waiting_.push_back(std::move(batch));
    wake = first || (urgent() && !was_urgent);
  }
  if (wake) wake_.notify_one();
}

void JournalWriter::request_sync() {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty() || sync_wanted_) return;
    sync_wanted_ = true;
  }
  wake_.notify_one();
}

void JournalWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool JournalWriter::urgent() const { return sync_wanted_ || stopping_ || waiting_bytes_ >= kMaxWaitingBytes; }

JournalWriter::Work JournalWriter::take() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
  wake_.wait_until(lock, first_came_at_ + kMaxUnsynced, [this] { return urgent(); });
  waiting_bytes_ = 0;
  sync_wanted_ = false;
  return {std::exchange(waiting_, {}), stopping_};
}

void JournalWriter::run() {
  for (bool failed = false;;) {
    Work work = take();
    if (!failed && !work.batches.empty()) {
      const RecordBatch batch = join(std::move(work.batches));
      const Result<void> result = journal_.append(batch.records, batch.head, batch.kept, true);
      failed = !result;
      if (failed) {
        callbacks_.failed(result.error());
      } else {
        callbacks_.durable(batch.head.sequence);
      }
    }
    if (work.last) return;
  }
}

}  // namespace bw
