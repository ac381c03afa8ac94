#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "audited.h"
#include "recorded.h"
#include "replay/commands.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

Answer audit_in(const World& world, const char* from, const char* to, Format format, bool strict = false) {
  const auto journal = recorded(world);
  const AuditOptions options{*parse_instant(from), *parse_instant(to), strict, false};
  return ask([&](std::ostream& out) { return audit(*journal, options, format, out); });
}

// n1 (1000) holds a (600M, ours); b (500M/100M, of others) overfills it for ten seconds.
World overfilled() {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "600M");
  world.run("a", "n1");
  world.pod("b", "500M/100M");
  world.place("b", "n1");
  world.pass_seconds(10);
  world.gone("b");
  return world;
}

TEST(AuditCommand, PassesInOneWordAndShowsTheTightestLinks) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "600M/100M");
  world.run("a", "n1");
  const Answer answer = audit_in(world, "start", "end", Format::kTable);
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_EQ(answer.text, R"(pass
from  1 (2026-01-01T00:00:00.001000000Z)
to    27 (2026-01-01T00:00:00.026000000Z)
26 events, 2 links; Mbit/s, ul/dl

LINK           VERDICT  LEAST-ROOM   ASSUMING
network of n1  pass         400/900
local of n1    pass     19400/19900
)");
}

TEST(AuditCommand, PassesWithWhatItTakesForGranted) {
  World world = listed_world();
  world.node("n1", 1000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* name : {"p-0", "p-1"}) {
    world.pod(name, "600M", "peers");
    world.run(name, "n1");
  }
  world.pod("silent");
  world.place("silent", "n1");
  const Answer answer = audit_in(world, "start", "end", Format::kTable);
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_EQ(answer.text.substr(0, answer.text.find("\nfrom")), R"(pass, assuming that
  groups that meet below a link send nothing over it (1 link),
  pods without a request send nothing (2 links))");
  EXPECT_NE(answer.text.find("network of n1  pass       1000/1000  1 discounted, 1 without request\n"),
            std::string::npos)
      << answer.text;
  const Answer strict = audit_in(world, "start", "end", Format::kTable, true);
  EXPECT_EQ(strict.exit_code, kDoesNotHold);
  EXPECT_EQ(strict.text.find("fail\nstrict: every group is charged on all links\n"), 0U) << strict.text;
}

TEST(AuditCommand, FailsWithTheWitness) {
  const Answer answer = audit_in(overfilled(), "start", "end", Format::kTable);
  EXPECT_EQ(answer.exit_code, kDoesNotHold);
  EXPECT_EQ(answer.text, R"(fail
from  1 (2026-01-01T00:00:00.001000000Z)
to    32 (2026-01-01T00:00:10.031000000Z)
31 events, 2 links; Mbit/s, ul/dl

OVER           DIRECTION  SEQUENCE  TIME                      DEPTH  DURATION  BY      CAUSE              PODS  PROVED
network of n1  ul               29  2026-01-01T00:00:00.028Z    100  10.002 s  others  PodObserved net/b     2  yes

LINK           VERDICT  LEAST-ROOM   ASSUMING
network of n1  fail        -100/300
local of n1    pass     18900/19300
)");
}

TEST(AuditCommand, HasTheFieldsThatProgramsRead) {
  const Answer answer = audit_in(overfilled(), "start", "end", Format::kJson);
  EXPECT_EQ(answer.exit_code, kDoesNotHold);
  EXPECT_EQ(answer.text,
            R"({"verdict":"fail","strict":false,"from":{"sequence":1,"time":"2026-01-01T00:00:00.001000000Z"},)"
            R"("to":{"sequence":32,"time":"2026-01-01T00:00:10.031000000Z"},"events":31,"assuming":[],)"
            R"("links":[{"node":"n1","link":"local","verdict":"pass",)"
            R"("leastRoom":{"ulBitsPerSecond":18900000000,"dlBitsPerSecond":19300000000},)"
            R"("assumptions":{"discountedGroups":[],"unshapedPods":[],"podsWithoutRequest":[]}},)"
            R"({"node":"n1","link":"network","verdict":"fail",)"
            R"("leastRoom":{"ulBitsPerSecond":-100000000,"dlBitsPerSecond":300000000},)"
            R"("assumptions":{"discountedGroups":[],"unshapedPods":[],"podsWithoutRequest":[]}}],)"
            R"("breaches":[{"node":"n1","link":"network","direction":"ul","sequence":29,)"
            R"("time":"2026-01-01T00:00:00.028000000Z",)"
            R"("until":{"sequence":31,"time":"2026-01-01T00:00:10.030000000Z"},"durationMilliseconds":10002,)"
            R"("depthBitsPerSecond":100000000,"deepestSequence":29,"byDecision":false,)"
            R"("cause":{"kind":"PodObserved","subject":"net/b"},"pods":["net/a","net/b"],"proved":true}],"gaps":[]})"
            "\n");
}

TEST(AuditCommand, ListsAllLinksInCsv) {
  const Answer answer = audit_in(overfilled(), "start", "end", Format::kCsv);
  EXPECT_EQ(answer.text,
            "node,link,verdict,leastRoomUlBitsPerSecond,leastRoomDlBitsPerSecond,breaches,discountedGroups,"
            "unshapedPods,podsWithoutRequest\n"
            "n1,local,pass,18900000000,19300000000,0,0,0,0\n"
            "n1,network,fail,-100000000,300000000,1,0,0,0\n");
}

TEST(AuditCommand, IsUnknownOverAGap) {
  World world = listed_world();
  world.node("n1", 1000);
  world.record(GapOpened{Stream::kPods, world.now(), world.state().applied, "410"});
  world.list(Stream::kPods, {}, world.version() + 1);
  const Answer json = audit_in(world, "start", "end", Format::kJson);
  EXPECT_EQ(json.exit_code, kUnknown);
  EXPECT_EQ(Json::parse(json.text)["verdict"], "unknown");
  EXPECT_EQ(Json::parse(json.text)["gaps"].dump(),
            R"([{"stream":"pods","since":{"sequence":23,"time":"2026-01-01T00:00:00.022000000Z"},)"
            R"("until":{"sequence":26,"time":"2026-01-01T00:00:00.025000000Z"},"reason":"410",)"
            R"("found":{"changed":0,"added":0,"gone":0}}])");
  const Answer table = audit_in(world, "start", "end", Format::kTable);
  EXPECT_NE(table.text.find(R"(
BLIND-ON  SINCE                          UNTIL                          REASON
pods      23 (2026-01-01T00:00:00.022Z)  26 (2026-01-01T00:00:00.025Z)     410
)"),
            std::string::npos)
      << table.text;
}

TEST(AuditCommand, TakesItsStretchByTime) {
  const World world = overfilled();
  EXPECT_EQ(audit_in(world, "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.027Z", Format::kJson).exit_code, kHolds);
  EXPECT_EQ(audit_in(world, "2026-01-01T00:00:05Z", "2026-01-01T00:00:06Z", Format::kJson).exit_code, kDoesNotHold);
  EXPECT_EQ(audit_in(world, "end-1ms", "end", Format::kJson).exit_code, kHolds);
  EXPECT_EQ(audit_in(world, "end", "2026-01-01T00:01:00Z", Format::kJson).exit_code, kUnknown);  // it ends before
}

TEST(AuditCommand, SaysWhyItCannot) {
  const World world = overfilled();
  const Answer early = audit_in(world, "2025-01-01T00:00:00Z", "end", Format::kJson);
  EXPECT_EQ(early.exit_code, kUnusableInput);
  EXPECT_EQ(early.error.find("the journal starts at sequence 1 (2026-01-01T00:00:00.001000000Z)"), 0U);
  const Answer turned = audit_in(world, "20", "10", Format::kJson);
  EXPECT_EQ(turned.exit_code, kUnusableInput);
  EXPECT_EQ(turned.error, "--to 10 is before --from 20");
}

TEST(AuditCommand, ShowsTwentyLinksToPeople) {
  World world = listed_world();
  for (int i = 0; i < 15; ++i) world.node("n" + std::to_string(i), 100 + i);
  const Answer answer = audit_in(world, "start", "end", Format::kTable);
  EXPECT_NE(answer.text.find("\nand 10 links with more room; --output csv shows all\n"), std::string::npos);
  EXPECT_EQ(Json::parse(audit_in(world, "start", "end", Format::kJson).text)["links"].size(), 30U);
}

}  // namespace
}  // namespace bw::replay
