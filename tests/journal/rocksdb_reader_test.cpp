// RocksdbJournal::open_reader(): a journal that another process writes, or nobody.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "journal/rocksdb_journal.h"
#include "record_feed.h"
#include "scratch_folder.h"

namespace bw {
namespace {

namespace fs = std::filesystem;

class RocksdbReader : public testing::Test {
 protected:
  std::unique_ptr<RocksdbJournal> open() {
    auto opened = RocksdbJournal::open({path_, nullptr});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(opened).value() : nullptr;
  }

  // A journal of `count` records, closed again.
  void make(std::size_t count) {
    const auto journal = open();
    ASSERT_TRUE(feed_.append_to(*journal, count, true));
  }

  ScratchFolder folder_;
  const std::string path_ = folder_ / "journal";
  RecordFeed feed_;
};

TEST_F(RocksdbReader, FollowsTheWriter) {
  const auto journal = open();
  ASSERT_TRUE(feed_.append_to(*journal, 5, true));
  const auto opened = RocksdbJournal::open_reader(path_);
  ASSERT_TRUE(opened) << opened.error().message;
  JournalReader& reader = **opened;
  EXPECT_EQ(reader.bounds().head, feed_.head());
  for (const std::size_t count : {1u, 2000u, 3u}) {
    const Head before = reader.bounds().head;
    ASSERT_TRUE(feed_.append_to(*journal, count, false));
    EXPECT_EQ(reader.bounds().head, before);
    EXPECT_EQ(read_all(reader).size(), before.sequence);
    ASSERT_TRUE(reader.refresh());
    EXPECT_EQ(reader.bounds().head, feed_.head());
    EXPECT_EQ(read_all(reader), feed_.written());
  }
  for (const Head& kept : feed_.kept()) EXPECT_EQ(reader.kept_hash(kept.sequence), kept.hash);
}

// More than the writer keeps in memory: what a reader holds of it then is out of date.
TEST_F(RocksdbReader, FollowsTheWriterThroughFlushesAndARestart) {
  auto journal = open();
  ASSERT_TRUE(feed_.append_to(*journal, 5, true));
  const auto opened = RocksdbJournal::open_reader(path_);
  ASSERT_TRUE(opened) << opened.error().message;
  JournalReader& reader = **opened;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 90; ++i) ASSERT_TRUE(feed_.append_to(*journal, 1000, false, 100));
    if (round == 3) {
      journal.reset();
      journal = open();
    }
    const auto refreshed = reader.refresh();
    ASSERT_TRUE(refreshed) << refreshed.error().message;
    ASSERT_EQ(reader.bounds().head, feed_.head()) << "round " << round;
  }
  EXPECT_EQ(read_all(reader), feed_.written());
}

TEST_F(RocksdbReader, ReadsWhatNobodyWrites) {
  make(2000);
  const auto reader = RocksdbJournal::open_reader(path_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->bounds().head, feed_.head());
  EXPECT_EQ(read_all(**reader), feed_.written());
  EXPECT_NE(open(), nullptr) << "a reader locks nobody out";
}

TEST_F(RocksdbReader, OpensAnEmptyJournal) {
  make(0);
  const auto reader = RocksdbJournal::open_reader(path_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->bounds().head, Head{});
  EXPECT_TRUE(read_all(**reader).empty());
}

TEST_F(RocksdbReader, LeavesNothingBehind) {
  make(5);
  ::setenv("TMPDIR", folder_.path().c_str(), 1);
  const auto own_folders = [this] {
    return std::count_if(fs::directory_iterator(folder_.path()), {},
                         [](const auto& entry) { return entry.path().filename().string().starts_with("bandwidth-"); });
  };
  {
    const auto reader = RocksdbJournal::open_reader(path_);
    ASSERT_TRUE(reader);
    EXPECT_EQ(own_folders(), 1);
  }
  EXPECT_EQ(own_folders(), 0);
  ::unsetenv("TMPDIR");
}

TEST_F(RocksdbReader, SaysThatThereIsNoJournalToRead) {
  const auto reader = RocksdbJournal::open_reader(path_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
  EXPECT_NE(reader.error().message.find(path_), std::string::npos);
  EXPECT_FALSE(fs::exists(path_));
}

// Whatever moment a reader meets, what it shows is a journal: dense, with the head that follows from it, and never
// shorter than what another reader saw before.
TEST_F(RocksdbReader, ShowsAWholeJournalAtEveryMoment) {
  const auto journal = open();
  auto old_reader = RocksdbJournal::open_reader(path_);
  ASSERT_TRUE(old_reader) << old_reader.error().message;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::size_t i = 0; i < 2000; ++i) ASSERT_TRUE(feed_.append_to(*journal, 1 + i % 200, i % 50 == 0, 200));
    done = true;
  });
  Chain chain;
  int rounds = 0;
  for (bool last = false; !last; ++rounds) {
    last = done;
    const auto new_reader = RocksdbJournal::open_reader(path_);
    const auto refreshed = (*old_reader)->refresh();
    EXPECT_TRUE(new_reader) << new_reader.error().message;
    EXPECT_TRUE(refreshed) << refreshed.error().message;
    last = last || HasFailure();
    if (!new_reader) break;
    for (const JournalReader* reader : {new_reader->get(), old_reader->get()}) {
      for (const auto& [sequence, bytes] : read_all(*reader, chain.head().sequence + 1)) chain.extend(bytes);
      EXPECT_EQ(chain.head(), reader->bounds().head) << "round " << rounds;
    }
  }
  writer.join();
  EXPECT_EQ(chain.head(), feed_.head());
  EXPECT_GT(rounds, 2);
}

}  // namespace
}  // namespace bw
