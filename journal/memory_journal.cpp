#include "journal/memory_journal.h"

#include <algorithm>

namespace bw {
namespace {

class MemoryCursor : public RecordCursor {
 public:
  MemoryCursor(const std::deque<std::string>& records, Sequence from, Sequence last)
      : records_(records), next_(from), last_(last) {}

  Result<bool> next(Sequence& sequence, std::string_view& bytes) override {
    if (next_ > last_ || next_ > records_.size()) return false;
    sequence = next_++;
    bytes = records_[sequence - 1];
    return true;
  }

 private:
  const std::deque<std::string>& records_;
  Sequence next_;
  const Sequence last_;
};

}  // namespace

JournalBounds MemoryJournal::bounds() const {
  JournalBounds bounds;
  bounds.first = first_;
  bounds.previous_hash = previous_hash_;
  bounds.head = head_;
  return bounds;
}

Result<std::unique_ptr<RecordCursor>> MemoryJournal::read(Sequence from) const {
  return std::unique_ptr<RecordCursor>(
      std::make_unique<MemoryCursor>(records_, std::max(from, first_), head_.sequence));
}

std::optional<Sha256> MemoryJournal::kept_hash(Sequence sequence) const {
  if (sequence + 1 == first_) return previous_hash_;
  if (sequence < first_) return {};
  if (sequence == head_.sequence) return head_.hash;
  const auto kept = std::ranges::lower_bound(kept_, sequence, {}, &Head::sequence);
  if (kept == kept_.end() || kept->sequence != sequence) return {};
  return kept->hash;
}

Result<void> MemoryJournal::append(std::span<const std::string> records, const Head& head, std::span<const Head> kept,
                                   bool sync) {
  check(head_.sequence + records.size() == head.sequence, "appended records do not follow the journal", head.sequence);
  if (fail_in_ > 0 && --fail_in_ == 0) failed_ = true;
  if (failed_) return failure();
  records_.insert(records_.end(), records.begin(), records.end());
  kept_.insert(kept_.end(), kept.begin(), kept.end());
  head_ = head;
  if (sync) durable_ = head_;
  return {};
}

Result<void> MemoryJournal::sync() {
  if (failed_) return failure();
  durable_ = head_;
  return {};
}

Result<void> MemoryJournal::cut(Sequence first, const Sha256& previous_hash) {
  if (failed_) return failure();
  if (first <= first_) return {};
  check(first <= head_.sequence, "a journal is cut behind its head", first);
  first_ = first;
  previous_hash_ = previous_hash;
  return {};
}

std::uint64_t MemoryJournal::bytes_from(Sequence from) const {
  std::uint64_t bytes = 0;
  for (std::size_t i = std::max(from, first_) - 1; i < records_.size(); ++i) bytes += records_[i].size();
  return bytes;
}

void MemoryJournal::forget_unsynced() {
  head_ = durable_;
  records_.resize(head_.sequence);
  std::erase_if(kept_, [this](const Head& kept) { return kept.sequence > head_.sequence; });
}

Error MemoryJournal::failure() { return {ErrorCode::kIo, "the journal in memory fails, as it was told to"}; }

}  // namespace bw
