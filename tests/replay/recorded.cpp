#include "recorded.h"

#include "journal/chain.h"
#include "journal/event_codec.h"

namespace bw::replay {

void record(Journal& journal, const std::vector<Event>& events) {
  Chain chain(journal.bounds().head);
  EventCodec codec;
  for (const Event& event : events) {
    if (event.sequence <= journal.bounds().head.sequence) continue;
    std::string bytes;
    codec.encode(event, bytes);
    const Head& head = chain.extend(bytes);
    std::vector<Head> kept;
    if (head.sequence % kKeptHashInterval == 0) kept.push_back(head);
    const Result<void> appended = journal.append(std::span(&bytes, 1), head, kept, false);
    check(appended.has_value(), "a test's journal cannot be written", head.sequence);
  }
}

std::unique_ptr<MemoryJournal> recorded(const std::vector<Event>& events) {
  auto journal = std::make_unique<MemoryJournal>();
  record(*journal, events);
  return journal;
}

}  // namespace bw::replay
