#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "extender/state_json.h"
#include "recorded.h"
#include "replay/commands.h"
#include "story.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

Answer at_in(const World& world, const AtOptions& options, Format format) {
  const auto journal = recorded(world);
  return ask([&](std::ostream& out) { return at(*journal, options, format, out); });
}

Instant instant(const std::string& text) { return *parse_instant(text); }

std::string head_of(const World& world, const std::string& stamp) {
  return stamp + ", digest " + digest_text(world.state().digest) + "; Mbit/s, ul/dl\n";
}

TEST(At, ShowsWhatEveryNodeHasUsedAndHasLeft) {
  const World world = small_story();
  const Answer answer = at_in(world, {}, Format::kTable);
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_EQ(
      answer.text,
      head_of(world, "sequence 18, 2026-01-01T00:00:00.016000000Z") +
          R"(NODE  PODS  NETWORK-USED  NETWORK-AVAILABLE  NETWORK-CAPACITY  LOCAL-USED  LOCAL-CAPACITY  OVERCOMMITTED
n1       1       600/600            400/400         1000/1000     600/600     20000/20000  -
n2       1       200/200            300/300           500/500     200/200     20000/20000  -
)");
}

TEST(At, ShowsTheStateAsOfAnEarlierInstant) {
  const World world = small_story();
  const Answer by_sequence = at_in(world, {instant("12"), false}, Format::kCsv);
  const Answer by_time = at_in(world, {instant("2026-01-01T00:00:00.010Z"), false}, Format::kCsv);
  const std::string expected =
      "node,link,capacityUlBitsPerSecond,capacityDlBitsPerSecond,keptBackUlBitsPerSecond,keptBackDlBitsPerSecond,"
      "usedUlBitsPerSecond,usedDlBitsPerSecond,availableUlBitsPerSecond,availableDlBitsPerSecond,overcommitted,"
      "reservations\n"
      "n1,local,20000000000,20000000000,0,0,600000000,600000000,19400000000,19400000000,false,1\n"
      "n1,network,1000000000,1000000000,0,0,600000000,600000000,400000000,400000000,false,1\n"
      "n2,local,20000000000,20000000000,0,0,0,0,20000000000,20000000000,false,0\n"
      "n2,network,500000000,500000000,0,0,0,0,500000000,500000000,false,0\n";
  EXPECT_EQ(by_sequence.text, expected);
  EXPECT_EQ(by_time.text, expected);
}

TEST(At, ShowsReservationsOneByOne) {
  const World world = small_story();
  EXPECT_EQ(at_in(world, {{}, true}, Format::kTable).text,
            head_of(world, "sequence 18, 2026-01-01T00:00:00.016000000Z") +
                R"(NODE  POD    GROUP  UL/DL    LINKS          PHASE  PLACED-BY
n1    net/a  -      600/600  local,network  Bound  decision
n2    net/c  -      200/200  local,network  Bound  foreign
)");
  EXPECT_EQ(at_in(world, {{}, true}, Format::kCsv).text,
            "node,namespace,podName,podUid,group,ulBitsPerSecond,dlBitsPerSecond,links,phase,placedBy\n"
            "n1,net,a,uid-net-a,,600000000,600000000,\"local,network\",Bound,decision\n"
            "n2,net,c,uid-net-c,,200000000,200000000,\"local,network\",Bound,foreign\n");
}

TEST(At, HasTheFieldsOfTheBandwidthObjectInBits) {
  const World world = small_story();
  const Answer answer = at_in(world, {}, Format::kJson);
  EXPECT_EQ(answer.text.back(), '\n');
  const Json json = Json::parse(answer.text);
  EXPECT_EQ(json["sequence"], 18);
  EXPECT_EQ(json["time"], "2026-01-01T00:00:00.016000000Z");
  EXPECT_EQ(json["digest"], digest_text(world.state().digest));
  EXPECT_EQ(json["uplinks"], Json::array());
  ASSERT_EQ(json["nodes"].size(), 2U);
  EXPECT_EQ(json["nodes"][0].dump(),
            R"({"name":"n1","present":true,)"
            R"("capacity":{"local":{"ulBitsPerSecond":20000000000,"dlBitsPerSecond":20000000000},)"
            R"("network":{"ulBitsPerSecond":1000000000,"dlBitsPerSecond":1000000000}},)"
            R"("keptBack":{"local":{"ulBitsPerSecond":0,"dlBitsPerSecond":0},)"
            R"("network":{"ulBitsPerSecond":0,"dlBitsPerSecond":0}},)"
            R"("used":{"local":{"ulBitsPerSecond":600000000,"dlBitsPerSecond":600000000},)"
            R"("network":{"ulBitsPerSecond":600000000,"dlBitsPerSecond":600000000}},)"
            R"("available":{"local":{"ulBitsPerSecond":19400000000,"dlBitsPerSecond":19400000000},)"
            R"("network":{"ulBitsPerSecond":400000000,"dlBitsPerSecond":400000000}},)"
            R"("interfaces":{"used":1},"overcommitted":[],)"
            R"("reservations":[{"namespace":"net","podName":"a","podUid":"uid-net-a","ulBitsPerSecond":600000000,)"
            R"("dlBitsPerSecond":600000000,"links":["local","network"],"phase":"Bound","placedBy":"decision"}]})");
}

TEST(At, ShowsUplinksAndWhatIsOvercommitted) {
  Policy policy;
  policy.levels.push_back({"rack", both(1500), {}});
  World world(policy);
  world.node("n1", 1000);
  world.edit_node("n1", [](NodeSeen& node) { node.level_values = {"r1"}; });
  world.pod("a", "1600M");
  world.place("a", "n1");
  EXPECT_EQ(
      at_in(world, {}, Format::kTable).text,
      head_of(world, "sequence 10, 2026-01-01T00:00:00.008000000Z") +
          R"(NODE  PODS  NETWORK-USED  NETWORK-AVAILABLE  NETWORK-CAPACITY  LOCAL-USED  LOCAL-CAPACITY  OVERCOMMITTED
n1       1     1600/1600                0/0         1000/1000   1600/1600     20000/20000  network

UPLINK  LABEL  USED       AVAILABLE  CAPACITY   OVERCOMMITTED
r1      rack   1600/1600        0/0  1500/1500  yes
)");
  const Json json = Json::parse(at_in(world, {}, Format::kJson).text);
  EXPECT_EQ(json["nodes"][0]["overcommitted"], Json::array({"network"}));
  EXPECT_EQ(json["uplinks"].dump(),
            R"([{"name":"r1","label":"rack","capacity":{"ulBitsPerSecond":1500000000,"dlBitsPerSecond":1500000000},)"
            R"("used":{"ulBitsPerSecond":1600000000,"dlBitsPerSecond":1600000000},)"
            R"("available":{"ulBitsPerSecond":0,"dlBitsPerSecond":0},"overcommitted":true}])");
}

TEST(At, IsUnusableBeforeTheStartAndBehindTheEnd) {
  const Answer before = at_in(small_story(), {instant("2025-12-31T23:59:59Z"), false}, Format::kJson);
  EXPECT_EQ(before.exit_code, kUnusableInput);
  EXPECT_EQ(before.text, "");
  EXPECT_EQ(before.error,
            "the journal starts at sequence 1 (2026-01-01T00:00:00.001000000Z); it says nothing about "
            "2025-12-31T23:59:59Z, which is earlier");
  EXPECT_EQ(at_in(small_story(), {instant("19"), false}, Format::kJson).exit_code, kUnusableInput);
}

}  // namespace
}  // namespace bw::replay
