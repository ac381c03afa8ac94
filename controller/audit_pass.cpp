#include "controller/audit_pass.h"

#include <algorithm>
#include <utility>

namespace bw {

AuditPass::AuditPass(const JournalReader& journal, Restored start)
    : state_(std::move(start.state)), records_(journal, start.head) {}

void AuditPass::note(const DigestNote& note) {
  if (note.sequence >= state_->applied) notes_.push_back(note);
}

Result<bool> AuditPass::run(Sequence durable) {
  if (error_) return *error_;
  if (Result<void> compared = compare(); !compared) return compared.error();
  const Sequence at = head().sequence;
  const Sequence end = std::min(durable, (at / kKeptHashInterval + 1) * kKeptHashInterval);
  if (at >= end) {
    records_.release();
    return false;
  }
  while (head().sequence < end) {
    if (Result<void> taken = take(); !taken) return taken.error();
    if (Result<void> compared = compare(); !compared) return compared.error();
  }
  return true;
}

// The next event, which there is.
Result<void> AuditPass::take() {
  const Result<std::string_view> bytes = records_.next();
  if (!bytes) return failed(bytes.error().message);
  if (Result<void> decoded = codec_.decode(head().sequence, *bytes, event_); !decoded) {
    return failed(decoded.error().message);
  }
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
  records_.release();
  return *error_;
}

ChainPass::ChainPass(const JournalReader& journal, const Head& end)
    : journal_(journal),
      end_(end),
      records_(journal, Head{journal.bounds().first - 1, journal.bounds().previous_hash}) {}

Result<bool> ChainPass::run() {
  const JournalBounds bounds = journal_.bounds();
  const Head before{bounds.first - 1, bounds.previous_hash};
  // What is before has been cut off in the meantime.
  if (before.sequence > records_.head().sequence) records_ = ProvedRecords(journal_, before);
  if (done()) {
    records_.release();
    return false;
  }
  do {
    if (const Result<std::string_view> bytes = records_.next(); !bytes) return bytes.error();
    if (done() && records_.head().hash != end_.hash) return records_.broken();
  } while (!done() && records_.head().sequence % kKeptHashInterval != 0);
  return true;
}

}  // namespace bw
