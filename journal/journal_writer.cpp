#include "journal/journal_writer.h"

#include <iterator>
#include <utility>

namespace bw {
namespace {

constexpr std::chrono::milliseconds kMaxUnsynced{50};

// Joins batches into one; they follow each other.
RecordBatch join(std::vector<RecordBatch> batches) {
  RecordBatch joined = std::move(batches.front());
  for (std::size_t i = 1; i < batches.size(); ++i) {
    RecordBatch& batch = batches[i];
    std::move(batch.records.begin(), batch.records.end(), std::back_inserter(joined.records));
    joined.kept.insert(joined.kept.end(), batch.kept.begin(), batch.kept.end());
    joined.head = batch.head;
    joined.sync = joined.sync || batch.sync;
  }
  return joined;
}

}  // namespace

JournalWriter::JournalWriter(Journal& journal, Callbacks callbacks)
    : journal_(journal), callbacks_(std::move(callbacks)), thread_([this] { run(); }) {}

JournalWriter::~JournalWriter() { stop(); }

void JournalWriter::submit(RecordBatch batch) {
  {
    const std::lock_guard lock(mutex_);
    check(!stopping_, "a batch was submitted to a stopped journal writer", batch.head.sequence);
    waiting_.push_back(std::move(batch));
  }
  wake_.notify_one();
}

void JournalWriter::request_sync() {
  {
    const std::lock_guard lock(mutex_);
    sync_requested_ = true;
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

JournalWriter::Work JournalWriter::take(std::optional<TimePoint> deadline) {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return !waiting_.empty() || sync_requested_ || stopping_; };
  if (deadline) {
    wake_.wait_until(lock, *deadline, has_work);
  } else {
    wake_.wait(lock, has_work);
  }
  return {std::exchange(waiting_, {}), std::exchange(sync_requested_, false) || stopping_, stopping_};
}

void JournalWriter::run() {
  Sequence written = 0;               // last one that was given to the journal
  std::optional<TimePoint> deadline;  // for a sync; absent: nothing is unsynced
  for (bool failed = false;;) {
    Work work = take(deadline);
    if (!failed) {
      Result<void> result;
      bool sync = work.sync || (deadline && TimePoint::clock::now() >= *deadline);
      if (!work.batches.empty()) {
        const RecordBatch batch = join(std::move(work.batches));
        sync = sync || batch.sync;
        written = batch.head.sequence;
        if (!deadline) deadline = TimePoint::clock::now() + kMaxUnsynced;
        result = journal_.append(batch.records, batch.head, batch.kept, sync);
      } else if (deadline && sync) {
        result = journal_.sync();
      }
      if (!result) callbacks_.failed(result.error());
      if (result && deadline && sync) callbacks_.durable(written);
      failed = !result;
      if (failed || sync) deadline.reset();
    }
    if (work.last) return;
  }
}

}  // namespace bw
