#include "projections/time_text.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace bw {
namespace {

constexpr std::int64_t kSecond = kNanosecondsPerSecond;

TEST(TimeText, ReadsRfc3339) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00.000000001Z", 1},
      {"1969-12-31T23:59:59.5Z", -kSecond / 2},
      {"2026-12-01T00:00:00Z", 1'796'083'200 * kSecond},
      {"2026-12-01t01:00:00.25+01:00", 1'796'083'200 * kSecond + kSecond / 4},
      {"2026-11-30T18:30:00-05:30", 1'796'083'200 * kSecond},
      {"2024-02-29T12:00:00z", 1'709'208'000 * kSecond},
      {"2000-02-29T00:00:00Z", 951'782'400 * kSecond},
      {"2026-07-01T10:00:00.123456Z", 1'782'900'000 * kSecond + 123'456'000},
      {"2026-07-01T10:00:00.1234567899999Z", 1'782'900'000 * kSecond + 123'456'789},
  };
  for (const auto& [text, ns] : cases) {
    const Result<Timestamp> time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->ns, ns) << text;
  }
}

TEST(TimeText, RefusesWhatIsNoTime) {
  const std::vector<std::string> cases{"",
                                       "now",
                                       "2026-12-01",
                                       "2026-12-01T00:00:00",
                                       "2026-12-01 00:00:00Z",
                                       "2026-13-01T00:00:00Z",
                                       "2026-00-01T00:00:00Z",
                                       "2026-02-29T00:00:00Z",
                                       "2100-02-29T00:00:00Z",
                                       "2026-04-31T00:00:00Z",
                                       "2026-12-00T00:00:00Z",
                                       "2026-12-01T24:00:00Z",
                                       "2026-12-01T00:60:00Z",
                                       "2026-12-01T00:00:60Z",
                                       "2026-12-01T00:00:00.Z",
                                       "2026-12-01T00:00:00+0100",
                                       "2026-12-01T00:00:00+24:00",
                                       "2026-12-01T00:00:00+01:60",
                                       "2026-12-01T00:00:00Z ",
                                       "26-12-01T00:00:00Z",
                                       "+2026-12-01T00:00:00Z",
                                       "1677-01-01T00:00:00Z",
                                       "2262-12-01T00:00:00Z",
                                       "2026-1-1T00:00:00Z"};
  for (const std::string& text : cases) EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(TimeText, WritesAsManyDigitsAsAsked) {
  const Timestamp time{1'782'900'000 * kSecond + 123'456'789};
  EXPECT_EQ(format_rfc3339(time, 0), "2026-07-01T10:00:00Z");
  EXPECT_EQ(format_rfc3339(time, 3), "2026-07-01T10:00:00.123Z");
  EXPECT_EQ(format_rfc3339(time, 6), "2026-07-01T10:00:00.123456Z");
  EXPECT_EQ(format_rfc3339(time, 9), "2026-07-01T10:00:00.123456789Z");
  EXPECT_EQ(format_rfc3339(Timestamp{-1}, 9), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_rfc3339(Timestamp{INT64_MIN}, 0), "1677-09-21T00:12:43Z");
  EXPECT_EQ(format_rfc3339(Timestamp{INT64_MAX}, 9), "2262-04-11T23:47:16.854775807Z");
}

TEST(TimeText, ReadsEveryDayThatItWrites) {
  constexpr std::int64_t kDay = 86'400 * kSecond;
  const std::int64_t first = parse_rfc3339("1678-01-01T00:00:00Z").value().ns;
  const std::int64_t last = parse_rfc3339("2261-12-31T23:59:59Z").value().ns;
  for (std::int64_t ns = first; ns < last; ns += kDay + 1) {
    const std::string text = format_rfc3339(Timestamp{ns}, 9);
    const Result<Timestamp> time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    ASSERT_EQ(time->ns, ns) << text;
  }
}

}  // namespace
}  // namespace bw
