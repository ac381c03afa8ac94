#include "replay/fold.h"

namespace bw::replay {

Result<Fold> Fold::begin(const JournalReader& journal) {
  if (journal.bounds().head.sequence == 0) return Error{ErrorCode::kNotFound, "the journal holds no events"};
  Result<EventReader> reader = EventReader::open(journal, 1, false);
  if (!reader) return reader.error();
  return Fold(journal, std::move(*reader));
}

Result<void> Fold::run_to(Sequence sequence) {
  while (state_->applied < sequence) {
    const Result<bool> more = next();
    if (!more) return more.error();
    if (!*more) {
      return Error{ErrorCode::kCorrupt, "the journal ends after event " + std::to_string(state_->applied) +
                                            ", although its head says otherwise: run verify"};
    }
    apply_event();
  }
  return {};
}

Result<void> Fold::go_on() {
  Result<EventReader> reader = EventReader::open(*journal_, state_->applied + 1, false);
  if (!reader) return reader.error();
  *reader_ = std::move(*reader);
  return {};
}

}  // namespace bw::replay
