// Writes the golden journals of a format: once, when it is released (tests/journal/golden/README.md).
//   golden_journal FOLDER
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "golden_fact.h"
#include "journal/chain.h"
#include "journal/event_codec.h"
#include "journal/known_head.h"
#include "journal/rocksdb_journal.h"
#include "journal/snapshot_codec.h"
#include "journal/snapshot_file.h"
#include "projections/snapshot.h"
#include "replay/commands.h"
#include "tests/support/random_event.h"
#include "tests/support/random_history.h"

namespace bw {
namespace {

namespace fs = std::filesystem;

constexpr JournalId kId{{0x60, 0x1d, 0xe2}};

// A kind that no version knows has the bytes of one that has no fields.
std::string encoded(const Event& event) {
  EventCodec codec;
  std::string bytes;
  const auto* unknown = std::get_if<UnknownFact>(&event.fact);
  Event written = event;
  if (unknown != nullptr) written.fact = DeadlinePassed{};
  codec.encode(written, bytes);
  constexpr std::size_t kKindAt = 8 + 4 * 8;  // behind the frame, the root's pointer, and three numbers
  if (unknown != nullptr) std::memcpy(bytes.data() + kKindAt, &unknown->kind, sizeof(unknown->kind));
  return bytes;
}

// A life of a process: in the next one this is in tables, and what that one writes in a log.
void write(const std::string& path, const std::vector<Event>& events, std::size_t begin, std::size_t end) {
  const auto journal = RocksdbJournal::open({path});
  check(static_cast<bool>(journal), "a golden journal cannot be opened");
  Chain chain((*journal)->bounds().head);
  for (std::size_t next = begin; next < end; ++next) {
    const std::string record = encoded(events[next]);
    const Head head = chain.extend(record);
    std::vector<Head> kept;
    if (head.sequence % kKeptHashInterval == 0) kept.push_back(head);
    check((*journal)->append({&record, 1}, head, kept, true).has_value(), "a golden journal cannot be written");
  }
  std::ofstream(path + "/head") << to_text({kId, chain.head()}) << "\n";
}

// What no opening needs.
void tidy(const std::string& path) {
  for (const auto& entry : fs::directory_iterator(path + "/events")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("LOG") || name.starts_with("LOCK") || name.starts_with("OPTIONS")) fs::remove(entry.path());
  }
}

std::vector<Event> every_kind() {
  RandomEvents random(1);
  std::vector<Event> events;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t kind = RandomEvents::kFirstKind; kind < RandomEvents::kKindCount; ++kind) {
      Event event = random.event(events.size() + 1);
      event.fact = random.fact(kind);
      if (events.empty()) event.fact = JournalCreated{kId};
      events.push_back(std::move(event));
    }
  }
  return events;
}

// One that knows many kinds, one unknown one of them among its events.
std::vector<Event> history() {
  std::vector<Event> best;
  std::size_t best_kinds = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    RandomHistory history(seed);
    while (history.events().size() < 300) history.step();
    std::set<std::size_t> kinds;
    int unknown = 0;
    for (const Event& event : history.events()) {
      kinds.insert(event.fact.index());
      unknown += std::holds_alternative<UnknownFact>(event.fact) ? 1 : 0;
    }
    if (unknown != 1 || kinds.size() <= best_kinds) continue;
    best_kinds = kinds.size();
    best = history.events();
  }
  std::printf("a history of %zu kinds\n", best_kinds);
  for (Event& event : best) {
    if (auto* created = std::get_if<JournalCreated>(&event.fact)) created->id = kId;
  }
  return best;
}

void add_snapshot(const std::string& path, std::vector<Event>& events) {
  State state;
  Chain chain;
  for (const Event& event : events) {
    apply(state, event);
    chain.extend(encoded(event));
  }
  std::vector<std::string> records;
  SnapshotCodec codec;
  snapshot_of(state, [&](const SnapshotRecord& record) { codec.encode(record, records.emplace_back()); });
  const auto file = write_snapshot_file(path, state.applied, records);
  check(static_cast<bool>(file), "a golden snapshot cannot be written");
  Event taken = events.back();
  taken.sequence += 1;
  taken.fact = SnapshotTaken{state.applied, chain.head().hash, file->hash, state.digest, kRulesVersion, file->file};
  events.push_back(taken);
}

void run(const std::string& folder) {
  const std::vector<Event> kinds = every_kind();
  write(folder + "/every-kind", kinds, 0, kinds.size() / 2);
  write(folder + "/every-kind", kinds, kinds.size() / 2, kinds.size());
  tidy(folder + "/every-kind");
  std::ofstream facts(folder + "/every-kind/facts");
  for (const Event& event : kinds) facts << replay::golden_fact(event.fact) << "\n";

  const std::string path = folder + "/history";
  std::vector<Event> events = history();
  const std::size_t half = events.size() / 2;
  write(path, events, 0, half);
  add_snapshot(path, events);
  write(path, events, half, events.size());
  tidy(path);
  const auto journal = RocksdbJournal::open_reader(path);
  check(static_cast<bool>(journal), "a golden journal cannot be read");
  std::ofstream log(path + "/log"), at(path + "/at");
  check(replay::log(**journal, {}, replay::Format::kJson, log).has_value(), "a golden journal has no log");
  check(replay::at(**journal, {}, replay::Format::kJson, at).has_value(), "a golden journal has no end");
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: golden_journal FOLDER\n");
    return 2;
  }
  bw::run(argv[1]);
}
