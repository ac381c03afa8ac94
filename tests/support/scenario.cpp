#include "tests/support/scenario.h"

#include <sstream>

namespace bw {
namespace {

constexpr std::string_view kRule = "----";

}  // namespace

const std::string* Command::option(std::string_view key) const {
  const auto found = options.find(std::string(key));
  return found == options.end() ? nullptr : &found->second;
}

bool Command::is(std::string_view key, std::string_view value) const {
  const std::string* given = option(key);
  return given != nullptr && *given == value;
}

std::string play(std::string_view text) {
  Scenario scenario;
  std::istringstream lines{std::string(text)};
  std::string played, output, line;
  bool expecting = false;  // between the rule and the empty line: what is there is replaced
  while (std::getline(lines, line)) {
    if (expecting) {
      if (!line.empty()) continue;
      expecting = false;
    }
    played += line + "\n";
    if (line.empty() || line.front() == '#') continue;
    if (line == kRule) {
      played += output.empty() ? "ok\n" : output;
      output.clear();
      expecting = true;
    } else {
      output += scenario.obey(line);
    }
  }
  if (!output.empty()) played += "the last block has no rule\n";
  return played;
}

}  // namespace bw
