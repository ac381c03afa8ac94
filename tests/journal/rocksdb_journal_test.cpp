#include "journal/rocksdb_journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "record_feed.h"
#include "scratch_folder.h"

namespace bw {
namespace {

namespace fs = std::filesystem;

class RocksdbJournalTest : public testing::Test {
 protected:
  std::unique_ptr<RocksdbJournal> open() {
    auto opened = RocksdbJournal::open({path_, nullptr});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(opened).value() : nullptr;
  }

  // The error of an attempt to open; the test fails where there is none.
  Error refusal() {
    const auto opened = RocksdbJournal::open({path_, nullptr});
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }

  // A journal of `count` records, closed again.
  void make(std::size_t count) {
    const auto journal = open();
    ASSERT_TRUE(feed_.append_to(*journal, count, true));
  }

  // Changes the database behind the journal's back.
  void tamper(const std::function<rocksdb::Status(rocksdb::DB&, rocksdb::ColumnFamilyHandle& events)>& change) {
    rocksdb::DB* raw = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::Status status =
        rocksdb::DB::Open({}, path_ + "/events", {{"default", {}}, {"events", {}}}, &handles, &raw);
    ASSERT_TRUE(status.ok()) << status.ToString();
    const std::unique_ptr<rocksdb::DB> db(raw);
    status = change(*db, *handles[1]);
    EXPECT_TRUE(status.ok()) << status.ToString();
    for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  }

  static std::string key(Sequence sequence) {
    std::string key(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) key[i] = static_cast<char>(sequence >> (56 - 8 * i) & 0xff);
    return key;
  }

  ScratchFolder folder_;
  const std::string path_ = folder_ / "journal";
  RecordFeed feed_;
};

// ---- durability -------------------------------------------------------------------------------------------------

TEST_F(RocksdbJournalTest, HoldsTheSameAfterItIsOpenedAgain) {
  for (const std::size_t count : {1u, 1200u, 900u, 2u}) {
    const auto journal = open();
    EXPECT_EQ(journal->bounds().head, feed_.head());
    ASSERT_TRUE(feed_.append_to(*journal, count, true));
  }
  const auto journal = open();
  const Records records = read_all(*journal);
  EXPECT_EQ(records, feed_.written());
  EXPECT_EQ(journal->bounds().head, feed_.head());
  EXPECT_EQ(head_of(records), feed_.head());
  for (const Head& kept : feed_.kept()) EXPECT_EQ(journal->kept_hash(kept.sequence), kept.hash);
  EXPECT_EQ(journal->dropped_tail(), std::nullopt);
}

// The files as the kernel has them, with nothing synced or closed, are what a killed process leaves.
TEST_F(RocksdbJournalTest, LosesNothingWhenOnlyTheProcessEnds) {
  const auto journal = open();
  ASSERT_TRUE(feed_.append_to(*journal, 100, false));
  const std::string left = folder_ / "left";
  fs::copy(path_, left, fs::copy_options::recursive);
  const auto reopened = RocksdbJournal::open({left, nullptr});
  ASSERT_TRUE(reopened) << reopened.error().message;
  EXPECT_EQ((*reopened)->bounds().head, feed_.head());
  EXPECT_EQ(read_all(**reopened), feed_.written());
  EXPECT_EQ((*reopened)->dropped_tail(), std::nullopt);
}

TEST_F(RocksdbJournalTest, KeepsAPrefixAndReportsTheRestWhenItsLogIsCut) {
  {
    const auto journal = open();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(feed_.append_to(*journal, 1, true));
  }
  for (const auto& entry : fs::directory_iterator(path_ + "/events")) {
    if (entry.path().extension() == ".log") fs::resize_file(entry.path(), fs::file_size(entry.path()) - 5);
  }
  const auto journal = open();
  const Records records = read_all(*journal);
  EXPECT_EQ(records, Records(feed_.written().begin(), feed_.written().begin() + 49));
  EXPECT_EQ(journal->bounds().head, head_of(records));
  ASSERT_TRUE(journal->dropped_tail());
  EXPECT_GT(journal->dropped_tail()->bytes, 0u);
  EXPECT_FALSE(journal->dropped_tail()->detail.empty());
}

TEST_F(RocksdbJournalTest, KeepsRecordsThroughFlushAndCompaction) {
  {
    const auto journal = open();
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(feed_.append_to(*journal, 1000, false, 300));
  }
  const auto journal = open();
  EXPECT_EQ(read_all(*journal), feed_.written());
  EXPECT_EQ(journal->bounds().head, feed_.head());
  EXPECT_EQ(journal->kept_hash(1024), feed_.kept().front().hash);
}

TEST_F(RocksdbJournalTest, RefusesRecordsThatDoNotFollow) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto append_twice = [this] {
    const auto journal = open();
    static_cast<void>(RecordFeed().append_to(*journal, 2, true));
    static_cast<void>(RecordFeed().append_to(*journal, 1, true));
  };
  EXPECT_DEATH(append_twice(), "do not follow");
}

// ---- creation and opening ---------------------------------------------------------------------------------------

TEST_F(RocksdbJournalTest, CreatesMissingFolders) {
  const auto journal = RocksdbJournal::open({path_ + "/a/b/c", nullptr});
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_FALSE(fs::exists(path_ + "/a/b/c/creating"));
}

TEST_F(RocksdbJournalTest, CreatesInAnEmptyVolume) {
  fs::create_directories(path_ + "/lost+found");
  std::ofstream(path_ + "/reserve") << "room";
  make(1);
  EXPECT_EQ(open()->bounds().head, feed_.head());
}

TEST_F(RocksdbJournalTest, FinishesACreationThatWasInterrupted) {
  fs::create_directories(path_ + "/events");
  std::ofstream(path_ + "/creating");
  std::ofstream(path_ + "/events/MANIFEST-000001") << "torn";
  make(1);
  EXPECT_FALSE(fs::exists(path_ + "/creating"));
  EXPECT_EQ(open()->bounds().head, feed_.head());
}

TEST_F(RocksdbJournalTest, KeepsWhatIsThereWhenTheMarkOfCreationIsToo) {
  make(3);
  std::ofstream(path_ + "/creating");
  EXPECT_EQ(open()->bounds().head, feed_.head());
}

TEST_F(RocksdbJournalTest, RefusesAFolderOfSomethingElse) {
  fs::create_directories(path_);
  std::ofstream(path_ + "/thesis.tex") << "years of work";
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_NE(error.message.find("thesis.tex"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(path_), std::string::npos) << error.message;
  EXPECT_FALSE(fs::exists(path_ + "/events"));
}

TEST_F(RocksdbJournalTest, RefusesAPathThatIsNoFolder) {
  std::ofstream file(path_);
  EXPECT_EQ(refusal().code, ErrorCode::kIo);
}

TEST_F(RocksdbJournalTest, RefusesSnapshotsWithoutEventsInsteadOfStartingAnew) {
  fs::create_directories(path_ + "/snapshots");
  EXPECT_EQ(refusal().code, ErrorCode::kInvalid);
}

TEST_F(RocksdbJournalTest, RefusesADatabaseThatLostItsCurrentFileInsteadOfStartingAnew) {
  make(3);
  fs::remove(path_ + "/events/CURRENT");
  EXPECT_EQ(refusal().code, ErrorCode::kCorrupt);
}

TEST_F(RocksdbJournalTest, RefusesADatabaseThatIsNoJournal) {
  make(1);
  tamper([](rocksdb::DB& db, auto&) { return db.Delete({}, "format"); });
  EXPECT_EQ(refusal().code, ErrorCode::kInvalid);
}

TEST_F(RocksdbJournalTest, RefusesAFutureFormat) {
  make(1);
  tamper([](rocksdb::DB& db, auto&) { return db.Put({}, "format", "2"); });
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_NE(error.message.find("has format 2; this program reads 1: use a newer"), std::string::npos) << error.message;
  const auto reader = RocksdbJournal::open_reader(path_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kUnsupported);
}

TEST_F(RocksdbJournalTest, RefusesColumnFamiliesOfTheFuture) {
  make(1);
  tamper([](rocksdb::DB& db, auto&) {
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    const rocksdb::Status status = db.CreateColumnFamily({}, "index", &handle);
    return status.ok() ? db.DestroyColumnFamilyHandle(handle) : status;
  });
  EXPECT_EQ(refusal().code, ErrorCode::kUnsupported);
}

TEST_F(RocksdbJournalTest, RefusesASecondWriterOfThisProcess) {
  const auto journal = open();
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kLocked);
  EXPECT_NE(error.message.find(path_ + " is in use by another process"), std::string::npos) << error.message;
}

TEST_F(RocksdbJournalTest, RefusesASecondWriterOfAnotherProcess) {
  make(1);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {  // holds the lock as RocksDB does, until it is killed
    const int lock_file = ::open((path_ + "/events/LOCK").c_str(), O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(lock_file, F_SETLK, &lock) == 0 && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(refusal().code, ErrorCode::kLocked);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_NE(open(), nullptr);
}

// ---- damage -----------------------------------------------------------------------------------------------------

TEST_F(RocksdbJournalTest, RefusesAHeadWhoseEventIsMissing) {
  make(5);
  tamper([](rocksdb::DB& db, auto& events) { return db.Delete({}, &events, key(5)); });
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_NE(error.message.find("its head is event 5, but its last event is 4"), std::string::npos) << error.message;
}

TEST_F(RocksdbJournalTest, RefusesEventsBehindTheHead) {
  make(5);
  tamper([](rocksdb::DB& db, auto& events) { return db.Put({}, &events, key(6), "more"); });
  EXPECT_EQ(refusal().code, ErrorCode::kCorrupt);
}

TEST_F(RocksdbJournalTest, RefusesAHeadOfAWrongSize) {
  make(5);
  tamper([](rocksdb::DB& db, auto&) { return db.Put({}, "head", "short"); });
  EXPECT_EQ(refusal().code, ErrorCode::kCorrupt);
}

TEST_F(RocksdbJournalTest, ReportsAHole) {
  make(5);
  tamper([](rocksdb::DB& db, auto& events) { return db.Delete({}, &events, key(3)); });
  const auto journal = open();
  auto cursor = journal->read(1);
  ASSERT_TRUE(cursor);
  Sequence sequence = 0;
  std::string_view bytes;
  ASSERT_TRUE((*cursor)->next(sequence, bytes));
  ASSERT_TRUE((*cursor)->next(sequence, bytes));
  const auto hole = (*cursor)->next(sequence, bytes);
  ASSERT_FALSE(hole);
  EXPECT_EQ(hole.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(hole.error().message.find("event 4 stands where event 3 should be"), std::string::npos)
      << hole.error().message;
}

TEST_F(RocksdbJournalTest, ReportsAHoleAtTheBeginning) {
  make(5);
  tamper([](rocksdb::DB& db, auto& events) { return db.Delete({}, &events, key(1)); });
  const auto journal = open();
  auto cursor = journal->read(1);
  ASSERT_TRUE(cursor);
  Sequence sequence = 0;
  std::string_view bytes;
  EXPECT_FALSE((*cursor)->next(sequence, bytes));
}

TEST_F(RocksdbJournalTest, StartsWhereItWasCut) {
  make(5);
  const Sha256 hash = sha256("h(2)");
  tamper([&](rocksdb::DB& db, auto& events) {
    rocksdb::WriteBatch batch;
    for (const Sequence sequence : {1u, 2u}) static_cast<void>(batch.Delete(&events, key(sequence)));
    static_cast<void>(batch.Put("first", key(3).append(hash.begin(), hash.end())));
    return db.Write({}, &batch);
  });
  const auto journal = open();
  EXPECT_EQ(journal->bounds().first, 3u);
  EXPECT_EQ(journal->bounds().previous_hash, hash);
  EXPECT_EQ(journal->kept_hash(2), hash);
  EXPECT_EQ(read_all(*journal), Records(feed_.written().begin() + 2, feed_.written().end()));
  ASSERT_TRUE(feed_.append_to(*journal, 1, true));
  EXPECT_EQ(read_all(*journal).size(), 4u);
}

// ---- threads ----------------------------------------------------------------------------------------------------

TEST_F(RocksdbJournalTest, IsReadOnOneThreadWhileAnotherAppends) {
  const auto journal = open();
  std::thread writer([&] {
    for (std::size_t i = 0; i < 200; ++i) ASSERT_TRUE(feed_.append_to(*journal, 1 + i % 30, false));
  });
  Chain chain;
  while (chain.head().sequence < 3000) {
    const JournalBounds bounds = journal->bounds();
    for (const auto& [sequence, bytes] : read_all(*journal, chain.head().sequence + 1)) chain.extend(bytes);
    ASSERT_GE(chain.head().sequence, bounds.head.sequence);
  }
  writer.join();
  for (const auto& [sequence, bytes] : read_all(*journal, chain.head().sequence + 1)) chain.extend(bytes);
  EXPECT_EQ(chain.head(), feed_.head());
}

}  // namespace
}  // namespace bw
