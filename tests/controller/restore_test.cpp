#include "controller/restore.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "journal/memory_journal.h"
#include "tests/projections/state_equality.h"
#include "tests/support/kept_history.h"

namespace bw {
namespace {

Restored must_restore(const JournalReader& journal) {
  Result<Restored> restored = restore(journal);
  check(restored.has_value(), restored ? "" : restored.error().message);
  return std::move(*restored);
}

void flip_a_byte(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(100);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(100);
  file.put(byte);
}

TEST(Restore, FoldsAJournalWithoutSnapshots) {
  KeptHistory kept;
  kept.run_to(500);
  const Restored restored = must_restore(kept.journal());
  EXPECT_TRUE(states_equal(*restored.state, kept.state()));
  EXPECT_EQ(restored.head, kept.head());
  EXPECT_EQ(restored.from_snapshot, 0);
  EXPECT_TRUE(restored.not_usable.empty());
}

TEST(Restore, OfAnEmptyJournalIsTheStateBeforeTheFirstEvent) {
  const MemoryJournal journal;
  const Restored restored = must_restore(journal);
  EXPECT_EQ(restored.state->applied, 0);
  EXPECT_EQ(restored.head, Head{});
}

TEST(Restore, GoesOnFromTheNewestSnapshot) {
  KeptHistory kept;
  kept.run_to(400);
  kept.take_snapshot();
  kept.run_to(700);
  const Sequence newest = kept.take_snapshot().sequence;
  kept.run_to(1000);
  const Restored restored = must_restore(kept.journal());
  EXPECT_EQ(restored.from_snapshot, newest);
  EXPECT_TRUE(states_equal(*restored.state, kept.state()));
  EXPECT_EQ(restored.head, kept.head());
}

TEST(Restore, IsEqualToAFoldOfAllEventsWhereverTheSnapshotIs) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomNumbers random(seed);
    KeptHistory kept(seed);
    kept.run_to(1 + random.below(900));
    const Sequence taken = kept.take_snapshot().sequence;
    kept.run_to(kept.state().applied + random.below(1500));
    const Restored restored = must_restore(kept.journal());
    ASSERT_EQ(restored.from_snapshot, taken);
    ASSERT_EQ(restored.state->digest, kept.state().digest);
    ASSERT_TRUE(states_equal(*restored.state, kept.state()));
    ASSERT_EQ(restored.head, kept.head());
  }
}

TEST(Restore, IsTheSameAfterARestart) {
  KeptHistory kept;
  kept.run_to(800);
  kept.take_snapshot();
  kept.run_to(900);
  kept.close();
  kept.reopen();
  EXPECT_TRUE(states_equal(*must_restore(kept.journal()).state, kept.state()));
}

TEST(Restore, PassesOverASnapshotThatNoEventNames) {
  KeptHistory kept;
  kept.run_to(400);
  const Sequence named = kept.take_snapshot().sequence;
  kept.run_to(700);
  kept.write_snapshot();
  kept.run_to(900);
  const Restored restored = must_restore(kept.journal());
  EXPECT_EQ(restored.from_snapshot, named);
  ASSERT_EQ(restored.not_usable.size(), 1);
  EXPECT_TRUE(restored.not_usable[0].starts_with("no event of the journal says that a snapshot of event "));
  EXPECT_TRUE(states_equal(*restored.state, kept.state()));
}

TEST(Restore, FallsBackFromADamagedSnapshotToAnOlderOneAndToTheWholeJournal) {
  KeptHistory kept;
  kept.run_to(400);
  const SnapshotTaken older = kept.take_snapshot();
  kept.run_to(700);
  const SnapshotTaken newer = kept.take_snapshot();
  kept.run_to(900);
  flip_a_byte(kept.folder() + "/" + newer.file);
  const Restored first = must_restore(kept.journal());
  EXPECT_EQ(first.from_snapshot, older.sequence);
  EXPECT_EQ(first.not_usable.size(), 1);
  EXPECT_TRUE(states_equal(*first.state, kept.state()));

  std::filesystem::resize_file(kept.folder() + "/" + older.file, 50);
  const Restored second = must_restore(kept.journal());
  EXPECT_EQ(second.from_snapshot, 0);
  EXPECT_EQ(second.not_usable.size(), 2);
  EXPECT_TRUE(states_equal(*second.state, kept.state()));
}

TEST(Restore, DoesNotUseASnapshotOfAnotherHead) {
  KeptHistory kept;
  kept.run_to(400);
  SnapshotTaken taken = kept.write_snapshot();
  taken.head_hash[0] ^= 1;
  kept.record(taken);
  kept.run_to(600);
  const Restored restored = must_restore(kept.journal());
  EXPECT_EQ(restored.from_snapshot, 0);
  EXPECT_EQ(restored.not_usable.size(), 1);
}

TEST(Restore, DoesNotUseASnapshotOfAnotherDigest) {
  KeptHistory kept;
  kept.run_to(400);
  SnapshotTaken taken = kept.write_snapshot();
  taken.state_digest ^= 1;
  kept.record(taken);
  kept.run_to(600);
  EXPECT_EQ(must_restore(kept.journal()).from_snapshot, 0);
}

}  // namespace
}  // namespace bw
