#include "projections/node_set.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_numbers.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

NodeSet set_of(const std::set<std::uint32_t>& numbers) {
  NodeSet set;
  for (const std::uint32_t number : numbers) set.insert(NodeNumber{number});
  return set;
}

std::set<std::uint32_t> numbers_of(const NodeSet& set) {
  std::set<std::uint32_t> numbers;
  set.for_each([&](NodeNumber node) { numbers.insert(static_cast<std::uint32_t>(node)); });
  return numbers;
}

TEST(NodeSet, HoldsWhatWasInsertedAndNotErased) {
  NodeSet set = set_of({0, 63, 64, 200});
  EXPECT_EQ(set.size(), 4U);
  EXPECT_TRUE(set.contains(NodeNumber{64}));
  EXPECT_FALSE(set.contains(NodeNumber{65}));
  EXPECT_FALSE(set.contains(NodeNumber{100'000}));
  set.erase(NodeNumber{200});
  set.erase(NodeNumber{7});
  set.erase(NodeNumber{100'000});
  EXPECT_EQ(set, set_of({0, 63, 64})) << "sets with the same members are equal, however they came to be";
  set.clear();
  EXPECT_TRUE(set.empty());
}

TEST(NodeSet, VisitsInAscendingOrder) {
  std::vector<std::uint32_t> order;
  set_of({130, 5, 64}).for_each([&](NodeNumber node) { order.push_back(static_cast<std::uint32_t>(node)); });
  EXPECT_THAT(order, ElementsAre(5, 64, 130));
}

TEST(NodeSet, TellsADifferenceInRuns) {
  EXPECT_THAT(set_of({1, 2, 3, 8}).runs_from(NodeSet()), ElementsAre(1, 3, 8, 1));
  EXPECT_THAT(set_of({1, 2}).runs_from(set_of({2, 3})), ElementsAre(1, 1, 3, 1));
  EXPECT_THAT(set_of({1, 2}).runs_from(set_of({1, 2})), IsEmpty());
}

TEST(NodeSet, ARunGoesOnOverTheEndOfAWord) {
  std::set<std::uint32_t> many;
  for (std::uint32_t number = 60; number < 260; ++number) many.insert(number);
  EXPECT_THAT(set_of(many).runs_from(NodeSet()), ElementsAre(60, 200));
  EXPECT_THAT(set_of({63}).runs_from(NodeSet()), ElementsAre(63, 1));
  EXPECT_THAT(set_of({0, 64}).runs_from(NodeSet()), ElementsAre(0, 1, 64, 1));
}

TEST(NodeSet, TogglingItsDifferenceMakesOneSetOfAnother) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    RandomNumbers random(seed);
    std::set<std::uint32_t> a, b;
    const std::uint64_t density = 1 + random.below(20);
    for (std::uint32_t number = 0; number < 300; ++number) {
      if (random.below(20) < density) a.insert(number);
      if (random.below(20) < density) b.insert(number);
    }
    const NodeSet from = set_of(a), to = set_of(b);
    NodeSet toggled = from;
    toggled.toggle(to.runs_from(from));
    ASSERT_EQ(toggled, to) << "seed " << seed;
    ASSERT_EQ(numbers_of(toggled), b) << "seed " << seed;
    ASSERT_EQ(toggled.size(), b.size()) << "seed " << seed;
    toggled.toggle(to.runs_from(from));
    ASSERT_EQ(toggled, from) << "seed " << seed;
  }
}

}  // namespace
}  // namespace bw
