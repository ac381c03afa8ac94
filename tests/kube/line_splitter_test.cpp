#include "kube/line_splitter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bw {
namespace {

std::vector<std::string> lines_of(LineSplitter& splitter) {
  std::vector<std::string> lines;
  while (const std::optional<std::string_view> line = splitter.next()) lines.emplace_back(*line);
  return lines;
}

TEST(LineSplitter, FindsTheSameLinesHoweverTheBytesAreCut) {
  const std::string text = "a\n\nbc d\n4\nrest";
  const std::vector<std::string> expected{"a", "bc d", "4"};
  // Every set of places to cut at.
  for (unsigned cuts = 0; cuts < (1U << (text.size() - 1)); ++cuts) {
    LineSplitter splitter;
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end = 1; end <= text.size(); ++end) {
      if (end < text.size() && (cuts >> (end - 1) & 1) == 0) continue;
      splitter.append(std::string_view(text).substr(begin, end - begin));
      for (std::string& line : lines_of(splitter)) lines.push_back(std::move(line));
      begin = end;
    }
    ASSERT_EQ(lines, expected) << "cut at the bits of " << cuts;
    splitter.append("\n");
    ASSERT_EQ(lines_of(splitter), std::vector<std::string>{"rest"});
  }
}

TEST(LineSplitter, LinesOfOneAppendStayValidTogether) {
  LineSplitter splitter;
  splitter.append("a");
  splitter.append("b\nc\nd\n");
  const auto first = splitter.next();
  const auto second = splitter.next();
  const auto third = splitter.next();
  EXPECT_EQ(*first, "ab");
  EXPECT_EQ(*second, "c");
  EXPECT_EQ(*third, "d");
  EXPECT_FALSE(splitter.next());
}

TEST(LineSplitter, TakesALineOfExactlyTheLimit) {
  LineSplitter splitter(4);
  splitter.append("1234\n");
  EXPECT_EQ(lines_of(splitter), std::vector<std::string>{"1234"});
  EXPECT_FALSE(splitter.overlong());
}

TEST(LineSplitter, GivesUpOnALineBeyondTheLimitWithOrWithoutItsEnd) {
  for (const char* text : {"ok\n12345", "ok\n12345\nnext\n"}) {
    LineSplitter splitter(4);
    splitter.append(text);
    EXPECT_EQ(lines_of(splitter), std::vector<std::string>{"ok"});
    EXPECT_TRUE(splitter.overlong());
    splitter.append("\nmore\n");
    EXPECT_TRUE(lines_of(splitter).empty());
    splitter.clear();
    splitter.append("more\n");
    EXPECT_EQ(lines_of(splitter), std::vector<std::string>{"more"});
  }
}

}  // namespace
}  // namespace bw
