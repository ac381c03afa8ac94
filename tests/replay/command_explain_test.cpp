#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "extender/explanation_json.h"
#include "projections/explain.h"
#include "recorded.h"
#include "replay/commands.h"
#include "story.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

Answer explain_in_journal(const World& world, const ExplainOptions& options, Format format) {
  const auto journal = recorded(world);
  return ask([&](std::ostream& out) { return explain(*journal, options, format, out); });
}

ExplainOptions of(const std::string& pod, std::optional<std::uint32_t> attempt = {}, const std::string& at = "end") {
  return {"net", pod, *parse_instant(at), attempt};
}

// What /v1/explain answers in this state.
Json live(const World& world, const std::string& pod) {
  return Json::parse(explanation_json(world.state(), explain(world.state(), world.pod_number(pod))));
}

TEST(Explain, SaysPerNodeWhichLinkLacksHowMuch) {
  const Answer answer = explain_in_journal(small_story(), of("b"), Format::kTable);
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_EQ(answer.text, R"(attempt 1 at sequence 16, on the state as of 15 (2026-01-01T00:00:00.013000000Z)
net/b asks for ul 700000000, dl 100000000 bit/s
NODE  VERDICT                                LINK     LACKING-UL  LACKING-DL
n1    insufficient network uplink bandwidth  network   300000000           0
n2    insufficient network uplink bandwidth  network   200000000           0

ATTEMPT  SEQUENCE  TIME                      OFFERED  FITTING  OUTCOME  REFUSALS
      1        16  2026-01-01T00:00:00.014Z        2        0  refused  2 insufficient network uplink bandwidth

as of sequence 18 it fits on 0 of 2 nodes
)");
  EXPECT_EQ(explain_in_journal(small_story(), of("b"), Format::kCsv).text,
            "node,fits,score,reason,link,linkOf,lackingUlBitsPerSecond,lackingDlBitsPerSecond\n"
            "n1,false,,insufficient network uplink bandwidth,network,,300000000,0\n"
            "n2,false,,insufficient network uplink bandwidth,network,,200000000,0\n");
}

TEST(Explain, SaysWhereAPodWentAndWhatElseFitted) {
  const Answer answer = explain_in_journal(small_story(), of("a"), Format::kTable);
  EXPECT_EQ(answer.text, R"(attempt 1 at sequence 10, on the state as of 9 (2026-01-01T00:00:00.007000000Z)
net/a asks for ul 600000000, dl 600000000 bit/s
NODE  VERDICT                                LINK     LACKING-UL  LACKING-DL
n1    fits, score 180
n2    insufficient network uplink bandwidth  network   100000000   100000000

ATTEMPT  SEQUENCE  TIME                      OFFERED  FITTING  OUTCOME         REFUSALS
      1        10  2026-01-01T00:00:00.008Z        2        1  reserved on n1  1 insufficient network uplink bandwidth

as of sequence 18 it is bound to n1
)");
}

// A pod that is tried three times: in vain, the same again, and then with room on n1.
struct ThreeAttempts {
  World world;
  Json before_first, before_second, before_third, at_end;

  ThreeAttempts() {
    world.node("n1", 1000);
    world.pod("big", "900M");
    world.run("big", "n1");
    world.pod("p", "200M");
    before_first = live(world, "p");
    world.filter("p");
    before_second = live(world, "p");
    world.filter("p");
    world.gone("big");
    before_third = live(world, "p");
    world.filter("p");
    world.bind("p", "n2");  // refused: nobody knows that node
    world.run("p", "n1");
    at_end = live(world, "p");
  }

  Json explained(std::optional<std::uint32_t> attempt, const std::string& at = "end") const {
    const Answer answer = explain_in_journal(world, of("p", attempt, at), Format::kJson);
    EXPECT_EQ(answer.error, "");
    return Json::parse(answer.text);
  }
};

// All that the live answer has stands in the explanation of the attempt; the rest is about attempts.
void expect_same(const Json& explained, const Json& live) {
  for (const auto& [key, value] : live.items()) EXPECT_EQ(explained[key], value) << key;
}

TEST(Explain, GivesTheNumbersThatTheReadApiGave) {
  const ThreeAttempts story;
  expect_same(story.explained(1), story.before_first);
  expect_same(story.explained(2), story.before_second);
  expect_same(story.explained(3), story.before_third);
  expect_same(story.explained({}), story.before_third);
  EXPECT_EQ(story.explained({})["asOf"], story.at_end);
  EXPECT_NE(story.before_first["nodes"], story.before_third["nodes"]);
}

TEST(Explain, ListsTheAttemptsAndWhatCameOfThem) {
  const ThreeAttempts story;
  const Json json = story.explained({});
  EXPECT_EQ(json["history"].dump(),
            R"([{"attempt":1,"sequence":11,"time":"2026-01-01T00:00:00.010000000Z","offered":1,"fitting":0,)"
            R"("refused":{"insufficient network uplink bandwidth":1}},)"
            R"({"attempt":2,"sequence":12,"time":"2026-01-01T00:00:00.011000000Z","offered":1,"fitting":0,)"
            R"("repeated":true,"refused":{"insufficient network uplink bandwidth":1}},)"
            R"({"attempt":3,"sequence":14,"time":"2026-01-01T00:00:00.013000000Z","offered":1,"fitting":1,)"
            R"("node":"n1","bindRefused":"no bandwidth capacity recorded for node"}])");
  EXPECT_EQ(json["attempt"], json["history"][2]);
  EXPECT_EQ(story.explained(2)["attempt"], json["history"][1]);
}

TEST(Explain, KnowsOnlyTheAttemptsUpToTheInstant) {
  const ThreeAttempts story;
  const Json json = story.explained({}, "13");
  expect_same(json, story.before_second);
  EXPECT_EQ(json["history"].size(), 2U);
  EXPECT_EQ(json["asOf"], story.before_third);
}

TEST(Explain, NamesOfferedNodesThatNobodyKnows) {
  World world;
  world.node("n1", 100);
  world.pod("p", "200M");
  world.filter("p", {"zebra", "n1", "aardvark"});
  const Json json = Json::parse(explain_in_journal(world, of("p"), Format::kJson).text);
  ASSERT_EQ(json["nodes"].size(), 3U);
  EXPECT_EQ(json["nodes"][0].dump(),
            R"({"name":"aardvark","fits":false,"reason":"no bandwidth capacity recorded for node"})");
  EXPECT_EQ(json["nodes"][1]["name"], "n1");
  EXPECT_EQ(json["nodes"][2]["name"], "zebra");
  EXPECT_EQ(json["attempt"]["offered"], 3);
}

TEST(Explain, SaysWhatAGroupAddsUpTo) {
  World world;
  world.node("n1", 1000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.pod("p-0", "100M", "peers");
  world.run("p-0", "n1");
  const Answer answer = explain_in_journal(world, of("p-0"), Format::kTable);
  EXPECT_EQ(answer.text, R"(no attempt to place it is recorded; as of sequence 11 (2026-01-01T00:00:00.009000000Z)
net/p-0 asks for ul 100000000, dl 100000000 bit/s
group     StatefulSet net/peers, 1 live of 3 wanted, meets at n1
placed    on n1, bound
NODE  VERDICT          LINK  LACKING-UL  LACKING-DL
n1    fits, score 797
)");
}

TEST(Explain, SaysWhatIsWrongWithARequest) {
  World world;
  world.node("n1", 1000);
  world.pod("p", "nonsense");
  world.filter("p");
  const Answer answer = explain_in_journal(world, of("p"), Format::kTable);
  EXPECT_NE(answer.text.find("net/p asks for something invalid: "), std::string::npos) << answer.text;
  EXPECT_NE(answer.text.find("bandwidth request is invalid"), std::string::npos) << answer.text;
}

TEST(Explain, TellsOneLifeOfANameFromTheNext) {
  World world;
  world.node("n1", 1000);
  world.pod("p", "2000M");
  world.filter("p");
  world.gone("p");
  world.pod("p", "300M");
  world.filter("p");
  const Json json = Json::parse(explain_in_journal(world, of("p"), Format::kJson).text);
  EXPECT_EQ(json["podUid"], "uid-net-p-2");
  EXPECT_EQ(json["history"].size(), 1U);
  const Json first = Json::parse(explain_in_journal(world, of("p", {}, "8"), Format::kJson).text);
  EXPECT_EQ(first["podUid"], "uid-net-p");
}

TEST(Explain, SpeaksOfAPodThatIsGone) {
  World world;
  world.node("n1", 1000);
  world.pod("p", "2000M");
  world.filter("p");
  world.gone("p");
  const Answer answer = explain_in_journal(world, of("p"), Format::kTable);
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_NE(answer.text.find("\nthe pod was gone by then\n"), std::string::npos) << answer.text;
  EXPECT_FALSE(Json::parse(explain_in_journal(world, of("p"), Format::kJson).text).contains("asOf"));
}

TEST(Explain, SaysWhyItCannot) {
  World world;
  world.node("n1", 1000);
  world.pod("p", "2000M");
  world.gone("p");
  EXPECT_EQ(explain_in_journal(world, of("q"), Format::kTable).error, "this journal knows no pod net/q up to end");
  EXPECT_EQ(explain_in_journal(world, of("p"), Format::kTable).error,
            "net/p was gone by end, and nobody had tried to place it: give an earlier instant");
  EXPECT_EQ(explain_in_journal(world, of("p", 3, "6"), Format::kTable).error,
            "net/p has no attempt 3 up to 6; it has 0");
  EXPECT_EQ(explain_in_journal(world, of("q"), Format::kTable).exit_code, kUnusableInput);
}

}  // namespace
}  // namespace bw::replay
