#include "journal/known_head.h"

#include <gtest/gtest.h>

#include "journal/memory_journal.h"
#include "record_feed.h"

namespace bw {
namespace {

constexpr char kId[] = "00112233445566778899aabbccddeeff";
constexpr char kHash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

JournalId id_of(std::uint8_t first) {
  JournalId id;
  id.bytes[0] = first;
  return id;
}

HeadComparison compared(const JournalReader& journal, const KnownHead& known) {
  const Result<HeadComparison> comparison = compare(journal, id_of(1), known);
  EXPECT_TRUE(comparison) << comparison.error().message;
  return comparison ? *comparison : HeadComparison::kOtherJournal;
}

TEST(KnownHead, IsWrittenAsIdSequenceAndHash) {
  const std::string text = std::string(kId) + ":1234:" + kHash;
  const Result<KnownHead> known = parse_known_head(text);
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->head.sequence, 1234u);
  EXPECT_EQ(known->id.bytes[1], 0x11);
  EXPECT_EQ(known->head.hash[31], 0xef);
  EXPECT_EQ(to_text(*known), text);
}

TEST(KnownHead, IsRefusedWhereAPartIsMissingOrWrong) {
  const std::string id = kId, hash = kHash;
  for (const std::string& text :
       {std::string(), std::string(":"), std::string("::"), id, id + ":1", id + ":1:", id + ":0:" + hash,
        id + ":-1:" + hash, id + ":1x:" + hash, id + "::" + hash, id + ":18446744073709551616:" + hash,
        "0" + id + ":1:" + hash, id + ":1:" + hash + "0", id + ":1:" + hash + ":", id + ": 1:" + hash}) {
    const Result<KnownHead> known = parse_known_head(text);
    ASSERT_FALSE(known) << text;
    EXPECT_EQ(known.error().code, ErrorCode::kInvalid);
    EXPECT_NE(known.error().message.find("ID:SEQUENCE:HASH"), std::string::npos);
  }
}

class KnownHeadOfJournal : public testing::Test {
 protected:
  KnownHeadOfJournal() {
    for (int i = 0; i < 25; ++i) {  // 2,500 events: two kept hashes
      EXPECT_TRUE(feed_.append_to(journal_, 100, true));
      heads_.push_back(feed_.head());
    }
  }

  MemoryJournal journal_;
  RecordFeed feed_;
  std::vector<Head> heads_;
};

TEST_F(KnownHeadOfJournal, HoldsAtEveryHeadOfIt) {
  for (const Head& head : heads_) EXPECT_EQ(compared(journal_, {id_of(1), head}), HeadComparison::kHolds);
  for (const Head& head : feed_.kept()) EXPECT_EQ(compared(journal_, {id_of(1), head}), HeadComparison::kHolds);
  const Result<Head> before_all = head_at(journal_, 0);
  ASSERT_TRUE(before_all);
  EXPECT_EQ(*before_all, Head());
}

TEST_F(KnownHeadOfJournal, IsNotThereOnceTheEndIsCutOff) {
  MemoryJournal shorter;
  RecordFeed same;
  ASSERT_TRUE(same.append_to(shorter, 2400, true));
  EXPECT_EQ(compared(shorter, {id_of(1), heads_.back()}), HeadComparison::kShorter);
  EXPECT_EQ(compared(shorter, {id_of(1), heads_[23]}), HeadComparison::kHolds);
  EXPECT_FALSE(head_at(shorter, 2401));
}

TEST_F(KnownHeadOfJournal, DiffersOnceAnEventIsAnother) {
  MemoryJournal changed;
  RecordBatch batch;
  Chain chain;
  for (auto [sequence, record] : feed_.written()) {
    if (sequence == 2450) record[0] = 'R';
    chain.extend(record);
    batch.records.push_back(record);
  }
  ASSERT_TRUE(changed.append(batch.records, chain.head(), feed_.kept(), true));
  EXPECT_EQ(compared(changed, {id_of(1), heads_.back()}), HeadComparison::kDiffers);
  EXPECT_EQ(compared(changed, {id_of(1), heads_[23]}), HeadComparison::kHolds);
}

TEST_F(KnownHeadOfJournal, SaysNothingOfAnotherJournal) {
  EXPECT_EQ(compared(journal_, {id_of(2), heads_.back()}), HeadComparison::kOtherJournal);
}

}  // namespace
}  // namespace bw
