// Events as records of a journal, with the chain over them, as the daemon's recorder writes them; and what commands say
// about them. Thread: one.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "journal/memory_journal.h"
#include "replay/output.h"
#include "tests/support/world.h"

namespace bw::replay {

// Appends the events that follow what the journal holds.
void record(Journal& journal, const std::vector<Event>& events);

std::unique_ptr<MemoryJournal> recorded(const std::vector<Event>& events);
inline std::unique_ptr<MemoryJournal> recorded(const World& world) { return recorded(world.events()); }

// What a command wrote, and what it ended with; of an error its sentence.
struct Answer {
  std::string text;
  std::string error;
  int exit_code = 0;
};

// ask([&](std::ostream& out) { return at(*journal, {}, Format::kTable, out); })
template <class Command>
Answer ask(Command command) {
  std::ostringstream out;
  const Result<ExitCode> ran = command(out);
  if (!ran) return {out.str(), ran.error().message, exit_code(ran.error())};
  return {out.str(), {}, *ran};
}

}  // namespace bw::replay
