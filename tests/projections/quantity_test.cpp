#include "projections/quantity.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace bw {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

void expect_value(const std::string& text, std::int64_t value) {
  const Result<std::int64_t> parsed = parse_quantity(text);
  ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
  EXPECT_EQ(*parsed, value) << text;
}

void expect_refused(const std::string& text) {
  const Result<std::int64_t> parsed = parse_quantity(text);
  ASSERT_FALSE(parsed) << text << " became " << *parsed;
  EXPECT_NE(parsed.error().message.find('"' + text + '"'), std::string::npos) << parsed.error().message;
}

TEST(Quantity, ReadsWhatTheGrammarAllows) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      // Numbers: sign, digits, a point at either end.
      {"0", 0},
      {"00", 0},
      {"7", 7},
      {"+7", 7},
      {"-7", -7},
      {"007", 7},
      {"5.", 5},
      {".5", 1},
      {"0.", 0},
      {"-0", 0},
      {"1000000", 1'000'000},
      // Decimal suffixes.
      {"1n", 1},
      {"1u", 1},
      {"1m", 1},
      {"1k", 1'000},
      {"1M", 1'000'000},
      {"1G", 1'000'000'000},
      {"1T", 1'000'000'000'000},
      {"1P", 1'000'000'000'000'000},
      {"1E", 1'000'000'000'000'000'000},
      {"500k", 500'000},
      {"1.5M", 1'500'000},
      {"100.5M", 100'500'000},
      {"0M", 0},
      {"-2k", -2'000},
      // Binary suffixes.
      {"1Ki", 1'024},
      {"1Mi", 1'048'576},
      {"1Gi", 1'073'741'824},
      {"1Ti", 1'099'511'627'776},
      {"1Pi", 1'125'899'906'842'624},
      {"1Ei", 1'152'921'504'606'846'976},
      {"1.5Gi", 1'610'612'736},
      {".5Ki", 512},
      {"0.1Ki", 103},
      // Exponents; a bare E is exa.
      {"1e3", 1'000},
      {"2E6", 2'000'000},
      {"1e+3", 1'000},
      {"1.5e-1", 1},
      {"15e-1", 2},
      {"1e0", 1},
      {"0e99", 0},
      {"100e-2", 1},
      {"1E5", 100'000},
      // The largest that fits.
      {"9223372036854775807", kMost},
      {"-9223372036854775807", -kMost},
      {"9.223372036854775807E", kMost},
      {"1000000000000000000000000000000e-30", 1},
      {"12345678901234567890123e-5", 123'456'789'012'345'679},
  };
  for (const auto& [text, value] : cases) expect_value(text, value);
}

TEST(Quantity, RoundsAwayFromZeroToAWholeNumber) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"1500m", 2},
      {"1000m", 1},
      {"1001m", 2},
      {"-1500m", -2},
      {"1n", 1},
      {"-1n", -1},
      {"0.9n", 1},
      {"1e-100", 1},
      {"1e-999999999999", 1},
      {"1.0000000000000000000000000001", 2},
      {"1.0000000000000000000000000000", 1},
      {"999999999999999.000000001", 1'000'000'000'000'000},
      {"0.0009765625Ki", 1},
      {"0.00097656250000001Ki", 2},
      // More than 20 digits of a binary quantity round up before the factor, never down.
      {"1.000000000000000000001Ki", 1'025},
  };
  for (const auto& [text, value] : cases) expect_value(text, value);
}

TEST(Quantity, RefusesWhatTheGrammarDoesNotAllow) {
  const std::vector<std::string> cases{
      "",    " ",     "+",     "-",     ".",     "M",     "+M",       ".M",       " 1",   "1 ",    "1 M",
      "K",   "1K",    "1mi",   "1ki",   "1kb",   "1Mbit", "1MM",      "1i",       "1Mi5", "1e",    "1e+",
      "1e-", "1e+-5", "1e--5", "1e1.5", "1e5k",  "1E5M",  "1.2.3",    "1,5",      "0x10", "1_000", "--1",
      "+-1", "1-",    "inf",   "nan",   "1e3Ki", "1Kie3", "\xc2\xb5", "1\xc2\xb5"};
  for (const std::string& text : cases) expect_refused(text);
}

TEST(Quantity, RefusesWhatDoesNotFitIn64Bits) {
  const std::vector<std::string> cases{"9223372036854775808",
                                       "10E",
                                       "8Ei",
                                       "1e19",
                                       "1e999999999999",
                                       "99999999999999999999999999999999999999999999",
                                       "16Ei",
                                       "99999999999999999999Ei",
                                       "9223372036854775807.1"};
  for (const std::string& text : cases) expect_refused(text);
}

TEST(Quantity, IsWrittenWithTheLargestSuffixThatLeavesNoFraction) {
  const std::vector<std::pair<std::int64_t, std::string>> cases{{0, "0"},
                                                                {1, "1"},
                                                                {999, "999"},
                                                                {1'000, "1k"},
                                                                {1'500'000, "1500k"},
                                                                {1'000'000, "1M"},
                                                                {100'000'000, "100M"},
                                                                {1'073'741'824, "1073741824"},
                                                                {1'000'000'000'000'000, "1P"},
                                                                {2'000'000'000'000'000'000, "2E"},
                                                                {-5'000, "-5k"},
                                                                {kMost, "9223372036854775807"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(format_quantity(value), text);
}

TEST(Quantity, ReadsWhatItWrites) {
  for (std::int64_t value = 1; value > 0 && value < kMost / 7; value = value * 7 + 3) {
    expect_value(format_quantity(value), value);
    expect_value(format_quantity(-value * 1), -value);
  }
}

}  // namespace
}  // namespace bw
