#include "controller/audit_work.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "controller/restore.h"
#include "journal/memory_journal.h"
#include "journal/snapshot_file.h"
#include "tests/projections/state_equality.h"
#include "tests/support/kept_history.h"

namespace bw {
namespace {

constexpr std::int64_t kHourNs = 3600 * kNanosecondsPerSecond;

// An auditor's work on a real journal, and what it reported; what it asks for is done.
class Worked {
 public:
  explicit Worked(KeptHistory& kept, AuditOptions options = {})
      : kept_(kept), work(kept.journal(), options, [this](AuditReported report) { take(std::move(report)); }) {}

  // All that can be done now.
  void run() { run(kept_.head().sequence); }
  void run(Sequence durable) {
    for (int step = 0; work.run(durable, now); ++step) check(step < 10'000, "the auditor's work comes to an end");
    now.ns += 61 * kNanosecondsPerSecond;
    for (int step = 0; work.run(durable, now); ++step) check(step < 10'000, "the auditor's work comes to an end");
    for (Fact& fact : std::exchange(owed_, {})) {
      kept_.record(fact);
      if (const auto* cut = std::get_if<HistoryCut>(&fact)) check(work.remove(*cut).has_value(), "it is cut");
    }
  }

 private:
  void take(AuditReported report) {
    last = report.progress;
    if (report.snapshot) snapshots.push_back(*report.snapshot);
    if (report.snapshot) owed_.emplace_back(*report.snapshot);
    if (report.cut) cuts.push_back(*report.cut);
    if (report.cut) owed_.emplace_back(*report.cut);
    if (!report.warning.empty()) warnings.push_back(report.warning);
    if (!report.difference.empty()) differences.push_back(report.difference);
  }

  KeptHistory& kept_;
  std::vector<Fact> owed_;

 public:
  AuditWork work;
  Timestamp now = kept_.state().time;
  AuditProgress last;
  std::vector<SnapshotTaken> snapshots;
  std::vector<HistoryCut> cuts;
  std::vector<std::string> warnings, differences;
};

std::vector<Sequence> files(const KeptHistory& kept) {
  const Result<std::vector<Sequence>> listed = list_snapshot_files(kept.folder());
  check(listed.has_value(), "the snapshots can be listed");
  return *listed;
}

DigestNote note_of(const KeptHistory& kept) { return {kept.state().applied, kept.state().digest}; }

TEST(AuditWork, FoldsWhatIsDurableAndNothingElse) {
  KeptHistory kept;
  kept.run_to(3000);
  Worked worked(kept);
  worked.run(1500);
  EXPECT_EQ(worked.work.folded(), 1500);
  worked.run(3000);
  EXPECT_EQ(worked.last.checked_up_to, 3000);
  EXPECT_TRUE(worked.differences.empty());
}

TEST(AuditWork, AgreesWithTheDigestsOfTheLiveState) {
  KeptHistory kept;
  Worked worked(kept);
  for (Sequence sequence = 500; sequence < 4000; sequence += 500) {
    kept.run_to(sequence);
    worked.work.note(note_of(kept));
  }
  worked.run();
  EXPECT_TRUE(worked.differences.empty());
}

TEST(AuditWork, SaysWhereTheLiveStateIsNotWhatTheJournalSays) {
  KeptHistory kept;
  Worked worked(kept);
  kept.run_to(700);
  worked.work.note(note_of(kept));
  kept.run_to(900);
  DigestNote wrong = note_of(kept);
  wrong.digest ^= 1;
  worked.work.note(wrong);
  kept.run_to(2000);
  worked.run();
  ASSERT_EQ(worked.differences.size(), 1);
  EXPECT_EQ(worked.differences[0], "after event " + std::to_string(wrong.sequence) +
                                       " the live state was not what the journal says: restart the process, which "
                                       "folds the journal anew");
  worked.run();
  EXPECT_EQ(worked.differences.size(), 1) << "it is said once";
}

TEST(AuditWork, SaysWhereTheChainDoesNotHold) {
  MemoryJournal journal;
  Chain chain;
  EventCodec codec;
  RandomHistory history(1, true);
  while (history.events().size() < 3000) history.step();
  for (Event event : history.events()) {
    std::string bytes;
    codec.encode(event, bytes);
    std::vector<Head> kept;
    const Head& head = chain.extend(bytes);
    if (head.sequence % kKeptHashInterval == 0) kept.push_back(head);
    if (event.sequence == 1500) {  // what is stored is not what was hashed
      event.monotonic_ns += 1;
      bytes.clear();
      codec.encode(event, bytes);
    }
    ASSERT_TRUE(journal.append(std::span(&bytes, 1), head, kept, true));
  }
  std::vector<std::string> differences;
  AuditWork work(journal, {}, [&](const AuditReported& report) {
    if (!report.difference.empty()) differences.push_back(report.difference);
  });
  while (work.run(3000, {})) {
  }
  ASSERT_EQ(differences.size(), 1);
  EXPECT_TRUE(differences[0].starts_with("the journal is damaged: the chain does not hold at event 2048; "));
}

TEST(AuditWork, ChecksTheChainOfWhatIsOlderThanTheSnapshotItBeginsAt) {
  KeptHistory kept;
  kept.run_to(2500);
  kept.take_snapshot();
  kept.run_to(2600);
  Worked worked(kept);
  ASSERT_TRUE(worked.work.run(kept.head().sequence, worked.now));  // begins
  ASSERT_TRUE(worked.work.run(kept.head().sequence, worked.now));  // folds what is behind the snapshot
  EXPECT_GT(worked.last.unchecked, 0);
  worked.run();
  EXPECT_EQ(worked.last.unchecked, 0);
  EXPECT_TRUE(worked.differences.empty());
}

TEST(AuditWork, TakesSnapshotsFromWhichAStartGoesOn) {
  KeptHistory kept;
  Worked worked(kept, {2048, {}});
  for (Sequence sequence = 1000; sequence <= 9000; sequence += 1000) {
    kept.run_to(sequence);
    worked.run();
  }
  std::vector<Sequence> taken;
  for (const SnapshotTaken& snapshot : worked.snapshots) taken.push_back(snapshot.sequence);
  EXPECT_EQ(taken, (std::vector<Sequence>{2048, 4096, 6144, 8192}));
  const Result<Restored> restored = restore(kept.journal());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->from_snapshot, 8192);
  EXPECT_TRUE(states_equal(*restored->state, kept.state()));
}

TEST(AuditWork, TakesNoSnapshotFarBehindTheEnd) {
  KeptHistory kept;
  kept.run_to(9000);
  Worked worked(kept, {2048, {}});
  worked.run();
  ASSERT_EQ(worked.snapshots.size(), 1);
  EXPECT_EQ(worked.snapshots[0].sequence, 7168) << "the first for which it is less than 2048 events to the end";
}

TEST(AuditWork, TakesASnapshotOfAnHourEvenIfLittleHappens) {
  KeptHistory kept;
  Worked worked(kept);
  kept.run_to(3000);
  worked.run();
  EXPECT_TRUE(worked.snapshots.empty());
  kept.world().pass_seconds(3601);
  kept.run_to(5000);
  worked.run();
  ASSERT_EQ(worked.snapshots.size(), 1);
  EXPECT_EQ(worked.snapshots[0].sequence, 3072) << "the next kept hash";
}

TEST(AuditWork, WarnsWhereASnapshotCannotBeWritten) {
  KeptHistory kept;
  std::filesystem::create_directory(kept.folder() + "/elsewhere");
  std::filesystem::create_symlink("/dev/null", kept.folder() + "/snapshots");
  kept.run_to(2100);
  Worked worked(kept, {2048, {}});
  worked.run();
  EXPECT_TRUE(worked.snapshots.empty());
  EXPECT_FALSE(worked.warnings.empty());
  EXPECT_TRUE(worked.differences.empty());
}

TEST(AuditWork, CutsOffWhatIsTooOldOnceTwoSnapshotsAreLeft) {
  KeptHistory kept;
  AuditOptions options{1024, {}};
  options.retention.max_age_ns = 1000 * kHourNs;
  Worked worked(kept, options);
  for (int time = 0; time < 3; ++time) {
    kept.run_to(kept.state().applied + 1500);
    worked.now = kept.state().time;
    worked.run();
  }
  ASSERT_EQ(worked.cuts.size(), 0);
  kept.world().pass_seconds(1001 * 3600);
  kept.run_to(kept.state().applied + 10);
  worked.now = kept.state().time;
  worked.run();
  ASSERT_EQ(worked.cuts.size(), 1);
  const HistoryCut cut = worked.cuts[0];
  EXPECT_EQ(cut.first, cut.snapshot + 1);
  EXPECT_EQ(kept.journal().bounds().first, cut.first);
  ASSERT_GE(files(kept).size(), 2);
  EXPECT_EQ(files(kept).front(), cut.snapshot) << "older files are gone";

  kept.close();
  kept.reopen();
  EXPECT_EQ(kept.journal().bounds().first, cut.first);
  const Result<Restored> restored = restore(kept.journal());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(states_equal(*restored->state, kept.state()));

  // The snapshot that it begins at is as good as the newest one.
  for (const Sequence file : files(kept)) {
    if (file != cut.snapshot) std::filesystem::remove(kept.folder() + "/" + snapshot_file_name(file));
  }
  const Result<Restored> from_base = restore(kept.journal());
  ASSERT_TRUE(from_base) << from_base.error().message;
  EXPECT_EQ(from_base->from_snapshot, cut.snapshot);
  EXPECT_TRUE(states_equal(*from_base->state, kept.state()));

  std::filesystem::remove(kept.folder() + "/" + snapshot_file_name(cut.snapshot));
  const Result<Restored> none = restore(kept.journal());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "the journal at " + kept.folder() + " begins with event " +
                                      std::to_string(cut.first) +
                                      ", and no snapshot says what was before it; restore it from a copy");
}

TEST(AuditWork, CutsOffNothingAtASnapshotThatIsDamaged) {
  KeptHistory kept;
  AuditOptions options{1024, {}};
  options.retention.max_age_ns = 1;
  kept.run_to(1024);
  Worked worked(kept, options);
  const auto damage = [&] {
    for (const Sequence file : files(kept)) {
      std::filesystem::resize_file(kept.folder() + "/" + snapshot_file_name(file), 30);
    }
  };
  kept.run_to(1100);
  worked.run();
  damage();
  kept.run_to(2300);
  worked.run();
  damage();
  kept.run_to(2400);
  worked.run();
  EXPECT_EQ(kept.journal().bounds().first, 1);
  EXPECT_FALSE(worked.warnings.empty());
}

}  // namespace
}  // namespace bw
