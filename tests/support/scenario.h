// Scenarios: what is told to a small cluster and what comes of it, as text that reads like a dialogue.
//
//   # A comment.
//   node n1 network=1000
//   pod a 600M
//   ----
//   ok
//
// A block is command lines, a line `----`, the output of the commands ("ok" if they say nothing), and an empty line.
// Commands are in scenario_commands.cpp, what `show` prints in scenario_show.cpp. Thread: one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/world.h"

namespace bw {

// A command line: words, and key=value among them.
struct Command {
  std::string name;
  std::vector<std::string> words;
  std::map<std::string, std::string> options;

  std::string word(std::size_t index) const { return index < words.size() ? words[index] : std::string(); }
  const std::string* option(std::string_view key) const;
  bool is(std::string_view key, std::string_view value) const;
};

class Scenario {
 public:
  // Obeys one command; what it says ends with a line end, or is empty. An unknown command says so.
  std::string obey(std::string_view line);

 private:
  friend class ScenarioCommands;
  World world_;
  std::map<std::string, std::vector<PodSeen>> seen_;  // every form in which a pod was shown, by name
};

// Obeys the commands of `text` and returns it with the output that they have.
std::string play(std::string_view text);

// What `show WHAT NAME...` prints.
std::string show(const World& world, const Command& command);

// "100M", or "100M/50M" where the directions differ.
std::string rates_text(const Rates& rates);

}  // namespace bw
