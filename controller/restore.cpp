#include "controller/restore.h"

#include <variant>

#include "journal/chain.h"
#include "journal/event_reader.h"
#include "journal/proved_snapshot.h"
#include "projections/snapshot.h"

namespace bw {
namespace {

// The id that the first event gives; absent where that event is not kept.
Result<std::optional<JournalId>> first_id(const JournalReader& journal) {
  const JournalBounds bounds = journal.bounds();
  if (bounds.first != 1 || bounds.head.sequence == 0) return std::optional<JournalId>();
  Result<EventReader> events = EventReader::open(journal, 1, false);
  if (!events) return events.error();
  Event event;
  const Result<bool> more = events->next(event);
  if (!more) return more.error();
  const auto* created = std::get_if<JournalCreated>(&event.fact);
  return created == nullptr ? std::optional<JournalId>() : std::optional(created->id);
}

struct FromSnapshot {
  std::unique_ptr<State> state;
  Head head;
};

Result<FromSnapshot> open_snapshot(const JournalReader& journal, Sequence sequence,
                                   const std::optional<JournalId>& id) {
  Result<ProvedSnapshot> snapshot = ProvedSnapshot::open(journal, sequence);
  if (!snapshot) return snapshot.error();
  Result<State> state = state_from([&](SnapshotRecord& record) { return snapshot->next(record); });
  if (!state) return state.error();
  if (id && state->journal != *id) {
    return Error{ErrorCode::kCorrupt, "the snapshot " + snapshot->taken().file + " is of journal " +
                                          to_hex(state->journal) + ", not of this one"};
  }
  return FromSnapshot{std::make_unique<State>(std::move(*state)), snapshot->head()};
}

}  // namespace

Result<Restored> restore_snapshot(const JournalReader& journal) {
  const JournalBounds bounds = journal.bounds();
  Restored restored{std::make_unique<State>(), {bounds.first - 1, bounds.previous_hash}, 0, {}};
  Result<std::vector<Sequence>> snapshots = usable_snapshots(journal);
  if (!snapshots) {
    restored.not_usable.push_back(snapshots.error().message);
    snapshots = std::vector<Sequence>();
  }
  const Result<std::optional<JournalId>> id = first_id(journal);
  if (!id) return id.error();
  for (auto newest = snapshots->rbegin(); newest != snapshots->rend(); ++newest) {
    const Sequence sequence = *newest;
    Result<FromSnapshot> found = open_snapshot(journal, sequence, *id);
    if (found) {
      restored.state = std::move(found->state);
      restored.head = found->head;
      restored.from_snapshot = sequence;
      return restored;
    }
    restored.not_usable.push_back(found.error().message);
  }
  if (bounds.first != 1) {
    return Error{ErrorCode::kCorrupt, "the journal at " + journal.folder() + " begins with event " +
                                          std::to_string(bounds.first) + ", and no snapshot says what was before it" +
                                          (restored.not_usable.empty() ? "" : " (" + restored.not_usable.back() + ")") +
                                          "; restore it from a copy"};
  }
  return restored;
}

Result<Restored> restore(const JournalReader& journal) {
  Result<Restored> restored = restore_snapshot(journal);
  if (!restored) return restored;
  Result<EventReader> events = EventReader::open(journal, restored->head.sequence + 1, true);
  if (!events) return events.error();
  Event event;
  while (true) {
    const Result<bool> more = events->next(event);
    if (!more) return more.error();
    if (!*more) break;
    apply(*restored->state, event);
  }
  restored->head = journal.bounds().head;
  return restored;
}

}  // namespace bw
