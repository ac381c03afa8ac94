// What was asked for on the command line of bwreplay, checked. Thread: one.
#pragma once

#include <optional>
#include <string>

#include "replay/commands.h"

namespace bw::replay {

struct CommandLine {
  std::string command;  // log, at, explain, audit, verify, completion
  std::string journal;
  std::string url, token_file;  // "": it is in the folder `journal`
  Format format = Format::kTable;
  LogOptions log;
  bool follow = false;  // log
  AtOptions at;
  ExplainOptions explain;
  VerifyOptions verify;
  AuditOptions audit;
  std::string shell;  // completion
};

// Absent: all is said (help, version, or what is wrong, on standard error); `exit_code` is what to end with.
std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, ExitCode& exit_code);

// The script that completes commands, options and their values in `shell`: bash, zsh or fish.
std::string completion_script(const std::string& shell);

}  // namespace bw::replay
