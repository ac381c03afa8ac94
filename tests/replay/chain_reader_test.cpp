#include "replay/chain_reader.h"

#include <gtest/gtest.h>

#include "journal/chain.h"
#include "journal/known_head.h"
#include "recorded.h"
#include "story.h"

namespace bw::replay {
namespace {

std::vector<Event> history(std::size_t events) {
  World world = small_story();
  while (world.events().size() < events) world.bookmark(Stream::kPods, world.version() + 1);
  return world.events();
}

std::vector<Event> read_all(ChainReader& reader) {
  std::vector<Event> events;
  Event event;
  while (true) {
    const Result<bool> more = reader.next(event);
    EXPECT_TRUE(more) << more.error().message;
    if (!more || !*more) return events;
    events.push_back(event);
  }
}

TEST(ChainReader, GivesEveryEventInOrder) {
  for (const std::size_t count : {18U, 1023U, 1024U, 1025U, 9000U}) {
    const std::vector<Event> events = history(count);
    const auto journal = recorded(events);
    ChainReader reader(*journal, {});
    EXPECT_EQ(read_all(reader), events) << count;
    EXPECT_EQ(reader.proved(), journal->bounds().head);
    Event event;
    EXPECT_FALSE(*reader.next(event));  // and the end stays the end
  }
}

TEST(ChainReader, CountsTheBytesOfWhatItGave) {
  const auto journal = recorded(history(2000));
  auto cursor = journal->read(1);
  std::uint64_t bytes = 0;
  Sequence sequence = 0;
  std::string_view record;
  while (*(*cursor)->next(sequence, record)) bytes += record.size();
  ChainReader reader(*journal, {});
  read_all(reader);
  EXPECT_EQ(reader.bytes(), bytes);
}

TEST(ChainReader, BeginsBehindAHead) {
  const std::vector<Event> events = history(3000);
  const auto journal = recorded(events);
  for (const Sequence start : {Sequence{1024}, Sequence{1500}, Sequence{3000}}) {
    ChainReader reader(*journal, *head_at(*journal, start));
    EXPECT_EQ(read_all(reader), std::vector<Event>(events.begin() + static_cast<std::ptrdiff_t>(start), events.end()));
  }
  Head wrong = *head_at(*journal, 1500);
  wrong.hash[0] ^= 1;
  ChainReader reader(*journal, wrong);
  Event event;
  EXPECT_FALSE(reader.next(event));  // the hash that was kept at 2048 does not follow from it
}

TEST(ChainReader, MayBeLeftInTheMiddle) {
  const auto journal = recorded(history(20'000));  // more than it reads ahead
  ChainReader reader(*journal, {});
  Event event;
  ASSERT_TRUE(*reader.next(event));
  EXPECT_EQ(event.sequence, 1U);
}

TEST(ChainReader, SaysWhichBytesAreNoEvent) {
  MemoryJournal journal;
  record(journal, history(20));
  Chain chain(journal.bounds().head);
  const std::string nonsense = "this is no event";
  const Head head = chain.extend(nonsense);
  ASSERT_TRUE(journal.append(std::span(&nonsense, 1), head, {}, false));
  ChainReader reader(journal, {});
  Event event;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(*reader.next(event));
  const Result<bool> more = reader.next(event);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(more.error().message.find("21"), std::string::npos) << more.error().message;
  EXPECT_EQ(reader.proved(), head);  // the chain holds: so it was written
}

}  // namespace
}  // namespace bw::replay
