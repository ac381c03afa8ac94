// Damaged files: a few of the cases that corruption_cases runs by the thousand.
#include <gtest/gtest.h>

#include <algorithm>

#include "corruption_case.h"
#include "scratch_folder.h"

namespace bw {
namespace {

std::string words(const std::variant<Answer, std::string>& verdict) {
  const auto* problem = std::get_if<std::string>(&verdict);
  return problem == nullptr ? "" : *problem;
}

TEST(Corruption, IsRefusedOrReportedOrHarmless) {
  const ScratchFolder folder;
  FolderCopy files(folder / "journal");
  const SmallJournal journal;
  const std::vector<Damage> damages = journal.all_damages(1, false);
  for (std::size_t i = 0; i < damages.size(); i += 61) {
    EXPECT_EQ(words(journal.open_damaged(damages[i])), "") << to_text(damages[i]);
    EXPECT_EQ(words(journal.read_damaged(damages[i], files)), "") << to_text(damages[i]);
  }
}

// The type of a log's first record becomes that of a recycled log's: RocksDB alone would read it for ever.
TEST(Corruption, OfARecordsTypeEndsAReader) {
  const ScratchFolder folder;
  FolderCopy files(folder / "journal");
  const SmallJournal journal;
  int logs = 0;
  for (const std::string& path : journal.files_read()) {
    if (!path.ends_with(".log") && path.find("MANIFEST") == path.npos) continue;
    ++logs;
    const Damage damage{Damage::Kind::kFlip, path, {}, 6, 2};
    EXPECT_EQ(words(journal.open_damaged(damage)), "") << path;
    const auto read = journal.read_damaged(damage, files);
    ASSERT_TRUE(std::holds_alternative<Answer>(read)) << words(read);
    EXPECT_EQ(std::get<Answer>(read), Answer::kRefused) << path;
  }
  EXPECT_EQ(logs, 2);
}

TEST(Corruption, CasesReachEveryKindOfFileThatAnOpeningReads) {
  const SmallJournal journal;
  EXPECT_GT(journal.bytes_read(), 3000u);
  EXPECT_LT(journal.bytes_read(), 20000u);
  for (const std::string_view part : {"CURRENT", "MANIFEST", ".log", ".sst"}) {
    EXPECT_TRUE(std::ranges::any_of(journal.files_read(), [&](const auto& path) {
      return path.find(part) != path.npos;
    })) << part;
  }
}

}  // namespace
}  // namespace bw
