#include "journal/memory_journal.h"

#include <gtest/gtest.h>

#include "record_feed.h"

namespace bw {
namespace {

TEST(MemoryJournal, ForgetsWhatWasNotSynced) {
  MemoryJournal journal;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(journal, 1000, true));
  const Head synced = feed.head();
  ASSERT_TRUE(feed.append_to(journal, 500, false));
  journal.forget_unsynced();
  EXPECT_EQ(journal.bounds().head, synced);
  EXPECT_EQ(read_all(journal).size(), 1000u);
  EXPECT_EQ(journal.kept_hash(1024), std::nullopt);
}

TEST(MemoryJournal, KeepsWhatASyncOrALaterSyncedAppendCovered) {
  MemoryJournal journal;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(journal, 2, false));
  ASSERT_TRUE(journal.sync());
  journal.forget_unsynced();
  EXPECT_EQ(journal.bounds().head, feed.head());
  ASSERT_TRUE(feed.append_to(journal, 2, false));
  ASSERT_TRUE(feed.append_to(journal, 1, true));
  journal.forget_unsynced();
  EXPECT_EQ(journal.bounds().head, feed.head());
}

TEST(MemoryJournal, GoesOnAfterALossOfPower) {
  MemoryJournal journal;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(journal, 2, true));
  RecordFeed again(feed.head());
  ASSERT_TRUE(feed.append_to(journal, 3, false));
  journal.forget_unsynced();
  ASSERT_TRUE(again.append_to(journal, 1, true, 30));
  EXPECT_EQ(journal.bounds().head, again.head());
  EXPECT_EQ(read_all(journal, 3), again.written());
}

TEST(MemoryJournal, FailsTheNthAppendAndAllBehindIt) {
  MemoryJournal journal;
  RecordFeed feed;
  journal.fail_append(2);
  ASSERT_TRUE(feed.append_to(journal, 1, true));
  const Head head = feed.head();
  const auto failed = feed.append_to(journal, 1, true);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_EQ(journal.bounds().head, head);
  EXPECT_FALSE(journal.sync());
  RecordFeed again(head);
  EXPECT_FALSE(again.append_to(journal, 1, true));
}

TEST(MemoryJournalDeathTest, RefusesRecordsThatDoNotFollow) {
  MemoryJournal journal;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(journal, 2, true));
  EXPECT_DEATH(static_cast<void>(RecordFeed().append_to(journal, 1, true)), "do not follow");
}

}  // namespace
}  // namespace bw
