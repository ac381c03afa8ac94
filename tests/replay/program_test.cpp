// The program itself, as a person runs it, on journals on disk.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "audited.h"
#include "journal/known_head.h"
#include "journal/rocksdb_journal.h"
#include "recorded.h"
#include "story.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

class Program : public testing::Test {
 protected:
  Program() : path_(folder_.path() / "journal") {
    Result<std::unique_ptr<RocksdbJournal>> journal = RocksdbJournal::open({.path = path_.string()});
    EXPECT_TRUE(journal) << journal.error().message;
    journal_ = std::move(*journal);
    world_ = small_story();
    record(*journal_, world_.events());
    EXPECT_TRUE(journal_->sync());
  }

  Output bwreplay(std::vector<std::string> arguments, const std::string& standard_input = "") {
    return ask(arguments, {"BWREPLAY_JOURNAL=" + path_.string()}, standard_input);
  }

  static Output ask(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                    const std::string& standard_input = "") {
    const Result<Output> output =
        run({.program = BWREPLAY_PROGRAM, .arguments = arguments, .environment = environment}, standard_input);
    EXPECT_TRUE(output) << output.error().message;
    return output ? *output : Output{};
  }

  // In a shell, where $bwreplay is the program; what follows sees its exit code.
  Output shell(const std::string& commands) {
    const std::string script = "bwreplay() { " BWREPLAY_PROGRAM " \"$@\"; }; " + commands;
    const Result<Output> output = run(
        {.program = "/bin/bash", .arguments = {"-c", script}, .environment = {"BWREPLAY_JOURNAL=" + path_.string()}});
    EXPECT_TRUE(output) << output.error().message;
    return output ? *output : Output{};
  }

  TemporaryFolder folder_{"program"};
  std::filesystem::path path_;
  World world_;
  std::unique_ptr<RocksdbJournal> journal_;  // open, as a running daemon has it
};

TEST_F(Program, ReadsAJournalThatIsBeingWritten) {
  EXPECT_EQ(Json::parse(bwreplay({"verify", "--output", "json"}).standard_output)["lastSequence"], 18);
  world_.gone("b");
  record(*journal_, world_.events());
  EXPECT_EQ(Json::parse(bwreplay({"verify", "-o", "json"}).standard_output)["lastSequence"], 19);
}

TEST_F(Program, ReadsAJournalThatNobodyWrites) {
  journal_.reset();
  const Output output = bwreplay({"at", "--output", "json"});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(Json::parse(output.standard_output)["sequence"], 18);
}

TEST_F(Program, TakesTheJournalFromAnOptionBeforeTheEnvironment) {
  const Output output = bwreplay({"at", "--journal", "/nowhere"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_EQ(output.standard_error, "bwreplay: there is no journal at /nowhere: give the path of one\n");
  EXPECT_EQ(ask({"at", "--journal", path_.string()}, {"BWREPLAY_JOURNAL=/nowhere"}).exit_code, 0);
  EXPECT_EQ(ask({"--journal", path_.string(), "at"}, {}).exit_code, 0);
}

TEST_F(Program, SaysWhatIsWrongWithACommandLine) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"at", "yesterday"},
       "bwreplay: \"yesterday\" is no instant: give a sequence (1234), a time (2026-11-23T10:00:00Z), start, end, or a "
       "distance from them (start+30s, end-1h30m)\n"},
      {{"explain", "a"}, "bwreplay: \"a\" is no pod: give NAMESPACE/POD\n"},
      {{"explain"}, "NAMESPACE/POD is required\nRun with --help for more information.\n"},
      {{"at", "--output", "xml"}, "--output: xml not in {table,json,csv}\nRun with --help for more information.\n"},
      {{"verify", "--anchor", "x:y"},
       "bwreplay: 'x:y' is not a head of a journal: give ID:SEQUENCE:HASH, as the statuses of Bandwidth objects and "
       "the "
       "Lease show it\n"},
      {{"verify", "--anchors", "/nowhere"}, "bwreplay: /nowhere cannot be read: give a file of anchors\n"},
      {{"fly"}, "The following argument was not expected: fly\nRun with --help for more information.\n"},
  };
  for (const auto& [arguments, sentence] : cases) {
    const Output output = bwreplay(arguments);
    EXPECT_EQ(output.exit_code, 2) << sentence;
    EXPECT_EQ(output.standard_error, sentence);
    EXPECT_EQ(output.standard_output, "");
  }
}

TEST_F(Program, ShowsHelpWithExamples) {
  const Output top = bwreplay({"--help"});
  EXPECT_EQ(top.exit_code, 0);
  const Output none = bwreplay({});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.standard_error, top.standard_output);
  EXPECT_NE(top.standard_output.find("Exit codes: 0 it holds, 1 it does not hold"), std::string::npos);
  for (const char* command : {"log", "at", "explain", "audit", "verify", "completion"}) {
    const Output output = bwreplay({command, "--help"});
    EXPECT_EQ(output.exit_code, 0);
    EXPECT_NE(output.standard_output.find("Examples:\n"), std::string::npos) << command;
  }
}

TEST_F(Program, TakesInstantsFromTheEnd) {
  EXPECT_EQ(bwreplay({"at", "-1ms", "--output", "json"}).standard_output,
            bwreplay({"at", "end-1ms", "--output", "json"}).standard_output);
  EXPECT_EQ(Json::parse(bwreplay({"at", "-1ms", "--output", "json"}).standard_output)["sequence"], 17);
  EXPECT_EQ(bwreplay({"log", "--from", "-0ms", "--output", "csv"}).standard_output,
            bwreplay({"log", "--from", "18", "-o", "csv"}).standard_output);
}

TEST_F(Program, TakesAnchorsFromOptionsAFileAndStandardInput) {
  const auto anchor = [&](Sequence at) { return to_text({JournalId{}, *head_at(*journal_, at)}); };
  std::ofstream(folder_.path() / "anchors") << "# of Monday\n\n" << anchor(3) << "\n  " << anchor(4) << " # n1\n";
  const Output output = bwreplay({"verify", "--anchor", anchor(1), "--anchor", anchor(2), "--anchors",
                                  (folder_.path() / "anchors").string(), "--output", "json"});
  EXPECT_EQ(output.exit_code, 0) << output.standard_error;
  EXPECT_EQ(Json::parse(output.standard_output)["anchors"].size(), 4U);
  EXPECT_EQ(bwreplay({"verify", "--anchors", "-"}, anchor(5) + "\n").exit_code, 0);
  const Output wrong = bwreplay({"verify", "--anchors", "-"}, anchor(5) + "\nx\n");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.standard_error.find("bwreplay: standard input, line 2: "), 0U) << wrong.standard_error;
  std::string lost = anchor(18);
  lost.replace(lost.find(":18:"), 4, ":99:");
  EXPECT_EQ(bwreplay({"verify", "--anchor", lost}).exit_code, 1);
}

TEST_F(Program, LeavesNoColoursAndNoProgressInAPipe) {
  for (const char* command : {"log", "at", "audit", "verify"}) {
    const Output output = bwreplay({command});
    EXPECT_EQ(output.standard_output.find('\x1b'), std::string::npos);
    EXPECT_EQ(output.standard_error, "");
  }
}

TEST_F(Program, AuditsAStretch) {
  const Output unknown = bwreplay({"audit", "-o", "json"});  // nothing was ever listed, and pods are placed
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_EQ(Json::parse(unknown.standard_output)["verdict"], "unknown");
  list_all(world_);
  const Sequence listed = world_.state().applied;
  bookmark_all(world_);
  record(*journal_, world_.events());
  const Output pass = bwreplay({"audit", "--from", std::to_string(listed), "--to", "end", "--strict", "-o", "json"});
  EXPECT_EQ(pass.exit_code, 0) << pass.standard_output;
  EXPECT_EQ(Json::parse(pass.standard_output)["strict"], true);
  EXPECT_EQ(Json::parse(pass.standard_output)["from"]["sequence"], listed);
  EXPECT_EQ(bwreplay({"audit", "--from", "10", "--to", "5"}).exit_code, 2);
}

TEST_F(Program, DoesNotMindAReaderThatHasEnough) {
  for (int i = 0; i < 4000; ++i) world_.bookmark(Stream::kPods, world_.version() + 1);
  record(*journal_, world_.events());
  const Output output = shell("bwreplay log | head -n 1; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(output.standard_error, "");
  EXPECT_EQ(output.standard_output.substr(output.standard_output.find('\n')), "\n0\n");
}

TEST_F(Program, SaysThatItsAnswerCannotBeWritten) {
  const Output output = shell("bwreplay at > /dev/full; echo $?");
  EXPECT_EQ(output.standard_output, "2\n");
  EXPECT_EQ(output.standard_error, "bwreplay: standard output cannot be written: No space left on device\n");
}

TEST_F(Program, SaysThatEventsContradictEachOther) {
  world_.record(std::vector<Fact>{});
  std::vector<Event> events = world_.events();
  Event twice = events.back();
  twice.sequence += 1;
  twice.fact = PodGone{PodNumber{77}, 0};  // nobody has that number
  events.push_back(twice);
  record(*journal_, events);
  const Output output = bwreplay({"verify"});
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_NE(output.standard_error.find("contradict each other"), std::string::npos) << output.standard_error;
}

TEST_F(Program, FollowsALiveJournal) {
  const std::filesystem::path log = folder_.path() / "log";
  Result<ChildProcess> child = ChildProcess::start(
      {.program = BWREPLAY_PROGRAM,
       .arguments = {"log", "--from", "end", "--follow", "-o", "json", "--journal", path_.string()}},
      log);
  ASSERT_TRUE(child) << child.error().message;
  const auto lines = [&] {
    std::ifstream file(log);
    std::vector<Sequence> sequences;
    for (std::string line; std::getline(file, line);) sequences.push_back(Json::parse(line)["sequence"]);
    return sequences;
  };
  const auto wait_for = [&](std::size_t count) {
    for (int i = 0; i < 300 && lines().size() < count; ++i) usleep(100'000);
  };
  wait_for(1);
  world_.gone("b");
  record(*journal_, world_.events());
  ASSERT_TRUE(journal_->sync());
  wait_for(2);
  EXPECT_EQ(lines(), (std::vector<Sequence>{18, 19}));
  EXPECT_TRUE(child->running());
  EXPECT_EQ(child->stop(), 0);
}

}  // namespace
}  // namespace bw::replay
