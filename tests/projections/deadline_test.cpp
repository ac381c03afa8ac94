// Times that the state waits for: the end of what is kept back, and of a node's absence.
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

// What is due then must not be lost because something else happens to the node first.
TEST(Deadline, StandsUntilItIsRecorded) {
  World world;
  world.node("n1", 100);
  world.pod("a", "10M");
  world.edit_bandwidth("n1", [&](BandwidthSeen& object) {
    object.kept_back = {{"run", {}, both(40), Timestamp{world.now().ns + kNanosecondsPerSecond}}};
  });
  ASSERT_EQ(world.network("n1").available.ul, megabits(60));
  State state = world.state();
  const Timestamp late{world.now().ns + 2 * kNanosecondsPerSecond};
  apply(state, {state.applied + 1, late, 0, 0,
                BandwidthReserved{world.pod_number("a"), world.node_number("n1"), both(10), false, false, {}, true}});
  ASSERT_FALSE(decide_deadlines(state, late).empty());
  apply(state, {state.applied + 1, late, 0, 0, DeadlinePassed{}});
  EXPECT_EQ(view_node(state, world.node_number("n1")).network.available.ul, megabits(90));
  EXPECT_TRUE(decide_deadlines(state, late).empty());
}

}  // namespace
}  // namespace bw
