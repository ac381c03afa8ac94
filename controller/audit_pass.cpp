#include "controller/audit_pass.h"

#include <algorithm>
#include <utility>

namespace bw {
namespace {

std::string in_journal(const JournalReader& journal) {
  return journal.folder().empty() ? std::string("the journal") : "the journal at " + journal.folder();
}

Error broken(const JournalReader& journal, Sequence sequence) {
  return {ErrorCode::kCorrupt, in_journal(journal) + " is damaged: the chain does not hold at event " +
                                   std::to_string(sequence) + "; keep it, run bwreplay verify on it, and restore it " +
                                   "from a copy"};
}

bool differs(const JournalReader& journal, const Head& head) {
  if (head.sequence % kKeptHashInterval != 0) return false;
  const std::optional<Sha256> kept = journal.kept_hash(head.sequence);
  return kept && *kept != head.hash;
}

}  // namespace

AuditPass::AuditPass(const JournalReader& journal, Restored start)
    : journal_(journal), state_(std::move(start.state)), chain_(start.head) {}

void AuditPass::note(const DigestNote& note) {
  if (note.sequence >= state_->applied) notes_.push_back(note);
}

Result<bool> AuditPass::run(Sequence durable) {
  if (error_) return *error_;
  if (Result<void> compared = compare(); !compared) return compared.error();
  const Sequence at = chain_.head().sequence;
  const Sequence end = std::min(durable, (at / kKeptHashInterval + 1) * kKeptHashInterval);
  if (at >= end) {
    cursor_.reset();  // would hold on to files that the journal may want to remove
    return false;
  }
  while (chain_.head().sequence < end) {
    if (Result<void> taken = take(); !taken) return taken.error();
    if (Result<void> compared = compare(); !compared) return compared.error();
  }
  return true;
}

// The next event, which there is.
Result<void> AuditPass::take() {
  Sequence sequence = 0;
  std::string_view bytes;
  for (int time = 0;; ++time) {
    if (cursor_ == nullptr) {
      Result<std::unique_ptr<RecordCursor>> cursor = journal_.read(chain_.head().sequence + 1);
      if (!cursor) return failed(cursor.error().message);
      cursor_ = std::move(*cursor);
    }
    const Result<bool> more = cursor_->next(sequence, bytes);
    if (!more) return failed(more.error().message);
    if (*more) break;
    check(time == 0, "a durable event is not in the journal", chain_.head().sequence + 1);
    cursor_.reset();  // it ends where the journal did when it was made
  }
  const Head& head = chain_.extend(bytes);
  check(head.sequence == sequence, "the auditor reads events out of order", sequence);
  if (differs(journal_, head)) return failed(broken(journal_, sequence).message);
  if (Result<void> decoded = codec_.decode(sequence, bytes, event_); !decoded) return failed(decoded.error().message);
  apply(*state_, event_);
  return {};
}

Result<void> AuditPass::compare() {
  while (!notes_.empty() && notes_.front().sequence <= state_->applied) {
    const DigestNote note = notes_.front();
    notes_.pop_front();
    if (note.sequence < state_->applied || note.digest == state_->digest) continue;
    return failed("after event " + std::to_string(note.sequence) +
                  " the live state was not what the journal says: restart the process, which folds the journal anew");
  }
  return {};
}

Error AuditPass::failed(std::string sentence) {
  error_ = Error{ErrorCode::kCorrupt, std::move(sentence)};
  cursor_.reset();
  return *error_;
}

ChainPass::ChainPass(const JournalReader& journal, const Head& end)
    : journal_(journal), end_(end), chain_(Head{journal.bounds().first - 1, journal.bounds().previous_hash}) {}

Result<bool> ChainPass::run() {
  const JournalBounds bounds = journal_.bounds();
  if (bounds.first - 1 > chain_.head().sequence) {  // what is before has been cut off in the meantime
    chain_ = Chain(Head{bounds.first - 1, bounds.previous_hash});
    cursor_.reset();
  }
  if (done()) {
    cursor_.reset();
    return false;
  }
  if (cursor_ == nullptr) {
    Result<std::unique_ptr<RecordCursor>> cursor = journal_.read(chain_.head().sequence + 1);
    if (!cursor) return cursor.error();
    cursor_ = std::move(*cursor);
  }
  while (chain_.head().sequence < end_.sequence) {
    Sequence sequence = 0;
    std::string_view bytes;
    const Result<bool> more = cursor_->next(sequence, bytes);
    if (!more) return more.error();
    check(*more, "a durable event is not in the journal", chain_.head().sequence + 1);
    const Head& head = chain_.extend(bytes);
    const bool wrong_end = sequence == end_.sequence && head.hash != end_.hash;
    if (wrong_end || differs(journal_, head)) return broken(journal_, sequence);
    if (sequence % kKeptHashInterval == 0) break;
  }
  return true;
}

}  // namespace bw
