#include "controller/retention.h"

#include <gtest/gtest.h>

namespace bw {
namespace {

const std::vector<CutPoint> kPoints{{100, {10}, 900}, {200, {20}, 800}, {300, {30}, 700}, {400, {40}, 600}};
using Chosen = std::optional<Sequence>;

Chosen by_age(std::int64_t age, std::int64_t now) { return choose_cut(kPoints, 1000, {now}, {age, {}}); }
Chosen by_bytes(std::uint64_t most) { return choose_cut(kPoints, 1000, {}, {{}, most}); }

TEST(Retention, CutsNothingWithoutLimits) { EXPECT_EQ(choose_cut(kPoints, 1000, {1000}, {}), std::nullopt); }

TEST(Retention, CutsOffOnlyWhatIsOlderThanTheAge) {
  EXPECT_EQ(by_age(10, 20), std::nullopt);
  EXPECT_EQ(by_age(10, 21), Chosen(100));
  EXPECT_EQ(by_age(10, 40), Chosen(200));
  EXPECT_EQ(by_age(10, 41), Chosen(300));
}

TEST(Retention, CutsOffAsFewBytesAsItCan) {
  EXPECT_EQ(by_bytes(1000), std::nullopt);
  EXPECT_EQ(by_bytes(999), Chosen(100));
  EXPECT_EQ(by_bytes(900), Chosen(100));
  EXPECT_EQ(by_bytes(750), Chosen(300));
}

TEST(Retention, NeverCutsAtTheNewestSnapshot) {
  EXPECT_EQ(by_bytes(0), Chosen(300));
  EXPECT_EQ(by_age(0, 1000), Chosen(300));
  EXPECT_EQ(choose_cut(std::span(kPoints).first(1), 1000, {1000}, {0, 0}), std::nullopt);
  EXPECT_EQ(choose_cut({}, 1000, {1000}, {0, 0}), std::nullopt);
}

TEST(Retention, TakesTheLaterOfTwoLimits) {
  EXPECT_EQ(choose_cut(kPoints, 1000, {21}, {10, 750}), Chosen(300));
  EXPECT_EQ(choose_cut(kPoints, 1000, {41}, {10, 999}), Chosen(300));
}

TEST(Superfluous, KeepsTheFirstAndTheNewestTwo) {
  EXPECT_TRUE(superfluous({}, 2).empty());
  EXPECT_TRUE(superfluous({1, 2, 3}, 1).empty());
  EXPECT_EQ(superfluous({1, 2, 3, 4, 5}, 3), (std::vector<Sequence>{2, 3}));
}

TEST(Superfluous, ThinsOutWhereSnapshotsAreClose) {
  EXPECT_EQ(superfluous({10, 20, 21, 30, 40, 50}, 5), (std::vector<Sequence>{21}));
}

TEST(Superfluous, KeepsLongHistoriesEvenly) {
  std::vector<Sequence> kept;
  for (Sequence next = 1; next <= 1000; ++next) {
    kept.push_back(next);
    for (const Sequence gone : superfluous(kept, 16)) std::erase(kept, gone);
  }
  ASSERT_EQ(kept.size(), 16);
  EXPECT_EQ(kept.front(), 1);
  for (std::size_t i = 1; i < kept.size(); ++i) EXPECT_LT(kept[i] - kept[i - 1], 300) << i;
}

}  // namespace
}  // namespace bw
