// What commands write: tables for people, JSON and CSV for programs; and the exit codes they share. Thread: one.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "journal/result.h"

namespace bw::replay {

enum class Format { kTable, kJson, kCsv };

enum ExitCode : int {
  kHolds = 0,
  kDoesNotHold = 1,
  kUnusableInput = 2,
  kUnknown = 3,
};

// What a command that could not answer ends with.
ExitCode exit_code(const Error& error);

// Columns as wide as their widest cell; numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void write(std::ostream& out, Format format) const;  // kTable or kCsv

 private:
  std::vector<std::vector<std::string>> rows_;
};

std::string csv_cell(const std::string& cell);

// "1000", "0.5": Mbit/s, exact.
std::string megabits_text(BitsPerSecond rate);
// "1000/500": ul/dl.
std::string megabits_text(const Rates& rates);

}  // namespace bw::replay
