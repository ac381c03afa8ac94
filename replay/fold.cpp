#include "replay/fold.h"

namespace bw::replay {

Result<Fold> Fold::begin(const JournalReader& journal) {
  const JournalBounds bounds = journal.bounds();
  if (bounds.head.sequence == 0) return Error{ErrorCode::kNotFound, "the journal holds no events"};
  return Fold(journal, {bounds.first - 1, bounds.previous_hash});
}

Result<void> Fold::run_to(Sequence sequence) {
  while (state_->applied < sequence) {
    const Result<bool> more = next();
    if (!more) return more.error();
    check(*more, "a journal ends before an event that it holds", sequence);
    apply_event();
  }
  return {};
}

void Fold::go_on() { reader_ = std::make_unique<ChainReader>(*journal_, reader_->proved()); }

}  // namespace bw::replay
