#include "kube/wire.h"

#include <string>

#include <gtest/gtest.h>

namespace bw {
namespace {

TEST(ResourceVersionText, IsADecimalNumberOf64BitsAndNotZero) {
  EXPECT_EQ(parse_resource_version("1"), 1U);
  EXPECT_EQ(parse_resource_version("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "0", "-1", "+1", "1.0", "abc", " 1", "1 ", "18446744073709551616", "0x1"}) {
    EXPECT_FALSE(parse_resource_version(text)) << text;
  }
}

TEST(EnvelopeReader, CutsItemsOutOfAPrettyPrintedList) {
  std::string body =
      "{\n  \"items\": [\n    {\"a\": 1}\n ,\n\t{ \"b\": \"}\" }\n  ],\n  \"metadata\": {\"resourceVersion\": "
      "\"7\"}\n}\n";
  EnvelopeReader reader;
  const Result<ListPage> page = reader.read_list(body);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[0], R"({"a": 1})");
  EXPECT_EQ(page->items[1], R"({ "b": "}" })");
  EXPECT_EQ(page->resource_version, 7U);
  EXPECT_EQ(page->continue_token, "");
}

TEST(EnvelopeReader, FindsTheObjectWhateverStandsAroundIt) {
  EnvelopeReader reader;
  const std::string line =
      R"({ "extra":[1,{"type":"x"}], "object" : {"metadata":{"resourceVersion":"9"},"x":{}} , "type":"DELETED" })";
  const Result<WatchLine> read = reader.read_watch_line(line);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->type, WatchLine::Type::kDeleted);
  EXPECT_EQ(read->object, R"({"metadata":{"resourceVersion":"9"},"x":{}})");
  EXPECT_EQ(read->resource_version, 9U);
  EXPECT_GE(read->object.data(), line.data());
  EXPECT_LE(read->object.data() + read->object.size(), line.data() + line.size());
}

TEST(EnvelopeReader, SurvivesEveryTruncation) {
  EnvelopeReader reader;
  const std::string line =
      R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"9","a":[1,"x"]},"spec":{"b":null}}})";
  const std::string list = R"({"metadata":{"resourceVersion":"9"},"items":[{"a":"b"},{"c":[{}]}]})";
  for (std::size_t size = 0; size < line.size(); ++size)
    EXPECT_FALSE(reader.read_watch_line(line.substr(0, size))) << size;
  for (std::size_t size = 0; size < list.size(); ++size) {
    std::string part = list.substr(0, size);
    EXPECT_FALSE(reader.read_list(part)) << size;
  }
}

TEST(EnvelopeReader, SurvivesEveryByteThatIsAnother) {
  EnvelopeReader reader;
  const std::string line =
      R"({"type":"ADDED","object":{"metadata":{"a":[1,"x"],"resourceVersion":"9"},"spec":{"b":null}}})";
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (const char byte : std::string_view("\"{}[]:, x\\\0", 11)) {
      std::string changed = line;
      changed[at] = byte;
      const auto read = reader.read_watch_line(changed);
      EXPECT_TRUE(!read || read->object.size() <= line.size()) << changed;
      EXPECT_TRUE(reader.read_watch_line(line)) << "after " << changed;
    }
  }
}

TEST(ReadStatus, TakesWhatTheStatusSays) {
  const ApiStatus status = read_status(
      504,
      R"({"kind":"Status","message":"m","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}],)"
      R"("retryAfterSeconds":1},"code":504})");
  EXPECT_EQ(status.code, 504);
  EXPECT_EQ(status.reason, "Timeout");
  EXPECT_EQ(status.message, "m");
  EXPECT_EQ(status.retry_after_s, 1);
  EXPECT_TRUE(status.version_too_large);
  EXPECT_EQ(read_status(0, R"({"kind":"Status","code":410,"reason":"Expired"})").code, 410);
}

TEST(ReadStatus, FallsBackOnTheBodyAndThenOnTheCode) {
  EXPECT_EQ(read_status(429, "Too many requests.\n").message, "Too many requests.");
  EXPECT_EQ(read_status(502, "").message, "HTTP status 502 without a message");
  EXPECT_EQ(read_status(500, R"({"kind":"Other","message":"x"})").message, R"({"kind":"Other","message":"x"})");
  EXPECT_EQ(read_status(500, R"({"kind":"Status","message":7,"details":[],"code":"x"})").message,
            "HTTP status 500 without a message");
  EXPECT_EQ(read_status(500, std::string(1000, 'x')).message.size(), 200U);
}

}  // namespace
}  // namespace bw
