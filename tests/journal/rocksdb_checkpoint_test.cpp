// A checkpoint is a whole journal, also one that is made while the writer writes.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "journal/rocksdb_journal.h"
#include "journal/snapshot_file.h"
#include "record_feed.h"
#include "scratch_folder.h"

namespace bw {
namespace {

TEST(RocksdbCheckpoint, IsAWholeJournalWhileTheWriterGoesOn) {
  ScratchFolder folder;
  const auto journal = RocksdbJournal::open({.path = folder / "journal"});
  ASSERT_TRUE(journal) << journal.error().message;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(**journal, 500, true));
  const std::vector<std::string> records{"state"};
  const auto snapshot = write_snapshot_file(folder / "journal", 500, records);
  ASSERT_TRUE(snapshot) << snapshot.error().message;

  std::atomic<bool> enough = false;
  std::thread writer([&] {
    while (!enough) EXPECT_TRUE(feed.append_to(**journal, 7, true));
  });
  std::vector<Checkpoint> made;
  for (int i = 0; i < 4; ++i) {
    const auto checkpoint = (*journal)->make_checkpoint();
    EXPECT_TRUE(checkpoint) << checkpoint.error().message;
    if (checkpoint) made.push_back(*checkpoint);
  }
  enough = true;
  writer.join();
  ASSERT_TRUE(feed.append_to(**journal, 100, true));
  ASSERT_EQ(made.size(), 4U);
  for (const Checkpoint& checkpoint : made) {
    const auto copy = RocksdbJournal::open_reader(checkpoint.path);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ((*copy)->bounds().head, checkpoint.head);
    EXPECT_GE(checkpoint.head.sequence, 500U);
    EXPECT_EQ(head_of(read_all(**copy)), checkpoint.head);
    const auto kept = read_snapshot_file(checkpoint.path, *snapshot, 500);
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_EQ(*kept, records);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "journal" + "/checkpoints/making"));
}

TEST(RocksdbCheckpoint, TheSameMomentTwiceIsOneCopy) {
  ScratchFolder folder;
  const auto journal = RocksdbJournal::open({.path = folder / "journal"});
  ASSERT_TRUE(journal) << journal.error().message;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(**journal, 3, true));
  std::filesystem::create_directories(folder / "journal" + "/checkpoints/making/rest of one that was broken off");
  const auto first = (*journal)->make_checkpoint();
  const auto second = (*journal)->make_checkpoint();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->path, second->path);
  EXPECT_EQ(first->path, folder / "journal" + "/checkpoints/00000000000000000003");
  // It can be gone on with, as any journal.
  const auto again = RocksdbJournal::open({.path = first->path});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->bounds().head, feed.head());
}

TEST(RocksdbCheckpoint, SaysWhyItCannotBeMade) {
  ScratchFolder folder;
  const auto journal = RocksdbJournal::open({.path = folder / "journal"});
  ASSERT_TRUE(journal) << journal.error().message;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(**journal, 3, true));
  std::ofstream(folder / "journal" + "/checkpoints") << "a file";
  const auto made = (*journal)->make_checkpoint();
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("checkpoints"), std::string::npos);
}

}  // namespace
}  // namespace bw
