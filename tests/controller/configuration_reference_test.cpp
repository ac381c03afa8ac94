// docs/configuration.md holds the table of keys as the program has it. With BANDWIDTH_REWRITE=1 the table is written
// anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "controller/configuration.h"

namespace bw {
namespace {

TEST(ConfigurationReference, IsTheTableOfKeys) {
  const std::string file = std::string(BANDWIDTH_DOCS) + "/configuration.md";
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  const std::string begin = "<!-- table of keys -->\n";
  const std::string end = "<!-- end of the table -->\n";
  const std::size_t from = text.str().find(begin);
  const std::size_t to = text.str().find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << file << " has lost its marks";
  const std::string held = text.str().substr(from + begin.size(), to - from - begin.size());
  const std::string now = configuration_reference();
  if (std::getenv("BANDWIDTH_REWRITE") != nullptr) {
    std::ofstream(file) << text.str().substr(0, from + begin.size()) << now << text.str().substr(to);
  } else {
    EXPECT_EQ(held, now) << "BANDWIDTH_REWRITE=1 writes what the program has; review the difference";
  }
}

}  // namespace
}  // namespace bw
