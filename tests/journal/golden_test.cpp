// The journals of tests/journal/golden were written once, by the version that first had their format, and stay readable
// for ever: here their storage, chain and every field; what they mean in tests/replay/golden_test.cpp.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "journal/event_reader.h"
#include "journal/known_head.h"
#include "journal/rocksdb_journal.h"
#include "journal/snapshot_codec.h"
#include "journal/snapshot_file.h"
#include "newer_message.h"
#include "scratch_folder.h"

namespace bw {
namespace {

namespace fs = std::filesystem;

constexpr char kGolden[] = BANDWIDTH_SOURCE_DIR "/tests/journal/golden/";

class Golden : public testing::TestWithParam<const char*> {
 protected:
  Golden() { fs::copy(std::string(kGolden) + GetParam(), path_, fs::copy_options::recursive); }

  // It was noted when the journal was written.
  KnownHead known_head() const {
    std::ifstream file(path_ + "/head");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const Result<KnownHead> known = parse_known_head(text.substr(0, text.find('\n')));
    EXPECT_TRUE(known) << known.error().message;
    return known ? *known : KnownHead{};
  }

  // Reads all of it, and checks it by the head.
  void check_all(const JournalReader& journal) const {
    const KnownHead known = known_head();
    auto reader = EventReader::open(journal, 1, true);
    ASSERT_TRUE(reader) << reader.error().message;
    EventCodec codec;
    Event event;
    std::uint64_t unknown = 0;
    for (;;) {
      const Result<bool> more = reader->next(event);
      ASSERT_TRUE(more) << more.error().message;
      if (!*more) break;
      if (std::holds_alternative<UnknownFact>(event.fact)) {
        ++unknown;
        continue;
      }
      std::string again;
      codec.encode(event, again);
      EXPECT_EQ(canonical(again), canonical(reader->bytes())) << "a field of event " << event.sequence << " is lost";
    }
    EXPECT_EQ(reader->head(), known.head);
    EXPECT_EQ(*compare(journal, known.id, known), HeadComparison::kHolds);
    EXPECT_EQ(unknown, std::string_view(GetParam()).ends_with("history") ? 1u : 0u);
  }

  const ScratchFolder scratch_;
  const std::string path_ = scratch_ / "journal";
};

TEST_P(Golden, IsReadByAReader) {
  const auto journal = RocksdbJournal::open_reader(path_);
  ASSERT_TRUE(journal) << journal.error().message;
  check_all(**journal);
}

TEST_P(Golden, IsOpenedAndContinuedByAWriter) {
  const auto journal = RocksdbJournal::open({path_});
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_FALSE((*journal)->dropped_tail());
  check_all(**journal);
  Chain chain((*journal)->bounds().head);
  const std::string record = "the next";
  const Head next = chain.extend(record);
  EXPECT_TRUE((*journal)->append({&record, 1}, next, {}, true));
}

TEST_P(Golden, HoldsSnapshotsOfWhichNoFieldIsLost) {
  const auto sequences = list_snapshot_files(path_);
  ASSERT_TRUE(sequences) << sequences.error().message;
  EXPECT_EQ(sequences->size(), std::string_view(GetParam()).ends_with("history") ? 1u : 0u);
  SnapshotCodec codec;
  for (const Sequence sequence : *sequences) {
    const std::string name = snapshot_file_name(sequence);
    std::ifstream file(path_ + "/" + name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto records = read_snapshot_file(path_, {name, sha256(bytes)}, sequence);
    ASSERT_TRUE(records) << records.error().message;
    for (const std::string& record : *records) {
      SnapshotRecord decoded;
      ASSERT_TRUE(codec.decode(record, decoded));
      std::string again;
      codec.encode(decoded, again);
      EXPECT_EQ(canonical(again), canonical(record));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Journals, Golden, testing::Values("format-1/every-kind", "format-1/history"),
                         [](const auto& journal) {
                           return std::string_view(journal.param).ends_with("history") ? "History" : "EveryKind";
                         });

}  // namespace
}  // namespace bw
