#include "controller/space_fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outputs.h"

namespace bw {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kMiB = 1 << 20;

class SpaceTest : public testing::Test {
 protected:
  // Facts that follow, applied to the state as the controller would.
  std::vector<Fact> measure(std::uint64_t free_mib, bool held, const std::string& problem = "") {
    outputs.clear();
    space.measured({free_mib * kMiB, held, problem}, outputs);
    std::vector<Fact> facts = space.owed(state, outputs);
    for (const Fact& fact : facts) state.suspended = std::holds_alternative<DecisionsSuspended>(fact);
    return facts;
  }
  std::optional<bool> asked_to_hold() const {
    const auto asked = all<KeepReserve>(outputs);
    return asked.empty() ? std::nullopt : std::optional(asked[0].held);
  }

  State state;
  SpaceFsm space{
      {.reserve = 64 * kMiB, .give_up_below = 16 * kMiB, .suspend_below = 64 * kMiB, .resume_above = 128 * kMiB}};
  Outputs outputs;
};

TEST_F(SpaceTest, SetsRoomAsideWhereThereIsEnough) {
  EXPECT_THAT(measure(192, false), IsEmpty());
  EXPECT_EQ(asked_to_hold(), true);
  EXPECT_THAT(measure(128, true), IsEmpty());
  EXPECT_EQ(asked_to_hold(), std::nullopt);
}

TEST_F(SpaceTest, SuspendsOnceAndSaysWhatIsNeeded) {
  measure(500, true);
  const std::vector<Fact> facts = measure(63, true);
  ASSERT_THAT(facts, SizeIs(1));
  EXPECT_THAT(std::get<DecisionsSuspended>(facts[0]).reason, HasSubstr("has 63 MiB free, and 128 MiB are needed"));
  EXPECT_EQ(space.suspended_because(), std::get<DecisionsSuspended>(facts[0]).reason);
  EXPECT_THAT(measure(60, true), IsEmpty()) << "one fact says from when";
  EXPECT_EQ(asked_to_hold(), std::nullopt);
}

TEST_F(SpaceTest, GoesOnByItselfWithRoomToSpare) {
  measure(63, true);
  EXPECT_THAT(measure(100, true), IsEmpty()) << "it would be back at once";
  const std::vector<Fact> facts = measure(128, true);
  ASSERT_THAT(facts, SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<DecisionsResumed>(facts[0]));
  EXPECT_EQ(space.suspended_because(), "");
}

TEST_F(SpaceTest, GivesTheReserveUpBeforeTheDiskIsFull) {
  measure(16, true);
  EXPECT_EQ(asked_to_hold(), std::nullopt);
  measure(15, true);
  EXPECT_EQ(asked_to_hold(), false);
  measure(79, false);
  EXPECT_EQ(asked_to_hold(), std::nullopt) << "what was given up is not room to decide with";
  EXPECT_THAT(space.suspended_because(), HasSubstr("192 MiB are needed"));
  EXPECT_THAT(measure(191, false), IsEmpty());
  EXPECT_THAT(measure(192, false), SizeIs(1));
  EXPECT_EQ(asked_to_hold(), true);
}

TEST_F(SpaceTest, ASmallDiskIsSuspendedFromTheStart) {
  ASSERT_THAT(measure(100, false), SizeIs(1));
  EXPECT_EQ(asked_to_hold(), std::nullopt);
}

TEST_F(SpaceTest, AReserveThatCannotBeTakenIsSaidOnceAndStopsNothing) {
  measure(500, false, "no");
  EXPECT_THAT(all<LogLine>(outputs), SizeIs(1));
  EXPECT_THAT(measure(500, false, "no"), IsEmpty());
  EXPECT_THAT(all<LogLine>(outputs), IsEmpty());
  EXPECT_EQ(asked_to_hold(), true) << "it is tried again";
}

TEST_F(SpaceTest, NothingIsOwedBeforeTheDiskWasAsked) {
  state.suspended = true;
  EXPECT_THAT(space.owed(state, outputs), IsEmpty());
}

}  // namespace
}  // namespace bw
