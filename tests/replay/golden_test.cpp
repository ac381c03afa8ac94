// What the journals of tests/journal/golden mean, for ever: every fact, the state at the end, and, as long as the rules
// are those of that time, every decision. tests/journal/golden_test.cpp reads them field by field.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "golden_fact.h"
#include "journal/event_reader.h"
#include "journal/rocksdb_journal.h"
#include "journal/snapshot_codec.h"
#include "journal/snapshot_file.h"
#include "projections/snapshot.h"
#include "recorded.h"
#include "replay/commands.h"
#include "replay/verification.h"

namespace bw::replay {
namespace {

constexpr char kGolden[] = BANDWIDTH_SOURCE_DIR "/tests/journal/golden/";

std::string noted(const std::string& name) {
  std::ifstream file(kGolden + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<JournalReader> golden(const std::string& name) {
  auto journal = RocksdbJournal::open_reader(kGolden + name);
  check(journal.has_value(), journal ? "" : journal.error().message);
  return std::move(*journal);
}

TEST(Golden, EveryKindOfFactSaysWhatItSaid) {
  const auto journal = golden("format-1/every-kind");
  auto reader = EventReader::open(*journal, 1, true);
  ASSERT_TRUE(reader);
  std::string facts;
  Event event;
  for (;;) {
    const Result<bool> more = reader->next(event);
    ASSERT_TRUE(more) << more.error().message;
    if (!*more) break;
    facts += golden_fact(event.fact) + "\n";
  }
  EXPECT_EQ(facts, noted("format-1/every-kind/facts"));
}

TEST(Golden, AHistoryHasTheSameLogAndEndsInTheSameState) {
  const auto journal = golden("format-1/history");
  EXPECT_EQ(ask([&](std::ostream& out) { return log(*journal, {}, Format::kJson, out); }).text,
            noted("format-1/history/log"));
  if (kRulesVersion != 1) return;  // what follows from the facts is by the rules
  EXPECT_EQ(ask([&](std::ostream& out) { return at(*journal, {}, Format::kJson, out); }).text,
            noted("format-1/history/at"));
}

TEST(Golden, AHistoryIsVerifiedAndItsUnknownFactIsCounted) {
  const auto journal = golden("format-1/history");
  const std::string line = noted("format-1/history/head");
  const Result<KnownHead> head = parse_known_head(line.substr(0, line.find('\n')));
  ASSERT_TRUE(head) << head.error().message;
  VerifyOptions options;
  options.anchors = {*head};
  const Result<Verification> verification = verify_journal(*journal, options);
  ASSERT_TRUE(verification) << verification.error().message;
  EXPECT_EQ(verification->result(), "ok");
  EXPECT_TRUE(verification->refold_ok());
  EXPECT_EQ(verification->checked, head->head.sequence);
  EXPECT_EQ(verification->anchors.at(0).second, HeadComparison::kHolds);
  EXPECT_EQ(verification->state->not_understood, 1u);
  if (kRulesVersion == 1) {  // else decisions and digests are those of other rules
    EXPECT_GT(verification->decisions.checked, 50u);
    EXPECT_EQ(verification->snapshots.checked, 1u);
  }
  const Answer answer = ask([&](std::ostream& out) { return verify(*journal, options, Format::kTable, out); });
  EXPECT_NE(answer.text.find("1 event is of a kind that this version does not understand: use a newer bwreplay"),
            std::string::npos)
      << answer.text;
}

TEST(Golden, ASnapshotGivesTheStateOfItsEvents) {
  const auto journal = golden("format-1/history");
  auto reader = EventReader::open(*journal, 1, false);
  ASSERT_TRUE(reader);
  State folded;
  Event event;
  while (*reader->next(event)) {
    if (const auto* taken = std::get_if<SnapshotTaken>(&event.fact)) {
      const auto records = read_snapshot_file(std::string(kGolden) + "format-1/history",
                                              {taken->file, taken->file_hash}, taken->sequence);
      ASSERT_TRUE(records) << records.error().message;
      SnapshotCodec codec;
      std::size_t next = 0;
      const Result<State> state = state_from([&](SnapshotRecord& record) -> Result<bool> {
        if (next == records->size()) return false;
        const Result<void> decoded = codec.decode((*records)[next++], record);
        if (!decoded) return decoded.error();
        return true;
      });
      if (taken->rules_version != kRulesVersion) {  // of other rules: it is left alone
        EXPECT_EQ(state.error().code, ErrorCode::kUnsupported);
        return;
      }
      ASSERT_TRUE(state) << state.error().message;
      EXPECT_EQ(state->digest, folded.digest);
      EXPECT_EQ(state->applied, folded.applied);
      return;
    }
    apply(folded, event);
  }
  FAIL() << "there is no snapshot";
}

}  // namespace
}  // namespace bw::replay
