// What the controller makes of the auditor's reports.
#include <gtest/gtest.h>

#include "driven_controller.h"
#include "journal/event_reader.h"

namespace bw {
namespace {

constexpr Sha256 kHash{1, 2, 3};

class HistoryFsmTest : public testing::Test {
 protected:
  HistoryFsmTest() : daemon_(journal_) {
    daemon_.node("n1");
    daemon_.serve();
  }

  template <class Kind>
  std::optional<Kind> last_in_journal() const {
    Result<EventReader> events = EventReader::open(journal_, 1, true);
    check(events.has_value(), "the journal can be read");
    std::optional<Kind> last;
    for (Event event; *events->next(event);) {
      if (const auto* fact = std::get_if<Kind>(&event.fact)) last = *fact;
    }
    return last;
  }

  MemoryJournal journal_;
  DrivenController daemon_;
};

TEST_F(HistoryFsmTest, ASnapshotIsNamedInTheJournal) {
  const SnapshotTaken taken{7, kHash, kHash, 99, kRulesVersion, "snapshots/7"};
  AuditReported report;
  report.snapshot = taken;
  daemon_.step(report);
  daemon_.make_durable();
  EXPECT_EQ(last_in_journal<SnapshotTaken>(), taken);
  EXPECT_EQ(daemon_.controller().history().snapshots_taken(), 1);
  daemon_.pass(seconds(1));
  EXPECT_EQ(daemon_.controller().history().snapshots_taken(), 1) << "once";
}

TEST_F(HistoryFsmTest, NothingIsRemovedBeforeTheCutIsDurable) {
  const HistoryCut cut{8, kHash, 7};
  AuditReported report;
  report.cut = cut;
  daemon_.step(report);
  EXPECT_EQ(last_in_journal<HistoryCut>(), cut);
  EXPECT_TRUE(daemon_.removed().empty());
  daemon_.make_durable();
  EXPECT_EQ(daemon_.removed(), std::vector<HistoryCut>{cut});
  daemon_.pass(seconds(1));
  EXPECT_EQ(daemon_.removed().size(), 1) << "once";
}

TEST_F(HistoryFsmTest, ADifferenceTakesReadinessAway) {
  ASSERT_TRUE(daemon_.controller().ready());
  AuditReported report;
  report.difference = "they differ";
  daemon_.step(report);
  daemon_.step(AuditReported{});  // a later report does not give it back
  EXPECT_FALSE(daemon_.controller().ready());
  EXPECT_EQ(daemon_.controller().not_serving_because(), "not ready: they differ");
  const AnswerCall* answer = daemon_.answer(daemon_.filter(DrivenController::pod("a", "100M")));
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "not ready: they differ");
}

TEST_F(HistoryFsmTest, AWarningIsLoggedAndCounted) {
  AuditReported report;
  report.warning = "no room";
  daemon_.step(report);
  EXPECT_EQ(daemon_.controller().history().warnings(), 1);
  EXPECT_EQ(daemon_.log().back().text, "auditor: no room");
  EXPECT_TRUE(daemon_.controller().ready());
}

TEST_F(HistoryFsmTest, DigestsOfTheLiveStateAreNotedOnTheWay) {
  EXPECT_TRUE(daemon_.notes().empty());
  while (daemon_.controller().state().applied < 2 * kDigestNoteInterval) {
    daemon_.filter(DrivenController::pod("a" + std::to_string(daemon_.controller().state().applied), "1M"));
  }
  ASSERT_EQ(daemon_.notes().size(), 2);
  EXPECT_EQ(daemon_.notes()[0].sequence, kDigestNoteInterval);
  State folded;
  Result<EventReader> events = EventReader::open(journal_, 1, true);
  ASSERT_TRUE(events);
  for (Event event; *events->next(event);) {
    apply(folded, event);
    for (const DigestNote& note : daemon_.notes()) {
      if (note.sequence == event.sequence) {
        EXPECT_EQ(note.digest, folded.digest);
      }
    }
  }
}

TEST_F(HistoryFsmTest, AStartNotesTheStateThatItRestored) {
  daemon_.make_durable();
  DrivenController next(journal_);
  next.node("n1");
  next.start();
  ASSERT_FALSE(next.notes().empty());
  EXPECT_EQ(next.notes()[0].sequence, daemon_.controller().state().applied);
  EXPECT_EQ(next.notes()[0].digest, daemon_.controller().state().digest);
}

}  // namespace
}  // namespace bw
