// Records of a journal whose chain holds, which says nothing of what is in them: read to the end or to the first that
// is no event.
#include "fuzz_input.h"
#include "journal/event_reader.h"
#include "journal/known_head.h"
#include "journal/memory_journal.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bw::MemoryJournal journal;
  bw::Chain chain;
  for (const std::string_view part : bw::parts_of(bw::text_of(data, size))) {
    const std::string record(part);
    const bw::Head head = chain.extend(record);
    bw::check(journal.append({&record, 1}, head, {}, true).has_value(), "memory cannot be written");
  }
  auto reader = bw::EventReader::open(journal, 1, true);
  bw::check(reader.has_value(), "a journal in memory cannot be opened");
  bw::Event event;
  while (true) {
    const bw::Result<bool> more = reader->next(event);
    if (!more) return 0;
    if (!*more) break;
  }
  bw::check(reader->head() == chain.head(), "the chain ends elsewhere");
  return 0;
}
