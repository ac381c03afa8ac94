// Power losses and failing disks: a few of the cases that crash_cases runs by the thousand.
#include "crash_case.h"
#include "tests/support/stepped_env.h"

#include <gtest/gtest.h>

#include "fault_case.h"

namespace bw {
namespace {

TEST(Crash, LosesNothingThatWasAcknowledgedAndLeavesNoHole) {
  CrashStatistics statistics;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    std::optional<std::string> problem;
    ASSERT_TRUE(run_reproducibly([&] { problem = run_crash_case(seed, statistics); }));
    EXPECT_EQ(problem, std::nullopt) << "seed " << seed;
  }
  // The cases are what they are meant to be.
  EXPECT_GT(statistics.crashes, 150u);
  EXPECT_GT(statistics.in_open, 10u);
  EXPECT_LT(statistics.in_open, statistics.crashes);
  EXPECT_GT(statistics.tables, 100u);
  EXPECT_GT(statistics.shorter, 10u);
  EXPECT_GT(statistics.reported, 10u);
}

TEST(Crash, IsTheSameCaseForTheSameSeed) {
  for (const std::uint64_t seed : {3u, 8u, 21u}) {
    CrashStatistics first, second;
    run_reproducibly([&] { run_crash_case(seed, first); });
    run_reproducibly([&] { run_crash_case(seed, second); });
    EXPECT_EQ(first.operations, second.operations);
    EXPECT_EQ(first.tables, second.tables);
  }
}

TEST(Fault, AtAnOperationIsACleanErrorAndNeverAWrongJournal) {
  std::uint64_t count = 0;
  EXPECT_EQ(run_fault_cases(23, count), std::nullopt);
  EXPECT_GT(count, 50u);
}

}  // namespace
}  // namespace bw
