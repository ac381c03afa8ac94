// The simulator finds the bugs that it is there to find, says which rule they break, and makes the run small.
#include "tests/simulation/planted_bugs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "tests/simulation/seed_runner.h"

namespace bw::simulation {
namespace {

struct Expectation {
  std::string_view bug;
  std::string_view rule;  // that it breaks
};

class PlantedBugs : public testing::TestWithParam<Expectation> {
 protected:
  static constexpr std::uint64_t kSeeds = 20;  // within so many it is found
  static constexpr std::size_t kTraceLines = 20;
  static constexpr int kShrinkRuns = 12;

  PlantBug plant() const {
    const auto found =
        std::ranges::find_if(planted_bugs(), [&](const PlantedBug& one) { return one.name == GetParam().bug; });
    EXPECT_NE(found, planted_bugs().end());
    return found == planted_bugs().end() ? PlantBug() : found->plant;
  }
};

TEST_P(PlantedBugs, AreFoundWithinAFewSeedsAndMadeSmall) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Options options = draw_options(seed, Profile::kMixed);
    const RunResult first = run_alone({options, 0, plant()});
    if (!first.violation) continue;
    EXPECT_EQ(first.violation->rule, GetParam().rule) << first.violation->sentence;
    const Options smallest = shrink(options, plant(), 2, kShrinkRuns);
    EXPECT_LE(smallest.pods, options.pods);
    EXPECT_LE(smallest.features.count(), options.features.count());
    const RunResult again = run_alone({smallest, kTraceLines, plant()});
    ASSERT_TRUE(again.violation.has_value()) << "the smaller run does not fail";
    EXPECT_EQ(again.violation->rule, first.violation->rule);
    EXPECT_FALSE(again.trace.empty());
    std::printf("seed %llu: %s\n%s\n", static_cast<unsigned long long>(seed), again.violation->sentence.c_str(),
                describe(smallest).c_str());
    for (const std::string& line : again.trace) std::printf("  %s\n", line.substr(0, 160).c_str());
    return;
  }
  FAIL() << "not found within " << kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(Simulation, PlantedBugs,
                         testing::Values(Expectation{"charging after replying", "bind"},
                                         Expectation{"binding before durable", "durability"},
                                         Expectation{"no refold after restart", "replay"},
                                         Expectation{"forget to wake", "R15"},
                                         Expectation{"sending without fence", "R14"}),
                         [](const auto& expectation) {
                           std::string name(expectation.param.bug);
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

TEST(Simulation, TheSameOptionsGiveTheSameRun) {
  Options options = draw_options(17, Profile::kMixed);
  options.steps = 300;
  EXPECT_EQ(run_alone({options, 0, {}}).hash, run_alone({options, 0, {}}).hash);
  Options other = draw_options(18, Profile::kMixed);
  other.steps = 300;
  EXPECT_NE(run_alone({options, 0, {}}).hash, run_alone({other, 0, {}}).hash);
}

}  // namespace
}  // namespace bw::simulation
