#include "journal/snapshot_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "journal/chain.h"
#include "scratch_folder.h"

namespace bw {
namespace {

const std::vector<std::string> kRecords{"", "one", std::string("\0\n\xff", 3), std::string(100'000, 'x')};

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void overwrite(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

SnapshotFile write(const ScratchFolder& journal, Sequence sequence, const std::vector<std::string>& records) {
  const auto file = write_snapshot_file(journal.path(), sequence, records);
  check(file.has_value(), file ? "" : file.error().message);
  return *file;
}

TEST(SnapshotFile, ReadsWhatItWrote) {
  const ScratchFolder journal;
  const SnapshotFile file = write(journal, 1234, kRecords);
  EXPECT_EQ(file.file, "snapshots/00000000000000001234.snapshot");
  EXPECT_EQ(file.hash, sha256(content_of(journal / file.file)));
  const auto records = read_snapshot_file(journal.path(), file, 1234);
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_EQ(*records, kRecords);
}

TEST(SnapshotFile, KeepsASnapshotWithoutRecords) {
  const ScratchFolder journal;
  const auto records = read_snapshot_file(journal.path(), write(journal, 1, {}), 1);
  ASSERT_TRUE(records);
  EXPECT_TRUE(records->empty());
}

TEST(SnapshotFile, LeavesNothingElseBehind) {
  const ScratchFolder journal;
  write(journal, 5, kRecords);
  write(journal, 5, kRecords);
  const std::filesystem::directory_iterator entries(journal / "snapshots");
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(SnapshotFile, RefusesEveryFlippedByteAndEveryTruncation) {
  const ScratchFolder journal;
  const SnapshotFile file = write(journal, 5, {"one", "two"});
  const std::string content = content_of(journal / file.file);
  for (std::size_t at = 0; at < content.size(); ++at) {
    std::string changed = content;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    for (const std::string& damaged : {changed, content.substr(0, at)}) {
      overwrite(journal / file.file, damaged);
      const auto records = read_snapshot_file(journal.path(), file, 5);
      ASSERT_FALSE(records) << "byte " << at;
      ASSERT_EQ(records.error().code, ErrorCode::kCorrupt);
    }
  }
}

// With the hash of the wrong content, as somebody might make who does not know the format.
TEST(SnapshotFile, RefusesContentThatIsNoSnapshot) {
  const ScratchFolder journal;
  const SnapshotFile file = write(journal, 5, {"one", "two"});
  const std::string content = content_of(journal / file.file);
  for (const std::string& wrong : {std::string(), std::string("bwsnap1\n"), content.substr(0, content.size() - 1),
                                   content.substr(0, content.size() - 7), content + "xy",
                                   content + std::string(4, '\0'), "bwsnap2\n" + content.substr(8)}) {
    overwrite(journal / file.file, wrong);
    const auto records = read_snapshot_file(journal.path(), {file.file, sha256(wrong)}, 5);
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().code, ErrorCode::kCorrupt) << records.error().message;
  }
}

TEST(SnapshotFile, RefusesTheSnapshotOfAnotherSequence) {
  const ScratchFolder journal;
  const SnapshotFile file = write(journal, 5, kRecords);
  EXPECT_FALSE(read_snapshot_file(journal.path(), file, 6));
}

TEST(SnapshotFile, SaysWhenThereIsNone) {
  const ScratchFolder journal;
  const auto records = read_snapshot_file(journal.path(), {snapshot_file_name(9), {}}, 9);
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code, ErrorCode::kNotFound);
  EXPECT_NE(records.error().message.find("00000000000000000009.snapshot"), std::string::npos);
}

TEST(SnapshotFile, FailsWhereItCannotWrite) {
  const ScratchFolder journal;
  overwrite(journal / "snapshots", "a file in the way");
  const auto file = write_snapshot_file(journal.path(), 5, kRecords);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kIo);
}

TEST(SnapshotFile, ListsSnapshotsInOrderAndNothingElse) {
  const ScratchFolder journal;
  const auto none = list_snapshot_files(journal.path());
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  for (const Sequence sequence : {300u, 20u, 1000u}) write(journal, sequence, {});
  write(journal, UINT64_MAX, {});
  overwrite(journal / "snapshots/00000000000000000007.snapshot.part", "left over");
  overwrite(journal / "snapshots/0000000000000000000x.snapshot", "");
  overwrite(journal / "snapshots/7.snapshot", "");
  const auto listed = list_snapshot_files(journal.path());
  ASSERT_TRUE(listed);
  EXPECT_EQ(*listed, (std::vector<Sequence>{20, 300, 1000, UINT64_MAX}));
}

}  // namespace
}  // namespace bw
