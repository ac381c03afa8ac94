#include "controller/refused_attempts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

using testing::SizeIs;

class RefusedAttemptsTest : public testing::Test {
 protected:
  RefusedAttemptsTest() {
    world.node("n1");
    world.node("n2");
  }

  void refuse(const std::string& pod) {
    FilterVerdict verdict = world.filter(pod);
    ASSERT_THAT(verdict.refused, SizeIs(2));
    attempts.refused(world.state(), world.pod_number(pod), std::move(verdict.refused));
  }

  const std::vector<RefusedNode>* last(const std::string& pod) const {
    return attempts.last(world.state(), world.pod_number(pod));
  }

  World world;
  RefusedAttempts attempts{4};  // nodes: two attempts
};

TEST_F(RefusedAttemptsTest, KeepsTheNewestThatItHasRoomFor) {
  for (const char* pod : {"a", "b", "c"}) {
    world.pod(pod, "2G");
    refuse(pod);
  }
  EXPECT_EQ(last("a"), nullptr);
  ASSERT_NE(last("b"), nullptr);
  EXPECT_THAT(*last("c"), SizeIs(2));
}

TEST_F(RefusedAttemptsTest, AnotherAttemptTakesThePlaceOfTheLast) {
  world.pod("a", "2G");
  world.pod("b", "2G");
  refuse("a");
  refuse("b");
  refuse("b");
  refuse("a");
  EXPECT_NE(last("a"), nullptr);
  EXPECT_NE(last("b"), nullptr);
}

TEST_F(RefusedAttemptsTest, AnAttemptThatNamedANodeEndsIt) {
  world.pod("a", "2G");
  refuse("a");
  ASSERT_NE(last("a"), nullptr);
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = object.network_dl = 3'000'000'000; });
  EXPECT_NE(last("a"), nullptr) << "nobody has tried again";
  ASSERT_FALSE(world.filter("a").named.empty());
  EXPECT_EQ(last("a"), nullptr);
}

TEST_F(RefusedAttemptsTest, WhatIsLargerThanTheMemoryIsNotKept) {
  world.node("n3");
  world.node("n4");
  world.node("n5");
  world.pod("a", "2G");
  FilterVerdict verdict = world.filter("a");
  ASSERT_THAT(verdict.refused, SizeIs(5));
  attempts.refused(world.state(), world.pod_number("a"), std::move(verdict.refused));
  EXPECT_EQ(last("a"), nullptr);
}

}  // namespace
}  // namespace bw
