#include "tests/support/replay_check.h"

#include <gtest/gtest.h>

namespace bw {
namespace {

constexpr const char* kAt = R"({"sequence":9,"nodes":[{"name":"a",
  "capacity":{"local":{"ulBitsPerSecond":20000000000,"dlBitsPerSecond":20000000000},"network":{"ulBitsPerSecond":1000000000,"dlBitsPerSecond":1000000000}},
  "used":{"local":{"ulBitsPerSecond":1,"dlBitsPerSecond":0},"network":{"ulBitsPerSecond":1,"dlBitsPerSecond":0}},
  "available":{"local":{"ulBitsPerSecond":19999999999,"dlBitsPerSecond":20000000000},"network":{"ulBitsPerSecond":999999999,"dlBitsPerSecond":1000000000}}}]})";

BandwidthView published() {
  return {.name = "a",
          .has_status = true,
          .capacity = {.local = {20000, 20000}, .network = {1000, 1000}},
          .used = {.local = {1, 0}, .network = {1, 0}},
          .available = {.local = {19999, 20000}, .network = {999, 1000}}};
}

TEST(ReplayCheck, UsedIsRoundedUpAndAvailableDown) {
  const auto replayed = read_at(kAt);
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_EQ(differences(*replayed, {published()}), std::vector<std::string>{});
}

TEST(ReplayCheck, SeesOneMegabitOfDifference) {
  BandwidthView object = published();
  object.used.network.dl = 1;
  EXPECT_EQ(differences(*read_at(kAt), {object}).size(), 1u);
}

TEST(ReplayCheck, SeesANodeThatIsNotInTheJournal) {
  BandwidthView other = published();
  other.name = "b";
  EXPECT_EQ(differences(*read_at(kAt), {published(), other}), std::vector<std::string>{"b is not in the journal"});
}

TEST(ReplayCheck, RefusesAReportThatLacksALink) {
  EXPECT_FALSE(read_at(R"({"nodes":[{"name":"a","capacity":{}}]})"));
  EXPECT_FALSE(read_at("{}"));
}

}  // namespace
}  // namespace bw
