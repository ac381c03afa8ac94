// One seeded crash test: a journal on a disk that forgets, used as its writer does, through flushes and compactions;
// power is lost at a random operation, those of opening included; what is left is opened again and compared with the
// oracle; this several times over. One thread; on one of run_reproducibly() (tests/support/stepped_env.h) the same seed
// is the same case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bw {

struct CrashStatistics {
  std::uint64_t crashes = 0;
  std::uint64_t in_open = 0;     // of these: while the journal was opened or created
  std::uint64_t operations = 0;  // of the file system
  std::uint64_t tables = 0;      // files that flushes and compactions had made and power losses found
  std::uint64_t shorter = 0;     // times that something was missing of what was given but not acknowledged
  std::uint64_t reported = 0;    // times that dropped_tail() said that bytes were dropped
  std::uint64_t refused = 0;     // cases that ended with a MANIFEST of which sectors were not written

  void add(const CrashStatistics& other);
};

// Absent: every promise was kept. Else which was not, in words.
std::optional<std::string> run_crash_case(std::uint64_t seed, CrashStatistics& statistics);

}  // namespace bw
