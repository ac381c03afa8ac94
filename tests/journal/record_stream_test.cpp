#include "journal/record_stream.h"

#include <gtest/gtest.h>

#include "record_feed.h"

namespace bw {
namespace {

JournalBounds bounds() {
  JournalBounds bounds{7, sha256("before"), {9, sha256("head")}};
  return bounds;
}

TEST(RecordStream, ComesApartInPiecesOfAnySize) {
  std::string stream = record_stream_head(bounds());
  const std::vector<std::string> records{"seven", "", std::string(3000, 'n')};
  for (std::size_t i = 0; i < records.size(); ++i) append_record(7 + i, records[i], stream);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, stream.size()}) {
    RecordStreamParser parser;
    JournalBounds read;
    bool has_head = false;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      parser.feed(std::string_view(stream).substr(at, piece));
      if (!has_head) {
        const auto head = parser.read_head(read);
        ASSERT_TRUE(head) << head.error().message;
        has_head = *head;
        if (!has_head) continue;
      }
      Sequence sequence = 0;
      std::string_view bytes;
      for (;;) {
        const auto more = parser.next(sequence, bytes);
        ASSERT_TRUE(more) << more.error().message;
        if (!*more) break;
        EXPECT_EQ(sequence, 7 + got.size());
        got.emplace_back(bytes);
      }
    }
    EXPECT_EQ(got, records) << piece;
    EXPECT_EQ(read.first, 7U);
    EXPECT_EQ(read.head, bounds().head);
    EXPECT_EQ(read.previous_hash, bounds().previous_hash);
    EXPECT_TRUE(parser.empty());
  }
}

TEST(RecordStream, WhatIsNoJournalIsRefused) {
  for (const std::string& text : {std::string("<html>\n"), std::string("bwjournal2 1 2 3 4\n"),
                                  std::string("bwjournal1 x\n"), std::string(600, 'a')}) {
    RecordStreamParser parser;
    parser.feed(text);
    JournalBounds read;
    const auto head = parser.read_head(read);
    ASSERT_FALSE(head) << text;
    EXPECT_EQ(head.error().code, ErrorCode::kUnsupported);
  }
}

TEST(RecordStream, ASizeThatNoRecordHasIsRefused) {
  RecordStreamParser parser;
  parser.feed(record_stream_head(bounds()) + std::string(12, '\xff'));
  JournalBounds read;
  ASSERT_TRUE(parser.read_head(read));
  Sequence sequence = 0;
  std::string_view bytes;
  EXPECT_FALSE(parser.next(sequence, bytes));
}

}  // namespace
}  // namespace bw
