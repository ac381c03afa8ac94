// Plays each file of this folder and compares what comes of it with what the file says.
#include "tests/support/scenario.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace bw {
namespace {

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(BANDWIDTH_SCENARIOS)) {
    if (entry.path().extension() == ".txt" && entry.path().stem() != "CMakeLists") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class ScenarioFile : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ScenarioFile, Plays) {
  const std::string expected = content_of(GetParam());
  const std::string played = play(expected);
  if (std::getenv("BANDWIDTH_REWRITE") != nullptr) {
    std::ofstream(GetParam()) << played;
  } else {
    EXPECT_EQ(played, expected)
        << "BANDWIDTH_REWRITE=1 ./dev test Scenario writes what comes now; review the difference";
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, ScenarioFile, testing::ValuesIn(files()),
                         [](const auto& file) { return file.param.stem().string(); });

TEST(Scenario, SaysWhenACommandIsUnknown) {
  EXPECT_EQ(play("fly n1\n----\nok\n"), "fly n1\n----\nfly: no such command\n");
}

TEST(Scenario, ReplacesWhatIsExpectedAndNothingElse) {
  EXPECT_EQ(play("# why\nnode n1\nshow pods\n----\nwrong\nlines\n\n# end\n"),
            "# why\nnode n1\nshow pods\n----\nok\n\n# end\n");
}

}  // namespace
}  // namespace bw
