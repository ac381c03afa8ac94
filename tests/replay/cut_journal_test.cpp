// Journals whose oldest events were cut off, on disk: every command begins at the snapshot that stands for them.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "extender/state_json.h"
#include "recorded.h"
#include "replay/commands.h"
#include "replay/fold.h"
#include "tests/projections/state_equality.h"
#include "tests/support/kept_history.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

Instant instant(const std::string& text) { return *parse_instant(text); }

// A history that was cut at a snapshot, as retention does it, and another reader's view of it.
class Cut {
 public:
  Cut(std::uint64_t seed, Sequence at, Sequence end) : kept(seed) {
    kept.run_to(at);
    snapshot = kept.take_snapshot();
    kept.run_to(end - 2);
    cut = {snapshot.sequence + 1, snapshot.head_hash, snapshot.sequence};
    kept.record(cut);
    check(kept.journal().cut(cut.first, cut.previous_hash).has_value(), "it is cut");
    open();
  }
  void open() {
    auto opened = RocksdbJournal::open_reader(kept.folder());
    check(opened.has_value(), opened ? "" : opened.error().message);
    journal = std::move(*opened);
  }

  KeptHistory kept;
  SnapshotTaken snapshot;
  HistoryCut cut;
  std::unique_ptr<JournalReader> journal;
};

TEST(CutJournal, IsReadFromItsSnapshotOn) {
  const Cut made(1, 700, 1500);
  EXPECT_EQ(made.journal->bounds().first, made.cut.first);
  const Answer answer = ask([&](std::ostream& out) { return at(*made.journal, {}, Format::kJson, out); });
  EXPECT_EQ(answer.exit_code, kHolds) << answer.error;
  EXPECT_EQ(answer.text, state_json(made.kept.state()) + "\n");
}

TEST(CutJournal, SaysWhenItStartsIfAskedForWhatIsGone) {
  const Cut made(1, 700, 1500);
  const AtOptions earlier{instant(std::to_string(made.cut.first - 1)), false};
  const Answer answer = ask([&](std::ostream& out) { return at(*made.journal, earlier, Format::kJson, out); });
  EXPECT_EQ(answer.exit_code, kUnusableInput);
  EXPECT_TRUE(answer.error.starts_with("the journal starts at sequence " + std::to_string(made.cut.first) + " ("))
      << answer.error;
  EXPECT_TRUE(answer.error.ends_with("; it says nothing about " + earlier.instant.text + ", which is earlier"));
}

TEST(CutJournal, IsVerifiedFromTheCutOn) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Cut made(seed, 300 + 150 * seed, 1600);
    const Answer answer = ask([&](std::ostream& out) { return verify(*made.journal, {}, Format::kJson, out); });
    ASSERT_EQ(answer.exit_code, kHolds) << answer.text << answer.error;
    const Json json = Json::parse(answer.text);
    EXPECT_EQ(json["result"], "ok");
    EXPECT_EQ(json["refold"], "ok");
    EXPECT_EQ(json["firstSequence"], made.cut.first);
    EXPECT_EQ(json["lastSequence"], made.kept.head().sequence);
    EXPECT_EQ(json["id"], to_hex(made.kept.state().journal));
    EXPECT_EQ(json["digest"], digest_text(made.kept.state().digest));
    EXPECT_EQ(json["snapshots"].dump(), R"({"checked":1,"differ":0})");
    EXPECT_GT(json["decisions"]["checked"], 0);
  }
}

TEST(CutJournal, FoldsToTheVeryStateOfTheWholeOne) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Cut made(seed, 100 * seed, 1300);
    Result<Fold> fold = Fold::begin(*made.journal);
    ASSERT_TRUE(fold) << fold.error().message;
    ASSERT_TRUE(fold->run_to(made.kept.head().sequence));
    EXPECT_TRUE(states_equal(fold->state(), made.kept.state()));
  }
}

TEST(CutJournal, IsAuditedAndLogged) {
  const Cut made(2, 700, 1500);
  const AuditOptions all{instant("start"), instant("end"), false, false};
  const Answer audited = ask([&](std::ostream& out) { return audit(*made.journal, all, Format::kJson, out); });
  EXPECT_EQ(audited.error, "");
  EXPECT_EQ(Json::parse(audited.text)["from"]["sequence"], made.cut.first);
  LogOptions cuts;
  cuts.kind = "HistoryCut";
  const Answer logged = ask([&](std::ostream& out) { return log(*made.journal, cuts, Format::kTable, out); });
  EXPECT_NE(logged.text.find("HistoryCut"), std::string::npos) << logged.error;
}

TEST(CutJournal, CannotBeFoldedWithoutItsSnapshot) {
  Cut made(1, 700, 1500);
  std::filesystem::remove(made.kept.folder() + "/" + made.snapshot.file);
  const Answer answer = ask([&](std::ostream& out) { return at(*made.journal, {}, Format::kJson, out); });
  EXPECT_EQ(answer.exit_code, kUnusableInput);
  EXPECT_TRUE(answer.error.starts_with("the journal begins with event " + std::to_string(made.cut.first) +
                                       ", and the snapshot that stands for what was before it cannot be used: "))
      << answer.error;
}

TEST(CutJournal, IsFollowedByAReaderThatWasThereBefore) {
  KeptHistory kept;
  kept.run_to(1024);
  const auto opened = RocksdbJournal::open_reader(kept.folder());
  ASSERT_TRUE(opened);
  Sequence first = 1;
  for (Sequence next = 2048; next <= 6144; next += 1024) {
    while (kept.state().applied % 1024 != 0) kept.record(ResyncBegan{Stream::kPods, false});
    const SnapshotTaken taken = kept.take_snapshot();
    kept.run_to(next - 50);
    first = taken.sequence + 1;
    ASSERT_TRUE(kept.journal().cut(first, taken.head_hash));
    const Result<void> refreshed = (*opened)->refresh();
    ASSERT_TRUE(refreshed) << refreshed.error().message;
    EXPECT_EQ((*opened)->bounds().first, first);
    EXPECT_EQ((*opened)->bounds().previous_hash, taken.head_hash);
    EXPECT_EQ((*opened)->bounds().head, kept.head());
    Result<Fold> fold = Fold::begin(**opened);
    ASSERT_TRUE(fold) << fold.error().message;
    ASSERT_TRUE(fold->run_to(kept.head().sequence));
    EXPECT_EQ(fold->state().digest, kept.state().digest);
  }
}

}  // namespace
}  // namespace bw::replay
