// The options of bwreplay as they were typed, and their description, from which the parser, the help and the shells'
// completion come. Private to the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace bw::replay {

struct Arguments {
  std::string journal = "/var/lib/bandwidth/journal";
  std::string url, token_file;
  std::string output = "table";
  std::string instant = "end";
  std::string from, to, kind, pod;
  std::optional<std::uint32_t> attempt;
  std::vector<std::string> anchors;
  std::string anchor_file;
  std::string shell;
  bool follow = false;
  bool reservations = false;
  bool skip_decisions = false;
  bool strict = false;
};

// Fills `app`; parsing it fills `arguments`.
void describe(CLI::App& app, Arguments& arguments);

}  // namespace bw::replay
