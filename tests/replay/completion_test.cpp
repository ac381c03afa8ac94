#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "replay/arguments.h"
#include "replay/command_line.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace bw::replay {
namespace {

std::set<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// What bash offers for the last of `typed`, which may be empty.
std::set<std::string> completed(const std::vector<std::string>& typed) {
  const TemporaryFolder folder("completion");
  const std::filesystem::path script = folder.path() / "script";
  std::ofstream(script) << completion_script("bash");
  std::string commands = "compopt() { :; }; source " + script.string() + "; COMP_WORDS=(bwreplay";
  for (const std::string& word : typed) commands += " '" + word + "'";
  commands += "); COMP_CWORD=" + std::to_string(typed.size()) + "; _bwreplay; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const Result<Output> output = run({.program = "/bin/bash", .arguments = {"--norc", "-u", "-c", commands}});
  EXPECT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->standard_error, "");
  return words_of(output->standard_output);
}

using Words = std::set<std::string>;

TEST(BashCompletion, OffersCommands) {
  EXPECT_EQ(completed({"e"}), Words({"explain"}));
  const Words all = completed({""});
  for (const char* command : {"log", "at", "explain", "audit", "verify", "completion"})
    EXPECT_TRUE(all.contains(command));
}

TEST(BashCompletion, OffersTheOptionsOfTheCommand) {
  EXPECT_EQ(completed({"log", "--k"}), Words({"--kind"}));
  EXPECT_EQ(completed({"verify", "--anch"}), Words({"--anchor", "--anchors"}));
  EXPECT_EQ(completed({"verify", "--out"}), Words({"--output"}));  // of all commands
  EXPECT_EQ(completed({"at", "--k"}), Words({}));
  EXPECT_EQ(completed({"--output", "json", "at", "--res"}), Words({"--reservations"}));
}

TEST(BashCompletion, OffersValues) {
  EXPECT_EQ(completed({"at", "--output", ""}), Words({"table", "json", "csv"}));
  EXPECT_EQ(completed({"at", "-o", "j"}), Words({"json"}));
  EXPECT_EQ(completed({"log", "--kind", "LinkO"}), Words({"LinkOvercommitted"}));
  EXPECT_EQ(completed({"log", "--from", ""}), Words({"start", "end"}));
  EXPECT_EQ(completed({"at", "e"}), Words({"end"}));
  EXPECT_EQ(completed({"completion", ""}), Words({"bash", "zsh", "fish"}));
  EXPECT_EQ(completed({"--journal", "/us"}), Words({"/usr"}));
}

// The other shells are not here to be asked: every command and option stands in their scripts.
TEST(Completion, KnowsEveryOptionInEveryShell) {
  CLI::App app("", "bwreplay");
  Arguments arguments;
  describe(app, arguments);
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell);
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      EXPECT_NE(script.find(command->get_name()), std::string::npos) << shell;
      EXPECT_FALSE(command->get_footer().empty()) << command->get_name() << " shows no example";
      for (const CLI::Option* option : command->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          const std::string spelled = shell == std::string("fish") ? "-l " + name : "--" + name;
          EXPECT_NE(script.find(spelled), std::string::npos) << shell << ": " << spelled;
        }
      }
    }
  }
}

}  // namespace
}  // namespace bw::replay
