// RocksdbJournal on a disk that fails: the first failure is final, whatever the disk does afterwards.
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>

#include "journal/rocksdb_journal.h"
#include "record_feed.h"
#include "scratch_folder.h"

namespace bw {
namespace {

enum class Fault { kNone, kSync, kWrite, kNoSpace };

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, const std::atomic<Fault>& fault)
      : FSWritableFileOwnerWrapper(std::move(file)), fault_(fault) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    if (fault_ == Fault::kWrite) return rocksdb::IOStatus::IOError("the disk does not write");
    if (fault_ == Fault::kNoSpace) return rocksdb::IOStatus::NoSpace("the disk is full");
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
    if (fault_ == Fault::kSync) return rocksdb::IOStatus::IOError("the disk does not sync");
    return FSWritableFileOwnerWrapper::Sync(options, context);
  }

 private:
  const std::atomic<Fault>& fault_;
};

class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  const char* Name() const override { return "FaultyFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, context);
    if (status.ok()) *file = std::make_unique<FaultyFile>(std::move(*file), fault);
    return status;
  }

  std::atomic<Fault> fault = Fault::kNone;
};

class RocksdbFailure : public testing::TestWithParam<Fault> {};

TEST_P(RocksdbFailure, IsFinalAndLosesNothingThatWasAcknowledged) {
  const ScratchFolder folder;
  const auto disk = std::make_shared<FaultyFileSystem>();
  RecordFeed feed;
  {
    const auto journal = RocksdbJournal::open({folder / "journal", disk});
    ASSERT_TRUE(journal) << journal.error().message;
    ASSERT_TRUE(feed.append_to(**journal, 3, true));
    const Head acknowledged = feed.head();

    disk->fault = GetParam();
    const auto failed = feed.append_to(**journal, 1, true);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kIo);
    EXPECT_NE(failed.error().message.find(folder / "journal"), std::string::npos) << failed.error().message;
    EXPECT_EQ((*journal)->bounds().head, acknowledged);

    disk->fault = Fault::kNone;
    RecordFeed again(acknowledged);
    EXPECT_FALSE(again.append_to(**journal, 1, true));
    EXPECT_FALSE((*journal)->sync());
  }
  const auto journal = RocksdbJournal::open({folder / "journal", disk});
  ASSERT_TRUE(journal) << journal.error().message;
  const Records records = read_all(**journal);
  ASSERT_GE(records.size(), 3u);
  EXPECT_EQ(records, Records(feed.written().begin(), feed.written().begin() + static_cast<long>(records.size())));
  EXPECT_EQ((*journal)->bounds().head, head_of(records));
}

TEST_P(RocksdbFailure, DuringCreationLeavesWhatCanBeCreatedAgain) {
  const ScratchFolder folder;
  const auto disk = std::make_shared<FaultyFileSystem>();
  disk->fault = GetParam();
  EXPECT_FALSE(RocksdbJournal::open({folder / "journal", disk}));
  disk->fault = Fault::kNone;
  const auto journal = RocksdbJournal::open({folder / "journal", disk});
  ASSERT_TRUE(journal) << journal.error().message;
  RecordFeed feed;
  EXPECT_TRUE(feed.append_to(**journal, 3, true));
}

TEST(RocksdbSync, FailsForGood) {
  const ScratchFolder folder;
  const auto disk = std::make_shared<FaultyFileSystem>();
  const auto journal = RocksdbJournal::open({folder / "journal", disk});
  ASSERT_TRUE(journal) << journal.error().message;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(**journal, 3, false));
  disk->fault = Fault::kSync;
  EXPECT_FALSE((*journal)->sync());
  disk->fault = Fault::kNone;
  EXPECT_FALSE((*journal)->sync());
  EXPECT_FALSE(feed.append_to(**journal, 1, false));
}

INSTANTIATE_TEST_SUITE_P(Faults, RocksdbFailure, testing::Values(Fault::kSync, Fault::kWrite, Fault::kNoSpace));

}  // namespace
}  // namespace bw
