#include "projections/offered.h"

#include <gtest/gtest.h>

#include "tests/support/random_numbers.h"
#include "tests/support/world.h"

namespace bw {
namespace {

NodeSet set_of(std::initializer_list<std::uint32_t> numbers) {
  NodeSet set;
  for (const std::uint32_t number : numbers) set.insert(NodeNumber{number});
  return set;
}

TEST(Offered, IsTheShortestDifferenceFromASetThatTheStateKnows) {
  State state;
  for (std::uint32_t i = 0; i < 100; ++i) state.schedulable.insert(NodeNumber{i});
  state.last_offered = set_of({1, 3, 5});
  EXPECT_EQ(delta_of(state, set_of({1, 3, 5}), {}), (NodeSetDelta{NodeSetDelta::Base::kLastOffered, {}, {}}));
  EXPECT_EQ(delta_of(state, state.schedulable, {}), (NodeSetDelta{NodeSetDelta::Base::kSchedulable, {}, {}}));
  EXPECT_EQ(delta_of(state, set_of({7}), {}), (NodeSetDelta{NodeSetDelta::Base::kEmpty, {7, 1}, {}}));
}

TEST(Offered, ReadsWhatItWrote) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomNumbers random(seed);
    State state;
    NodeSet offered;
    for (std::uint32_t i = 0; i < 200; ++i) {
      if (!random.one_in(10)) state.schedulable.insert(NodeNumber{i});
      if (random.one_in(2)) state.last_offered.insert(NodeNumber{i});
      if (random.one_in(seed % 7 + 1)) offered.insert(NodeNumber{i});
    }
    ASSERT_EQ(resolve_offered(state, delta_of(state, offered, {"new"})), offered) << "seed " << seed;
  }
}

TEST(VerdictHash, IsOfInputAndOutcome) {
  FilterDecided decided;
  decided.fitting = 1;
  decided.named = 1;
  const std::uint64_t hash = verdict_hash(set_of({1}), decided);
  EXPECT_NE(verdict_hash(set_of({2}), decided), hash);
  FilterDecided other = decided;
  other.offered.unknown_names = {"new"};
  EXPECT_NE(verdict_hash(set_of({1}), other), hash);
  other = decided;
  other.named_hash = 5;
  EXPECT_NE(verdict_hash(set_of({1}), other), hash);
  other = decided;
  other.refusals = {{Reason::kLocalUplink, 1}};
  EXPECT_NE(verdict_hash(set_of({1}), other), hash);
  other = decided;
  other.attempt = 9;
  EXPECT_EQ(verdict_hash(set_of({1}), other), hash) << "the attempt is what repeats";
}

}  // namespace
}  // namespace bw
