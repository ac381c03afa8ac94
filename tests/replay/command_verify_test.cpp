#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "extender/state_json.h"
#include "journal/chain.h"
#include "recorded.h"
#include "replay/commands.h"
#include "story.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

Answer verify_in(const JournalReader& journal, const VerifyOptions& options, Format format) {
  return ask([&](std::ostream& out) { return verify(journal, options, format, out); });
}

Answer verify_in(const World& world, Format format) { return verify_in(*recorded(world), {}, format); }

KnownHead anchor_at(const JournalReader& journal, Sequence sequence) {
  const Result<Head> head = head_at(journal, sequence);
  EXPECT_TRUE(head) << head.error().message;
  return {JournalId{}, *head};
}

// A journal of `count` events beyond the small story: a list of bookmarks.
World long_story(int count) {
  World world = small_story();
  for (int i = 0; i < count; ++i) world.bookmark(Stream::kPods, 100 + static_cast<ResourceVersion>(i));
  return world;
}

TEST(Verify, SaysWhatWasCheckedAndHowMuch) {
  const World world = small_story();
  const auto journal = recorded(world);
  const std::string head = to_hex(journal->bounds().head.hash);
  const Answer answer = verify_in(*journal, {}, Format::kTable);
  EXPECT_EQ(answer.exit_code, kHolds);
  EXPECT_EQ(answer.text, R"(journal    00000000000000000000000000000000
slice      1 to 18, 2026-01-01T00:00:00.001Z to 2026-01-01T00:00:00.016Z
events     18 read, hashed and folded; 2992 bytes
chain      holds; head 18:)" +
                             head + R"(
decisions  4 made again, 0 differ
snapshots  0 compared, 0 differ
result     ok
)");
}

TEST(Verify, HasTheFieldsThatProgramsRead) {
  const World world = small_story();
  const auto journal = recorded(world);
  const std::string head = to_hex(journal->bounds().head.hash);
  const std::string digest = digest_text(world.state().digest);
  const Answer json = verify_in(*journal, {}, Format::kJson);
  EXPECT_EQ(json.exit_code, kHolds);
  EXPECT_EQ(json.text,
            R"({"result":"ok","firstSequence":1,"lastSequence":18,"headHash":")" + head +
                R"(","checked":18,"refold":"ok","id":"00000000000000000000000000000000",)"
                R"("firstTime":"2026-01-01T00:00:00.001000000Z",)"
                R"("lastTime":"2026-01-01T00:00:00.016000000Z","bytes":2992,"digest":")" +
                digest +
                R"(","decisions":{"checked":4,"differ":0},"snapshots":{"checked":0,"differ":0},"anchors":[]})"
                "\n");
  EXPECT_EQ(verify_in(*journal, {}, Format::kCsv).text,
            "result,firstSequence,lastSequence,headHash,checked,refold,id,digest\nok,1,18," + head +
                ",18,ok,00000000000000000000000000000000," + digest + "\n");
}

// ---- anchors ----

TEST(Verify, HoldsWithAnchorsOnTheWay) {
  const World world = long_story(2000);
  const auto journal = recorded(world);
  VerifyOptions options;
  for (const Sequence at : {Sequence{1}, Sequence{1024}, Sequence{1500}, journal->bounds().head.sequence}) {
    options.anchors.push_back(anchor_at(*journal, at));
  }
  const Answer answer = verify_in(*journal, options, Format::kJson);
  EXPECT_EQ(answer.exit_code, kHolds);
  const Json json = Json::parse(answer.text);
  EXPECT_EQ(json["result"], "ok");
  ASSERT_EQ(json["anchors"].size(), 4U);
  for (const Json& anchor : json["anchors"]) EXPECT_EQ(anchor["result"], "holds");
  EXPECT_EQ(json["anchors"][2]["sequence"], 1500);
}

TEST(Verify, TellsAShorterJournalFromABrokenOne) {
  const World world = long_story(10);
  const auto whole = recorded(world);
  const KnownHead last = anchor_at(*whole, whole->bounds().head.sequence);
  std::vector<Event> events = world.events();
  events.resize(events.size() - 4);
  const auto cut = recorded(events);
  const Answer shorter = verify_in(*cut, {true, {last}, false}, Format::kJson);
  EXPECT_EQ(shorter.exit_code, kDoesNotHold);
  EXPECT_EQ(Json::parse(shorter.text)["result"], "shorter");
  EXPECT_EQ(Json::parse(shorter.text)["anchors"][0]["result"], "shorter");
  EXPECT_NE(verify_in(*cut, {true, {last}, false}, Format::kTable)
                .text.find(" shorter: at least 4 events are lost behind the end\nresult     shorter\n"),
            std::string::npos);

  // Rewritten from event 20 on, with a chain that holds in itself.
  events = world.events();
  events[19].time.ns += 1;
  const auto rewritten = recorded(events);
  EXPECT_EQ(verify_in(*rewritten, {}, Format::kJson).exit_code, kHolds);
  const Answer broken = verify_in(*rewritten, {true, {last}, false}, Format::kJson);
  EXPECT_EQ(broken.exit_code, kDoesNotHold);
  EXPECT_EQ(Json::parse(broken.text)["result"], "broken");
  EXPECT_EQ(Json::parse(broken.text)["anchors"][0]["result"], "broken");
  const Answer before = verify_in(*rewritten, {true, {anchor_at(*whole, 19)}, false}, Format::kJson);
  EXPECT_EQ(before.exit_code, kHolds);

  // Both at once: broken outranks shorter.
  KnownHead later = last;
  later.head.sequence += 100;
  EXPECT_EQ(Json::parse(verify_in(*rewritten, {true, {later, last}, false}, Format::kJson).text)["result"], "broken");
}

TEST(Verify, DoesNotTakeAnAnchorOfAnotherJournal) {
  const auto journal = recorded(small_story());
  KnownHead anchor = anchor_at(*journal, 3);
  anchor.id.bytes[0] = 0xab;
  const Answer answer = verify_in(*journal, {true, {anchor}, false}, Format::kJson);
  EXPECT_EQ(answer.exit_code, kUnusableInput);
  EXPECT_EQ(answer.error,
            "the anchor at 3 is of journal ab000000000000000000000000000000, and this is journal "
            "00000000000000000000000000000000: give the journal that it was taken from");
}

// ---- damage ----

// A journal in memory, one record or hash of which is not what was written.
class Damaged : public JournalReader {
 public:
  explicit Damaged(const JournalReader& whole) : whole_(whole) {}
  Sequence changed = 0;       // one bit of this record
  Sequence missing_from = 0;  // this record and all behind it
  Sequence lost_hash = 0;
  Sequence wrong_hash = 0;

  JournalBounds bounds() const override { return whole_.bounds(); }
  Result<void> refresh() override { return {}; }

  std::optional<Sha256> kept_hash(Sequence sequence) const override {
    if (sequence == lost_hash) return {};
    std::optional<Sha256> hash = whole_.kept_hash(sequence);
    if (sequence == wrong_hash) (*hash)[5] ^= 1;
    return hash;
  }

  Result<std::unique_ptr<RecordCursor>> read(Sequence from) const override {
    auto cursor = whole_.read(from);
    if (!cursor) return cursor.error();
    return std::unique_ptr<RecordCursor>(std::make_unique<Cursor>(*this, std::move(*cursor)));
  }

 private:
  class Cursor : public RecordCursor {
   public:
    Cursor(const Damaged& damaged, std::unique_ptr<RecordCursor> whole) : damaged_(damaged), whole_(std::move(whole)) {}

    Result<bool> next(Sequence& sequence, std::string_view& bytes) override {
      Result<bool> more = whole_->next(sequence, bytes);
      if (!more || !*more) return more;
      if (damaged_.missing_from != 0 && sequence >= damaged_.missing_from) return false;
      if (sequence == damaged_.changed) {
        copy_ = bytes;
        copy_[copy_.size() / 2] = static_cast<char>(copy_[copy_.size() / 2] ^ 0x10);
        bytes = copy_;
      }
      return true;
    }

   private:
    const Damaged& damaged_;
    const std::unique_ptr<RecordCursor> whole_;
    std::string copy_;
  };

  const JournalReader& whole_;
};

class ADamagedJournal : public testing::Test {
 protected:
  const World world_ = long_story(3000);
  const std::unique_ptr<MemoryJournal> whole_ = recorded(world_);
  Damaged damaged_{*whole_};
};

TEST_F(ADamagedJournal, IsSearchedUpToTheNextKeptHash) {
  damaged_.changed = 1500;
  const Answer answer = verify_in(damaged_, {}, Format::kJson);
  EXPECT_EQ(answer.exit_code, kDoesNotHold);
  const Json json = Json::parse(answer.text);
  EXPECT_EQ(json["result"], "broken");
  EXPECT_EQ(json["broken"],
            "the chain does not hold at event 2048: events 1025 to 2048 are not what was written, or the hash is not");
  EXPECT_EQ(json["lastSequence"], 1024);
  EXPECT_EQ(json["headHash"], to_hex(*whole_->kept_hash(1024)));
  EXPECT_EQ(json["checked"], 1024);  // nothing that is not proved is folded
}

TEST_F(ADamagedJournal, IsFoundInItsLastEvents) {
  damaged_.changed = whole_->bounds().head.sequence;
  const Json json = Json::parse(verify_in(damaged_, {}, Format::kJson).text);
  EXPECT_EQ(json["result"], "broken");
  EXPECT_EQ(json["lastSequence"], 2048);
}

TEST_F(ADamagedJournal, IsFoundByItsHashes) {
  damaged_.wrong_hash = 1024;
  EXPECT_EQ(verify_in(damaged_, {}, Format::kJson).exit_code, kDoesNotHold);
}

// As a reader of a live journal may see it. The next hash proves as much.
TEST_F(ADamagedJournal, NeedsNotEveryHash) {
  damaged_.lost_hash = 1024;
  EXPECT_EQ(verify_in(damaged_, {}, Format::kJson).exit_code, kHolds);
  damaged_.changed = 500;
  EXPECT_EQ(Json::parse(verify_in(damaged_, {}, Format::kJson).text)["broken"],
            "the chain does not hold at event 2048: events 1 to 2048 are not what was written, or the hash is not");
}

TEST_F(ADamagedJournal, IsNotFoldedByAnyCommand) {
  damaged_.changed = 1500;
  for (const char* instant : {"1025", "end"}) {
    const Answer answer = ask([&](std::ostream& out) {
      return at(damaged_, {*parse_instant(instant), false}, Format::kJson, out);
    });
    EXPECT_EQ(answer.exit_code, kDoesNotHold);
    EXPECT_EQ(answer.text, "");
    EXPECT_EQ(answer.error.find("the chain does not hold at event 2048"), 0U);
  }
  EXPECT_EQ(ask([&](std::ostream& out) {
              return at(damaged_, {*parse_instant("1024"), false}, Format::kJson, out);
            }).exit_code,
            kHolds);
}

TEST_F(ADamagedJournal, IsFoundByWhatIsMissing) {
  damaged_.missing_from = 2500;
  const Json json = Json::parse(verify_in(damaged_, {}, Format::kJson).text);
  EXPECT_EQ(json["broken"], "events are missing: there is none behind event 2499, but the head is that of event " +
                                std::to_string(whole_->bounds().head.sequence));
}

TEST_F(ADamagedJournal, ComparesTheAnchorsThatItReaches) {
  damaged_.changed = 1500;
  VerifyOptions options;
  options.anchors = {anchor_at(*whole_, 700), anchor_at(*whole_, 2900)};
  const Json json = Json::parse(verify_in(damaged_, options, Format::kJson).text);
  ASSERT_EQ(json["anchors"].size(), 1U);
  EXPECT_EQ(json["anchors"][0]["sequence"], 700);
  EXPECT_EQ(json["anchors"][0]["result"], "holds");
}

TEST_F(ADamagedJournal, SaysSoInATable) {
  damaged_.changed = 3;
  const Answer answer = verify_in(damaged_, {}, Format::kTable);
  EXPECT_EQ(answer.exit_code, kDoesNotHold);
  EXPECT_EQ(answer.text, R"(journal    00000000000000000000000000000000
slice      nothing
chain      the chain does not hold at event 1024: events 1 to 1024 are not what was written, or the hash is not
decisions  0 made again, 0 differ
snapshots  0 compared, 0 differ
result     broken
)");
}

// ---- decisions and snapshots ----

TEST(Verify, FindsADecisionThatItWouldNotMake) {
  std::vector<Event> events = small_story().events();
  auto& filter = std::get<FilterDecided>(events[15].fact);
  filter.refusals = {{Reason::kNetworkDownlink, 2}};
  const auto journal = recorded(events);
  const Answer answer = verify_in(*journal, {}, Format::kJson);
  EXPECT_EQ(answer.exit_code, kDoesNotHold);
  const Json json = Json::parse(answer.text);
  EXPECT_EQ(json["result"], "ok");
  EXPECT_EQ(json["refold"], "differs");
  EXPECT_EQ(json["firstDifference"], 16);
  EXPECT_EQ(json["decisions"].dump(), R"({"checked":4,"differ":1})");
  EXPECT_NE(verify_in(*journal, {}, Format::kTable).text.find("differs    first at sequence 16\nresult     differs\n"),
            std::string::npos);
  EXPECT_EQ(verify_in(*journal, {false, {}, false}, Format::kJson).exit_code, kHolds);
}

TEST(Verify, ComparesTheDigestsOfSnapshots) {
  World world = small_story();
  SnapshotTaken taken;
  taken.sequence = world.state().applied;
  taken.state_digest = world.state().digest;
  taken.rules_version = kRulesVersion;
  world.bookmark(Stream::kPods, 1000);  // it is journaled a little later
  world.record(taken);
  EXPECT_EQ(Json::parse(verify_in(world, Format::kJson).text)["snapshots"].dump(), R"({"checked":1,"differ":0})");

  taken.rules_version = kRulesVersion + 1;  // of other rules: digests say nothing
  taken.state_digest += 1;
  world.record(taken);
  const Answer other = verify_in(world, Format::kJson);
  EXPECT_EQ(other.exit_code, kHolds);
  EXPECT_EQ(Json::parse(other.text)["snapshots"].dump(), R"({"checked":1,"differ":0,"notChecked":1})");

  taken.rules_version = kRulesVersion;
  world.record(taken);
  const Answer answer = verify_in(world, Format::kJson);
  EXPECT_EQ(answer.exit_code, kDoesNotHold);
  EXPECT_EQ(Json::parse(answer.text)["refold"], "differs");
  EXPECT_EQ(Json::parse(answer.text)["snapshots"].dump(), R"({"checked":2,"differ":1,"notChecked":1})");
  EXPECT_EQ(Json::parse(answer.text)["firstDifference"], world.state().applied);
}

TEST(Verify, SaysThatAnEmptyJournalHoldsNothing) {
  const MemoryJournal journal;
  const Answer answer = verify_in(journal, {}, Format::kJson);
  EXPECT_EQ(answer.exit_code, kUnusableInput);
  EXPECT_EQ(answer.error, "the journal holds no events");
}

}  // namespace
}  // namespace bw::replay
