// RocksdbJournal on a disk that fails: the first failure is final, whatever the disk does afterwards.
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <memory>

#include "journal/rocksdb_journal.h"
#include "record_feed.h"
#include "tests/support/faulty_file_system.h"

namespace bw {
namespace {

// A process and its disk, with RocksDB's own threads.
struct Machine {
  explicit Machine(VolatileDisk disk = {}) : system(std::make_shared<FaultyFileSystem>(std::move(disk))) {}

  Result<std::unique_ptr<RocksdbJournal>> open() const { return RocksdbJournal::open({"/data/journal", env.get()}); }

  // The `nth` operation from here on, and those behind it, of the kinds that the fault is for.
  void fail(Fault::Kind kind, std::uint64_t nth) const {
    const std::uint64_t so_far = kind == Fault::Kind::kNoSpace ? system->room_operations() : system->operations();
    system->fail({.kind = kind, .at = so_far + nth});
  }

  const std::shared_ptr<FaultyFileSystem> system;
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(system);
};

struct Failure {
  Fault::Kind kind;
  std::uint64_t nth;
};

class RocksdbFailure : public testing::TestWithParam<Failure> {};

TEST_P(RocksdbFailure, IsFinalAndLosesNothingThatWasAcknowledged) {
  RecordFeed feed;
  VolatileDisk left;
  {
    const Machine machine;
    const auto journal = machine.open();
    ASSERT_TRUE(journal) << journal.error().message;
    ASSERT_TRUE(feed.append_to(**journal, 3, true));
    const Head acknowledged = feed.head();

    machine.fail(GetParam().kind, GetParam().nth);
    const auto failed = feed.append_to(**journal, 1, true);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kIo);
    EXPECT_NE(failed.error().message.find("/data/journal"), std::string::npos) << failed.error().message;
    EXPECT_EQ((*journal)->bounds().head, acknowledged);

    machine.system->fail({});
    RecordFeed again(acknowledged);
    EXPECT_FALSE(again.append_to(**journal, 1, true));
    EXPECT_FALSE((*journal)->sync());
    left = machine.system->disk();
  }
  const Machine machine(left);
  const auto journal = machine.open();
  ASSERT_TRUE(journal) << journal.error().message;
  const Records records = read_all(**journal);
  ASSERT_GE(records.size(), 3u);
  EXPECT_EQ(records, Records(feed.written().begin(), feed.written().begin() + static_cast<long>(records.size())));
  EXPECT_EQ((*journal)->bounds().head, head_of(records));
}

TEST_P(RocksdbFailure, DuringCreationLeavesWhatCanBeCreatedAgain) {
  const Machine machine;
  machine.fail(GetParam().kind, GetParam().nth);
  EXPECT_FALSE(machine.open());
  const Machine later(machine.system->disk());
  const auto journal = later.open();
  ASSERT_TRUE(journal) << journal.error().message;
  RecordFeed feed;
  EXPECT_TRUE(feed.append_to(**journal, 3, true));
}

TEST(RocksdbSync, FailsForGood) {
  const Machine machine;
  const auto journal = machine.open();
  ASSERT_TRUE(journal) << journal.error().message;
  RecordFeed feed;
  ASSERT_TRUE(feed.append_to(**journal, 3, false));
  machine.fail(Fault::Kind::kError, 2);
  EXPECT_FALSE((*journal)->sync());
  machine.system->fail({});
  EXPECT_FALSE((*journal)->sync());
  EXPECT_FALSE(feed.append_to(**journal, 1, false));
}

// A synced append writes, then syncs.
INSTANTIATE_TEST_SUITE_P(Faults, RocksdbFailure,
                         testing::Values(Failure{Fault::Kind::kError, 1}, Failure{Fault::Kind::kError, 2},
                                         Failure{Fault::Kind::kNoSpace, 1}),
                         [](const auto& failure) {
                           if (failure.param.kind == Fault::Kind::kNoSpace) return "NoSpace";
                           return failure.param.nth == 1 ? "Write" : "Sync";
                         });

}  // namespace
}  // namespace bw
