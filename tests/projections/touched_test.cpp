// What apply() says an event touched is all that it changed.
#include <gtest/gtest.h>

#include <algorithm>

#include "projections/state.h"
#include "tests/support/random_history.h"

namespace bw {
namespace {

template <class Number>
bool holds(const std::vector<Number>& numbers, Number number) {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}

bool same_link(const Link& a, const Link& b) {
  return a.capacity == b.capacity && a.kept_back == b.kept_back && a.used == b.used;
}

TEST(Touched, NamesTheLinksNodesPodsAndGroupsThatAnEventChanged) {
  std::size_t links = 0, groups = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomHistory history(seed);
    for (int step = 0; step < 200; ++step) history.step();
    State before, state;
    for (const Event& event : history.events()) {
      Touched touched;
      apply(state, event, &touched);
      const auto where = [&] { return "seed " + std::to_string(seed) + ", event " + std::to_string(event.sequence); };
      for (std::size_t i = 0; i < state.ledger.place_count(); ++i) {
        const PlaceNumber place{static_cast<std::uint32_t>(i)};
        const bool is_new = i >= before.ledger.place_count();
        if (is_new || same_link(before.ledger.place(place).link, state.ledger.place(place).link)) continue;
        ASSERT_TRUE(holds(touched.links, place)) << where() << ", place " << i;
        ++links;
      }
      state.pods.for_each([&](PodNumber number, const Pod& pod) {
        const Pod* was = before.pods.find(number);
        const bool changed = was == nullptr || was->hash != pod.hash;
        ASSERT_TRUE(!changed || holds(touched.pods, number)) << where();
      });
      state.groups.for_each([&](GroupNumber number, const GroupMembers& members) {
        const Group* was = before.ledger.group(number);
        const bool moved = was == nullptr || was->meeting != state.ledger.group(number)->meeting;
        const GroupMembers* members_before = before.groups.find(number);
        if (moved || members_before == nullptr || members_before->hash != members.hash) {
          ASSERT_TRUE(holds(touched.groups, number)) << where();
          ++groups;
        }
      });
      state.nodes.for_each([&](NodeNumber number, const Node& node) {
        ASSERT_TRUE(node.changed_at != event.sequence || holds(touched.nodes, number)) << where();
      });
      apply(before, event);
    }
  }
  EXPECT_GT(links, 1000U);
  EXPECT_GT(groups, 300U);
}

}  // namespace
}  // namespace bw
