#include "replay/fold.h"

#include "journal/proved_snapshot.h"
#include "projections/snapshot.h"

namespace bw::replay {
namespace {

Error cannot_begin(Sequence first, const Error& why) {
  return {why.code, "the journal begins with event " + std::to_string(first) +
                        ", and the snapshot that stands for what was before it cannot be used: " + why.message +
                        "; give a whole copy of the journal, its folder snapshots included"};
}

}  // namespace

Result<Fold> Fold::begin(const JournalReader& journal) {
  const JournalBounds bounds = journal.bounds();
  if (bounds.head.sequence == 0) return Error{ErrorCode::kNotFound, "the journal holds no events"};
  Result<std::unique_ptr<State>> state = first_state(journal);
  if (!state) return state.error();
  return Fold(journal, {bounds.first - 1, bounds.previous_hash}, std::move(*state));
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

Result<std::unique_ptr<State>> first_state(const JournalReader& journal) {
  const Sequence first = journal.bounds().first;
  if (first == 1) return std::make_unique<State>();
  Result<ProvedSnapshot> snapshot = ProvedSnapshot::open(journal, first - 1);
  if (!snapshot) return cannot_begin(first, snapshot.error());
  Result<State> state = state_from([&](SnapshotRecord& record) { return snapshot->next(record); });
  if (!state) return cannot_begin(first, state.error());
  return std::make_unique<State>(std::move(*state));
}

void Fold::go_on() { reader_ = std::make_unique<ChainReader>(*journal_, reader_->proved()); }

}  // namespace bw::replay
