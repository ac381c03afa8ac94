// What every implementation of Journal promises (journal/journal.h).
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <memory>

#include "journal/memory_journal.h"
#include "journal/rocksdb_journal.h"
#include "record_feed.h"
#include "scratch_folder.h"

namespace bw {
namespace {

constexpr std::size_t kMemory = 1 << 20;  // so that much of what is written goes to files

class InMemory {
 public:
  Journal& journal() { return journal_; }

 private:
  MemoryJournal journal_;
};

class OnDisk {
 public:
  OnDisk() {
    auto opened = RocksdbJournal::open({folder_ / "journal", nullptr, kMemory});
    check(opened.has_value(), opened ? "" : opened.error().message);
    journal_ = std::move(opened).value();
  }
  Journal& journal() { return *journal_; }

 private:
  ScratchFolder folder_;
  std::unique_ptr<RocksdbJournal> journal_;
};

// RocksDB with files and threads that a test gives, here files in memory.
class InGivenEnv {
 public:
  InGivenEnv() {
    auto opened = RocksdbJournal::open({"/somewhere/journal", env_.get(), kMemory});
    check(opened.has_value(), opened ? "" : opened.error().message);
    journal_ = std::move(opened).value();
  }
  Journal& journal() { return *journal_; }

 private:
  std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<RocksdbJournal> journal_;
};

template <class Place>
class JournalContract : public testing::Test {
 protected:
  Journal& journal() { return place_.journal(); }

  void append(std::size_t count, bool sync = true) {
    const auto appended = feed_.append_to(journal(), count, sync);
    ASSERT_TRUE(appended) << appended.error().message;
  }

  Place place_;
  RecordFeed feed_;
};

using Places = testing::Types<InMemory, OnDisk, InGivenEnv>;
TYPED_TEST_SUITE(JournalContract, Places);

TYPED_TEST(JournalContract, StartsEmpty) {
  const JournalBounds bounds = this->journal().bounds();
  EXPECT_EQ(bounds.first, 1u);
  EXPECT_EQ(bounds.previous_hash, Sha256{});
  EXPECT_EQ(bounds.head, Head{});
  EXPECT_TRUE(read_all(this->journal()).empty());
  EXPECT_TRUE(this->journal().sync());
  EXPECT_TRUE(this->journal().refresh());
}

TYPED_TEST(JournalContract, KeepsRecordsInOrderWhateverTheBatches) {
  for (const std::size_t count : {1u, 3u, 1u, 700u, 2u}) this->append(count, count % 2 == 0);
  EXPECT_EQ(read_all(this->journal()), this->feed_.written());
  EXPECT_EQ(this->journal().bounds().head, this->feed_.head());
}

TYPED_TEST(JournalContract, KeepsBytesOfEveryKindAndSize) {
  const std::vector<std::string> records{"", std::string("\0\xff", 2), std::string(300'000, 'x')};
  Chain chain;
  for (const std::string& record : records) chain.extend(record);
  ASSERT_TRUE(this->journal().append(records, chain.head(), {}, true));
  EXPECT_EQ(read_all(this->journal()), (Records{{1, records[0]}, {2, records[1]}, {3, records[2]}}));
}

TYPED_TEST(JournalContract, AppendsNothingForNoRecords) {
  this->append(2);
  ASSERT_TRUE(this->journal().append({}, this->feed_.head(), {}, true));
  EXPECT_EQ(this->journal().bounds().head, this->feed_.head());
  EXPECT_EQ(read_all(this->journal()).size(), 2u);
}

TYPED_TEST(JournalContract, ReadsFromAnySequenceOn) {
  this->append(300);
  for (const Sequence from : {1u, 2u, 255u, 256u, 257u, 300u}) {
    const Records records = read_all(this->journal(), from);
    ASSERT_EQ(records.size(), 301 - from);
    EXPECT_EQ(records.front(), this->feed_.written()[from - 1]);
  }
  EXPECT_EQ(read_all(this->journal(), 0).size(), 300u);
  EXPECT_TRUE(read_all(this->journal(), 301).empty());
  EXPECT_TRUE(read_all(this->journal(), 400).empty());
}

TYPED_TEST(JournalContract, EndsACursorAtWhatWasThereWhenItWasMade) {
  this->append(2);
  auto cursor = this->journal().read(1);
  ASSERT_TRUE(cursor);
  Sequence sequence = 0;
  std::string_view bytes;
  ASSERT_TRUE(*(*cursor)->next(sequence, bytes));
  this->append(500);
  EXPECT_EQ(bytes, this->feed_.written()[0].second);
  ASSERT_TRUE(*(*cursor)->next(sequence, bytes));
  EXPECT_EQ(bytes, this->feed_.written()[1].second);
  for (int again = 0; again < 2; ++again) EXPECT_FALSE(*(*cursor)->next(sequence, bytes));
  EXPECT_EQ(read_all(this->journal()).size(), 502u);
}

TYPED_TEST(JournalContract, KeepsEvery1024thHashTheLastAndTheOneBeforeTheFirst) {
  this->append(1000);
  this->append(2000);
  ASSERT_EQ(this->feed_.kept().size(), 2u);
  for (const Head& kept : this->feed_.kept()) EXPECT_EQ(this->journal().kept_hash(kept.sequence), kept.hash);
  EXPECT_EQ(this->journal().kept_hash(3000), this->feed_.head().hash);
  EXPECT_EQ(this->journal().kept_hash(0), Sha256{});
  for (const Sequence sequence : {1u, 1023u, 1025u, 2999u, 3001u, 3072u}) {
    EXPECT_EQ(this->journal().kept_hash(sequence), std::nullopt) << sequence;
  }
}

TYPED_TEST(JournalContract, BeginsWhereItWasCut) {
  this->append(5000);
  const Head before = this->feed_.kept()[1];
  ASSERT_TRUE(this->journal().cut(2049, before.hash));
  const JournalBounds bounds = this->journal().bounds();
  EXPECT_EQ(bounds.first, 2049u);
  EXPECT_EQ(bounds.previous_hash, before.hash);
  EXPECT_EQ(bounds.head, this->feed_.head());
  EXPECT_EQ(this->journal().kept_hash(2048), before.hash);
  EXPECT_EQ(this->journal().kept_hash(1024), std::nullopt);
  const Records kept(this->feed_.written().begin() + 2048, this->feed_.written().end());
  EXPECT_EQ(read_all(this->journal()), kept);
  EXPECT_EQ(read_all(this->journal(), 7), kept);
  ASSERT_TRUE(this->journal().cut(1000, {}));  // what is gone cannot come back
  EXPECT_EQ(this->journal().bounds().first, 2049u);
  this->append(10);
  EXPECT_EQ(read_all(this->journal()).size(), kept.size() + 10);
}

TYPED_TEST(JournalContract, LetsACursorGoOnOverWhatIsCut) {
  this->append(3000);
  auto cursor = this->journal().read(1);
  ASSERT_TRUE(cursor);
  Sequence sequence = 0;
  std::string_view bytes;
  ASSERT_TRUE(*(*cursor)->next(sequence, bytes));
  ASSERT_TRUE(this->journal().cut(2049, this->feed_.kept()[1].hash));
  for (Sequence next = 2; next <= 3000; ++next) {
    ASSERT_TRUE(*(*cursor)->next(sequence, bytes));
    ASSERT_EQ(std::pair(sequence, std::string(bytes)), this->feed_.written()[next - 1]);
  }
}

TYPED_TEST(JournalContract, KnowsRoughlyHowManyBytesItHolds) {
  std::string noise;  // that cannot be packed
  for (int i = 0; i < 10; ++i) {
    std::vector<std::string> records(100);
    for (std::string& record : records) {
      while (record.size() < 4096) {
        const Sha256 more = sha256(noise);
        noise.assign(more.begin(), more.end());
        record += noise;
      }
    }
    Chain chain(this->journal().bounds().head);
    for (const std::string& record : records) chain.extend(record);
    ASSERT_TRUE(this->journal().append(records, chain.head(), {}, true));
  }
  const std::uint64_t all = this->journal().bytes_from(1);
  EXPECT_GT(all, 4096u * 400);
  EXPECT_LT(all, 4096u * 1100);
  EXPECT_LT(this->journal().bytes_from(401), all);
  EXPECT_EQ(this->journal().bytes_from(1001), 0u);
}

TYPED_TEST(JournalContract, SyncsWithoutChangingAnything) {
  this->append(2, false);
  ASSERT_TRUE(this->journal().sync());
  EXPECT_EQ(this->journal().bounds().head, this->feed_.head());
  EXPECT_EQ(read_all(this->journal()), this->feed_.written());
}

}  // namespace
}  // namespace bw
