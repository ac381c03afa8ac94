#include "replay/output.h"

#include <algorithm>
#include <ostream>

namespace bw::replay {
namespace {

bool is_number(const std::string& cell) {
  return cell.find_first_of("0123456789") != cell.npos && cell.find_first_not_of("0123456789.-/") == cell.npos;
}

}  // namespace

ExitCode exit_code(const Error& error) { return error.code == ErrorCode::kCorrupt ? kDoesNotHold : kUnusableInput; }

std::string csv_cell(const std::string& cell) {
  if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string megabits_text(BitsPerSecond rate) {
  const bool negative = rate < 0;
  const auto bits = negative ? 0 - static_cast<std::uint64_t>(rate) : static_cast<std::uint64_t>(rate);
  std::string text = (negative ? "-" : "") + std::to_string(bits / kBitsPerMegabit);
  const std::uint64_t rest = bits % kBitsPerMegabit;
  if (rest == 0) return text;
  std::string digits = std::to_string(rest + kBitsPerMegabit).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + "." + digits;
}

std::string megabits_text(const Rates& rates) { return megabits_text(rates.ul) + "/" + megabits_text(rates.dl); }

void Table::write(std::ostream& out, Format format) const {
  if (format == Format::kCsv) {
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) out << (i == 0 ? "" : ",") << csv_cell(row[i]);
      out << "\n";
    }
    return;
  }
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      const bool right = &row != &rows_.front() && is_number(row[i]);
      line += (i == 0 ? "" : "  ") + (right ? padding + row[i] : row[i] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

}  // namespace bw::replay
