#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "recorded.h"
#include "replay/commands.h"
#include "story.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

Answer log_of(const World& world, const LogOptions& options, Format format) {
  const auto journal = recorded(world);
  return ask([&](std::ostream& out) { return log(*journal, options, format, out); });
}

LogOptions between(const char* from, const char* to) {
  LogOptions options;
  options.from = *parse_instant(from);
  options.to = *parse_instant(to);
  return options;
}

std::vector<Sequence> sequences(const std::string& lines) {
  std::vector<Sequence> found;
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) found.push_back(Json::parse(line)["sequence"]);
  return found;
}

TEST(Log, IsALineForEachEvent) {
  const Answer answer = log_of(small_story(), between("10", "13"), Format::kTable);
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_EQ(
      answer.text,
      "      10  2026-01-01T00:00:00.008000000Z  FilterDecided       pod=net/a attempt=1 offered=2 fitting=1 named=1 "
      "refused={\"insufficient network uplink bandwidth\":1}\n"
      "      11  2026-01-01T00:00:00.009000000Z  PrioritizeDecided   pod=net/a filter=10\n"
      "      12  2026-01-01T00:00:00.010000000Z  BandwidthReserved   pod=net/a node=n1 ulBitsPerSecond=600000000 "
      "dlBitsPerSecond=600000000 allLinks=true\n"
      "      13  2026-01-01T00:00:00.011000000Z  BindingConfirmed    pod=net/a node=n1\n");
}

TEST(Log, IsJsonLinesAndCsvForPrograms) {
  EXPECT_EQ(log_of(small_story(), between("13", "13"), Format::kJson).text,
            R"({"sequence":13,"time":"2026-01-01T00:00:00.011000000Z","kind":"BindingConfirmed",)"
            R"("fact":{"pod":"net/a","node":"n1"}})"
            "\n");
  EXPECT_EQ(log_of(small_story(), between("13", "13"), Format::kCsv).text,
            "sequence,time,term,kind,fact\n"
            R"(13,2026-01-01T00:00:00.011000000Z,0,BindingConfirmed,"{""pod"":""net/a"",""node"":""n1""}")"
            "\n");
}

TEST(Log, ShowsTheTermOfALeader) {
  World world;
  world.begin_term(7);
  world.record(TakeOverEnded{});
  EXPECT_EQ(log_of(world, between("end", "end"), Format::kJson).text,
            R"({"sequence":4,"time":"2026-01-01T00:00:00.004000000Z","term":7,"kind":"TakeOverEnded","fact":{}})"
            "\n");
}

TEST(Log, IsCutByInstantsKindAndPod) {
  const World world = small_story();
  EXPECT_EQ(log_of(world, between("2026-01-01T00:00:00.003Z", "2026-01-01T00:00:00.004Z"), Format::kCsv).text,
            "sequence,time,term,kind,fact\n"
            R"(3,2026-01-01T00:00:00.003000000Z,0,NodeNumbered,"{""node"":""n1""}")"
            "\n"
            R"(4,2026-01-01T00:00:00.003000000Z,0,NodeObserved,"{""node"":""n1"",""uid"":""uid-node-n1"",)"
            R"(""resourceVersion"":1}")"
            "\n"
            R"(5,2026-01-01T00:00:00.004000000Z,0,BandwidthObserved,"{""node"":""n1"",""resourceVersion"":2,)"
            R"(""generation"":1,""capacity"":{""networkUlBitsPerSecond"":1000000000,)"
            R"(""networkDlBitsPerSecond"":1000000000}}")"
            "\n");
  LogOptions kind;
  kind.kind = "FilterDecided";
  EXPECT_EQ(sequences(log_of(world, kind, Format::kJson).text), (std::vector<Sequence>{10, 16}));
  LogOptions pod;
  pod.pod = "net/b";
  EXPECT_EQ(sequences(log_of(world, pod, Format::kJson).text), (std::vector<Sequence>{15, 16}));
}

TEST(Log, KnowsAPodByItsNameInEveryFactAboutIt) {
  World world;
  world.node("n1", 1000);
  world.pod("a", "600M");
  world.filter("a");
  world.bind("a", "n1");
  world.bind("a", "n2");  // refused, and recorded with the uid alone
  world.confirm("a");
  world.edit("a", [](PodSeen&) {});  // unchanged
  world.gone("a");
  world.pod("z", "1M");  // takes the number that is free again
  LogOptions options;
  options.pod = "net/a";
  const std::string text = log_of(world, options, Format::kJson).text;
  std::vector<std::string> kinds;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) kinds.push_back(Json::parse(line)["kind"]);
  EXPECT_EQ(kinds, (std::vector<std::string>{"PodObserved", "FilterDecided", "BandwidthReserved", "BindRefused",
                                             "BindingConfirmed", "PodObserved", "ObjectUnchanged", "PodGone"}));
  EXPECT_NE(text.find(R"("kind":"PodGone","fact":{"pod":"net/a",)"), std::string::npos) << text;
}

TEST(Log, RefusesAKindThatThereIsNot) {
  LogOptions options;
  options.kind = "BandwidthReservd";
  const Answer answer = log_of(small_story(), options, Format::kTable);
  EXPECT_EQ(answer.exit_code, kUnusableInput);
  EXPECT_EQ(answer.error, "\"BandwidthReservd\" is no kind of fact: give one that a log shows, as BandwidthReserved");
}

TEST(Log, ShowsBrokenTextsAsTheyAre) {
  World world;
  world.record(ObjectUnreadable{Stream::kPods, "net", "a", 7, "cut inside a character: \xc3"});
  const Answer answer = log_of(world, between("end", "end"), Format::kJson);
  EXPECT_EQ(Json::parse(answer.text)["fact"]["problem"], "cut inside a character: \xef\xbf\xbd");
}

TEST(Log, FollowsWhatIsWrittenWhileItWaits) {
  World world = small_story();
  const auto journal = recorded(world);
  int waited = 0;
  LogOptions options = between("end", "end");
  options.to.reset();
  options.wait = [&]() -> Result<bool> {
    ++waited;
    if (waited == 2) {
      world.gone("b");
      record(*journal, world.events());
    }
    return waited < 4;
  };
  const Answer answer = ask([&](std::ostream& out) { return log(*journal, options, Format::kJson, out); });
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_EQ(sequences(answer.text), (std::vector<Sequence>{18, 19}));
  EXPECT_EQ(waited, 4);
}

TEST(Log, EndsWithTheTroubleOfWaiting) {
  LogOptions options;
  options.wait = []() -> Result<bool> { return Error{ErrorCode::kIo, "the disk is gone"}; };
  const Answer answer = log_of(small_story(), options, Format::kTable);
  EXPECT_EQ(answer.exit_code, kUnusableInput);
  EXPECT_EQ(answer.error, "the disk is gone");
}

TEST(Log, StopsWhenNobodyReadsAnyMore) {
  const auto journal = recorded(small_story());
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  LogOptions options;
  options.wait = []() -> Result<bool> {
    ADD_FAILURE() << "it goes on";
    return false;
  };
  EXPECT_TRUE(log(*journal, options, Format::kTable, out));
}

}  // namespace
}  // namespace bw::replay
