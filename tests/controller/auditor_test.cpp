#include "controller/auditor.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "journal/snapshot_file.h"
#include "tests/support/kept_history.h"

namespace bw {
namespace {

// What an auditor reports, for another thread to wait for.
class Reports {
 public:
  Auditor::Callbacks callbacks() {
    return {[this](AuditReported report) {
              const std::lock_guard lock(mutex_);
              progress_ = report.progress;
              if (report.snapshot) snapshots_.push_back(*report.snapshot);
              if (report.cut) cuts_.push_back(*report.cut);
              if (!report.difference.empty()) difference_ = report.difference;
              changed_.notify_all();
            },
            [](const Error& error) { check(false, error.message); }};
  }

  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex_);
    check(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return condition(*this); }),
          "the auditor does its work in time");
  }

  AuditProgress progress_;
  std::vector<SnapshotTaken> snapshots_;
  std::vector<HistoryCut> cuts_;
  std::string difference_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST(Auditor, FollowsAJournalThatAnotherThreadWrites) {
  KeptHistory kept;
  Reports reports;
  Auditor auditor(kept.journal(), kept.head().sequence, {1024, {}}, reports.callbacks());
  for (Sequence sequence = 500; sequence <= 6000; sequence += 500) {
    kept.run_to(sequence);
    auditor.note({kept.state().applied, kept.state().digest});
    auditor.became_durable(kept.head().sequence);
  }
  const Sequence end = kept.head().sequence;
  reports.wait([&](const Reports& all) { return all.progress_.checked_up_to == end && all.progress_.unchecked == 0; });
  auditor.stop();
  EXPECT_EQ(reports.difference_, "");
  EXPECT_FALSE(reports.snapshots_.empty());
}

TEST(Auditor, SaysThatTheLiveStateDiffers) {
  KeptHistory kept;
  kept.run_to(2000);
  Reports reports;
  Auditor auditor(kept.journal(), 0, {}, reports.callbacks());
  auditor.note({kept.state().applied, kept.state().digest + 1});
  auditor.became_durable(kept.head().sequence);
  reports.wait([](const Reports& all) { return !all.difference_.empty(); });
}

TEST(Auditor, RemovesWhatIsCutOffBesideTheWriter) {
  KeptHistory kept;
  kept.run_to(2048);
  Reports reports;
  Auditor auditor(kept.journal(), kept.head().sequence, {1024, {}}, reports.callbacks());
  SnapshotTaken taken;
  reports.wait([&](const Reports& all) {
    if (!all.snapshots_.empty()) taken = all.snapshots_.front();
    return !all.snapshots_.empty();
  });
  kept.record(taken);
  auditor.remove({taken.sequence + 1, taken.head_hash, taken.sequence});
  for (Sequence sequence = 2100; sequence < 4000; sequence += 20) {
    kept.run_to(sequence);
    auditor.became_durable(kept.head().sequence);
  }
  reports.wait([&](const Reports& all) { return all.progress_.first == taken.sequence + 1; });
  auditor.stop();
  EXPECT_EQ(kept.journal().bounds().first, taken.sequence + 1);
  EXPECT_EQ(kept.journal().bounds().head, kept.head());
  EXPECT_EQ(reports.difference_, "");
}

TEST(Auditor, EndsWhenItIsTold) {
  KeptHistory kept;
  kept.run_to(3000);
  Reports reports;
  Auditor auditor(kept.journal(), kept.head().sequence, {}, reports.callbacks());
  auditor.stop();
  auditor.stop();
}

}  // namespace
}  // namespace bw
