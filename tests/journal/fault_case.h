// A journal on a disk of which one operation fails: creation, appends with flushes and compactions, a second opening.
// Every failure must come out as an error, and what is opened afterwards must be the journal that was acknowledged.
// One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/support/faulty_file_system.h"

namespace bw {

struct OperationCount {
  std::uint64_t all = 0;
  std::uint64_t taking_room = 0;
};

// What fault.at counts, of a run in which nothing fails.
OperationCount count_operations();

// Absent: every promise was kept. Else which was not, in words.
std::optional<std::string> run_fault_case(const Fault& fault);

// Runs the case of every operation, or of every `stride`-th, for EIO and ENOSPC, once and for good. Absent: all kept
// their promises; else the first that did not. `count` is the number of cases.
std::optional<std::string> run_fault_cases(std::uint64_t stride, std::uint64_t& count);

}  // namespace bw
