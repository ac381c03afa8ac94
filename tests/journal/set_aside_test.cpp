#include "journal/set_aside.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "journal/rocksdb_journal.h"
#include "record_feed.h"
#include "scratch_folder.h"

namespace bw {
namespace {

constexpr Timestamp kNow{1'700'000'000'123'456'789};
constexpr char kStamp[] = ".aside-20231114T221320Z";

class SetAside : public testing::Test {
 protected:
  void make(std::size_t records) {
    const auto journal = RocksdbJournal::open({path_});
    ASSERT_TRUE(journal) << journal.error().message;
    RecordFeed feed;
    ASSERT_TRUE(feed.append_to(**journal, records, true));
  }

  const ScratchFolder scratch_;
  const std::string path_ = scratch_ / "journal";
};

TEST_F(SetAside, KeepsTheJournalUnderADatedNameAndLeavesRoomForANewOne) {
  make(3);
  const Result<std::string> aside = set_journal_aside(path_, kNow);
  ASSERT_TRUE(aside) << aside.error().message;
  EXPECT_EQ(*aside, path_ + kStamp);
  make(1);
  const auto old = RocksdbJournal::open_reader(*aside);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ((*old)->bounds().head.sequence, 3u);
}

TEST_F(SetAside, OverwritesNothing) {
  for (std::size_t records = 1; records <= 3; ++records) {
    make(records);
    ASSERT_TRUE(set_journal_aside(path_ + "/", kNow));
  }
  Sequence last = 1;
  for (const char* number : {"", "-2", "-3"}) {
    const auto old = RocksdbJournal::open_reader(path_ + kStamp + number);
    ASSERT_TRUE(old) << old.error().message;
    EXPECT_EQ((*old)->bounds().head.sequence, last++);
  }
}

TEST_F(SetAside, SaysWhatCannotBeMoved) {
  const Result<std::string> aside = set_journal_aside(path_, kNow);
  ASSERT_FALSE(aside);
  EXPECT_NE(aside.error().message.find("the journal " + path_ + " cannot be set aside as " + path_ + kStamp),
            std::string::npos)
      << aside.error().message;
}

}  // namespace
}  // namespace bw
