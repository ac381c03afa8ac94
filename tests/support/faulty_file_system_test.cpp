// The tester's own test: faults hit the operation they are meant for, and RocksDB works on it when there are none.
#include "tests/support/faulty_file_system.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "tests/support/stepped_env.h"

namespace bw {
namespace {

class FaultyFileSystemTest : public testing::Test {
 protected:
  FaultyFileSystemTest() { EXPECT_TRUE(system_.CreateDir("/d", {}, nullptr).ok()); }

  std::unique_ptr<rocksdb::FSWritableFile> create(const std::string& path) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(system_.NewWritableFile(path, {}, &file, nullptr).ok());
    return file;
  }

  // `fault` at the `steps`-th operation from here on.
  void fail_in(std::uint64_t steps, Fault fault) {
    fault.at = steps + (fault.kind == Fault::Kind::kNoSpace ? system_.room_operations() : system_.operations());
    system_.fail(fault);
  }

  std::string seen(const std::string& path) { return system_.disk().find_file(path)->content; }

  FaultyFileSystem system_;
};

TEST_F(FaultyFileSystemTest, DoesNothingAfterACrash) {
  const auto file = create("/d/a");
  ASSERT_TRUE(file->Append("before", {}, nullptr).ok());
  fail_in(1, {.kind = Fault::Kind::kCrash});
  EXPECT_FALSE(file->Append("at", {}, nullptr).ok());
  const std::string left = seen("/d/a");
  EXPECT_TRUE(std::string("beforeat").starts_with(left)) << left;
  EXPECT_FALSE(file->Append("behind", {}, nullptr).ok());
  EXPECT_FALSE(file->Sync({}, nullptr).ok());
  EXPECT_FALSE(system_.DeleteFile("/d/a", {}, nullptr).ok());
  EXPECT_EQ(seen("/d/a"), left);
  EXPECT_TRUE(system_.disk().find_file("/d/a")->durable.empty());
}

// The operation at which power is lost may have been done, or not, or in part.
TEST_F(FaultyFileSystemTest, DoesTheOperationOfACrashOrNot) {
  int synced = 0;
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto file = create("/d/a" + std::to_string(seed));
    fail_in(1, {.kind = Fault::Kind::kCrash, .seed = seed});
    EXPECT_FALSE(file->Append("data", {}, nullptr).ok());
    sizes.insert(seen("/d/a" + std::to_string(seed)).size());
    system_.fail({});
    ASSERT_TRUE(file->Append("data", {}, nullptr).ok());
    fail_in(1, {.kind = Fault::Kind::kCrash, .seed = seed});
    EXPECT_FALSE(file->Sync({}, nullptr).ok());
    synced += system_.disk().find_file("/d/a" + std::to_string(seed))->durable.empty() ? 0 : 1;
    system_.fail({});
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_GT(synced, 5);
  EXPECT_LT(synced, 45);
}

TEST_F(FaultyFileSystemTest, FailsOnceIfToldSo) {
  const auto file = create("/d/a");
  fail_in(1, {.kind = Fault::Kind::kError, .once = true});
  EXPECT_TRUE(file->Append("12345", {}, nullptr).IsIOError());
  EXPECT_TRUE(system_.has_failed());
  const std::size_t torn = seen("/d/a").size();
  EXPECT_LE(torn, 5u);
  EXPECT_TRUE(file->Append("6", {}, nullptr).ok());
  EXPECT_EQ(seen("/d/a").size(), torn + 1);
}

TEST_F(FaultyFileSystemTest, ForgetsWhatAFailedSyncShouldHaveWritten) {
  const auto file = create("/d/a");
  ASSERT_TRUE(file->Append("x", {}, nullptr).ok());
  fail_in(1, {.kind = Fault::Kind::kError, .once = true});
  EXPECT_FALSE(file->Sync({}, nullptr).ok());
  ASSERT_TRUE(file->Sync({}, nullptr).ok());
  EXPECT_EQ(seen("/d/a"), "x");
  EXPECT_EQ(system_.disk().find_file("/d/a")->durable, std::string(1, '\0'));
}

TEST_F(FaultyFileSystemTest, WithoutRoomStillReadsSyncsAndRemoves) {
  const auto file = create("/d/a");
  ASSERT_TRUE(file->Append("x", {}, nullptr).ok());
  fail_in(1, {.kind = Fault::Kind::kNoSpace});
  EXPECT_TRUE(file->Append("y", {}, nullptr).IsNoSpace());
  std::unique_ptr<rocksdb::FSWritableFile> none;
  EXPECT_TRUE(system_.NewWritableFile("/d/b", {}, &none, nullptr).IsNoSpace());
  EXPECT_TRUE(file->Sync({}, nullptr).ok());
  std::unique_ptr<rocksdb::FSSequentialFile> reader;
  EXPECT_TRUE(system_.NewSequentialFile("/d/a", {}, &reader, nullptr).ok());
  EXPECT_TRUE(system_.DeleteFile("/d/a", {}, nullptr).ok());
}

TEST_F(FaultyFileSystemTest, NotesWhatWasRead) {
  static_cast<void>(create("/d/a"));
  static_cast<void>(create("/d/b"));
  std::unique_ptr<rocksdb::FSSequentialFile> reader;
  ASSERT_TRUE(system_.NewSequentialFile("/d/b", {}, &reader, nullptr).ok());
  rocksdb::Slice result;
  char scratch[4];
  ASSERT_TRUE(reader->Read(4, {}, &result, scratch, nullptr).ok());
  EXPECT_EQ(system_.files_read(), std::set<std::string>{"/d/b"});
}

// A database whose writes fill several memtables; returns the number of operations.
std::uint64_t run_database(const std::shared_ptr<FaultyFileSystem>& system) {
  SteppedEnv env(system);
  rocksdb::Options options;
  options.env = &env;
  options.create_if_missing = true;
  options.write_buffer_size = 64 * 1024;
  options.arena_block_size = 4 * 1024;
  rocksdb::DB* raw = nullptr;
  EXPECT_TRUE(rocksdb::DB::Open(options, "/d", &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  for (int i = 0; i < 400; ++i) {
    EXPECT_TRUE(db->Put({}, std::to_string(i), std::string(1000, 'v')).ok());
    env.run_work();
  }
  std::string files;
  EXPECT_TRUE(db->GetProperty("rocksdb.num-files-at-level0", &files));
  std::string compacted;
  EXPECT_TRUE(db->GetProperty("rocksdb.num-files-at-level1", &compacted));
  EXPECT_GT(std::stoi(files) + std::stoi(compacted), 0);
  return system->operations();
}

TEST(SteppedEnv, RunsADatabaseWithFlushesInTheSameStepsEachTime) {
  std::uint64_t first = 0;
  ASSERT_TRUE(run_reproducibly([&] { first = run_database(std::make_shared<FaultyFileSystem>()); }));
  EXPECT_GT(first, 400u);
  std::uint64_t second = 0;
  ASSERT_TRUE(run_reproducibly([&] { second = run_database(std::make_shared<FaultyFileSystem>()); }));
  EXPECT_EQ(second, first);
}

// What was not synced is gone for RocksDB too, and what was is not.
TEST(SteppedEnv, LosesUnsyncedWritesOfADatabaseWithThePower) {
  VolatileDisk left;
  {
    const auto system = std::make_shared<FaultyFileSystem>();
    SteppedEnv env(system);
    rocksdb::Options options;
    options.env = &env;
    options.create_if_missing = true;
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, "/d", &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    ASSERT_TRUE(system->CreateDirIfMissing("/", {}, nullptr).ok());
    std::unique_ptr<rocksdb::FSDirectory> root;
    ASSERT_TRUE(system->NewDirectory("/", {}, &root, nullptr).ok());
    ASSERT_TRUE(root->Fsync({}, nullptr).ok());
    rocksdb::WriteOptions synced;
    synced.sync = true;
    ASSERT_TRUE(db->Put(synced, "synced", "x").ok());
    ASSERT_TRUE(db->Put({}, "unsynced", "x").ok());
    left = system->disk().after_power_loss(Unsynced::kVanishes, 0);
  }
  const auto system = std::make_shared<FaultyFileSystem>(left);
  SteppedEnv env(system);
  rocksdb::Options options;
  options.env = &env;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, "/d", &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  std::string value;
  EXPECT_TRUE(db->Get({}, "synced", &value).ok());
  EXPECT_TRUE(db->Get({}, "unsynced", &value).IsNotFound());
}

}  // namespace
}  // namespace bw
