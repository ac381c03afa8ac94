#include "controller/restore.h"

#include "journal/event_reader.h"

namespace bw {

Result<Restored> restore(const JournalReader& journal) {
  Restored restored{std::make_unique<State>(), journal.bounds().head, 0};
  Result<EventReader> events = EventReader::open(journal, 1, false);
  if (!events) return events.error();
  Event event;
  while (true) {
    const Result<bool> more = events->next(event);
    if (!more) return more.error();
    if (!*more) return restored;
    apply(*restored.state, event);
  }
}

}  // namespace bw
