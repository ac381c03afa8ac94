// A journal on the real disk whose process is ended by SIGKILL, again and again: a child opens it, appends through the
// writer's thread, and says over a pipe what became durable; this process kills it at a random moment, opens the
// journal as bwreplay and as the daemon would, and looks for a hole, for a lost acknowledged event, for half an append.
//   kill_cases [--kills N] [--first SEED] [--folder PATH]    exit code 1: a promise was not kept; its seed is printed
// Complements crash_cases: there the disk forgets and every operation can be the last, here nothing is imitated.
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include "journal/chain.h"
#include "journal/hash64.h"
#include "journal/journal_writer.h"
#include "journal/known_head.h"
#include "journal/rocksdb_journal.h"

namespace bw {
namespace {

constexpr std::size_t kMemoryBytes = 64 * 1024;  // the least that RocksDB takes: many flushes and compactions
constexpr std::uint64_t kKillsPerJournal = 10;

std::uint64_t draw(std::uint64_t seed, Sequence sequence, std::uint64_t what) {
  return FieldHasher(seed).add(sequence).add(what).finish();
}

// What a child with `seed` appends as event `sequence`. Its parent knows it too.
std::string record_of(std::uint64_t seed, Sequence sequence) {
  std::string record = std::to_string(seed) + ' ' + std::to_string(sequence) + ' ';
  record.resize(record.size() + draw(seed, sequence, 0) % 1500, static_cast<char>('a' + sequence % 26));
  return record;
}

// How many events are appended as one, from `sequence` on.
std::size_t count_of(std::uint64_t seed, Sequence sequence) { return 1 + draw(seed, sequence, 1) % 8; }

// ---- the child ----------------------------------------------------------------------------------------------------

// Appends until it is killed. One in four appends waits for the disk, as a bind does.
int run_child(const std::string& path, std::uint64_t seed) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto journal = RocksdbJournal::open({path, nullptr, kMemoryBytes});
  if (!journal) {
    std::fprintf(stderr, "%s\n", journal.error().message.c_str());
    return 1;
  }
  const auto say = [](Sequence sequence) {
    if (::write(STDOUT_FILENO, &sequence, sizeof(sequence)) != sizeof(sequence)) ::_exit(1);
  };
  Chain chain((*journal)->bounds().head);
  say(chain.head().sequence);
  JournalWriter writer(**journal, {say, [](const Error& error) {
                                     std::fprintf(stderr, "%s\n", error.message.c_str());
                                     ::_exit(1);
                                   }});
  for (;;) {
    RecordBatch batch;
    const Sequence first = chain.head().sequence + 1;
    for (std::size_t i = count_of(seed, first); i > 0; --i) {
      batch.records.push_back(record_of(seed, chain.head().sequence + 1));
      if (chain.extend(batch.records.back()).sequence % kKeptHashInterval == 0) batch.kept.push_back(chain.head());
    }
    batch.head = chain.head();
    batch.sync = draw(seed, first, 2) % 4 == 0;
    const bool rests = draw(seed, first, 3) % 16 == 0;
    writer.submit(std::move(batch));
    if (rests) std::this_thread::sleep_for(std::chrono::microseconds(draw(seed, first, 4) % 3000));
  }
}

// ---- its parent ---------------------------------------------------------------------------------------------------

using Problem = std::optional<std::string>;

struct Child {
  pid_t pid = 0;
  int pipe = -1;
};

Child start_child(const std::string& path, std::uint64_t seed) {
  int ends[2];
  check(::pipe(ends) == 0, "there is no pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  ::posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::string program = "/proc/self/exe", option = "--child", folder = path, number = std::to_string(seed);
  char* arguments[] = {program.data(), option.data(), number.data(), folder.data(), nullptr};
  Child child{0, ends[0]};
  check(::posix_spawn(&child.pid, program.c_str(), &actions, nullptr, arguments, environ) == 0, "there is no process");
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  return child;
}

// One journal and what must be in it.
class KillCase {
 public:
  KillCase(std::uint64_t seed, std::string path) : seed_(seed), random_(seed), path_(std::move(path)) {}

  Problem run(std::uint64_t kills) {
    for (std::uint64_t life = 0; life < kills; ++life) {
      const std::uint64_t child_seed = seed_ * 1000 + life;
      if (const Problem problem = live(child_seed)) return "life " + std::to_string(life) + ": " + *problem;
      if (const Problem problem = look(child_seed)) return "after life " + std::to_string(life) + ": " + *problem;
    }
    return {};
  }

  Sequence events() const { return records_.size(); }
  std::uint64_t kills_in_open() const { return kills_in_open_; }
  std::uint64_t torn() const { return torn_; }
  Sequence unacknowledged() const { return unacknowledged_; }

 private:
  // One child from its start to its death; acknowledged_ is what it said.
  Problem live(std::uint64_t child_seed) {
    const Child child = start_child(path_, child_seed);
    const auto moment = std::chrono::microseconds(random_() % (random_() % 4 == 0 ? 40'000 : 250'000));
    std::this_thread::sleep_for(moment);
    ::kill(child.pid, SIGKILL);
    int status = 0;
    ::waitpid(child.pid, &status, 0);
    Sequence said = 0;
    bool opened = false;
    while (::read(child.pipe, &said, sizeof(said)) == sizeof(said)) {
      if (!opened && said < acknowledged_) return "the child opens it with less than was acknowledged";
      opened = true;
      acknowledged_ = said;
    }
    ::close(child.pipe);
    if (!opened) ++kills_in_open_;
    if (!WIFSIGNALED(status)) return "the child ended by itself, see above";
    return {};
  }

  Problem look(std::uint64_t child_seed) {
    if (std::filesystem::exists(path_ + "/events/CURRENT")) {
      // A reader looks at a live journal; one of which nothing is written yet may not be one.
      const auto reader = RocksdbJournal::open_reader(path_);
      if (reader) {
        if (const Problem problem = compare(**reader, child_seed)) return "as bwreplay reads it: " + *problem;
      } else if (acknowledged_ > 0) {
        return reader.error().message;
      }
    }
    const auto journal = RocksdbJournal::open({path_, nullptr, kMemoryBytes});
    if (!journal) return journal.error().message;
    if (const Problem problem = compare(**journal, child_seed)) return problem;
    if ((*journal)->dropped_tail()) ++torn_;
    adopt((*journal)->bounds().head.sequence, child_seed);
    return {};
  }

  std::string expected(Sequence sequence, std::uint64_t child_seed) const {
    return sequence <= records_.size() ? records_[sequence - 1] : record_of(child_seed, sequence);
  }

  Problem compare(const JournalReader& journal, std::uint64_t child_seed) const {
    const Head head = journal.bounds().head;
    const auto at = [](Sequence sequence) { return "event " + std::to_string(sequence); };
    if (head.sequence < acknowledged_)
      return at(acknowledged_) + " was acknowledged, but the end is " + at(head.sequence);
    Sequence end = records_.size();
    while (end < head.sequence) end += count_of(child_seed, end + 1);
    if (end != head.sequence) return "the end, " + at(head.sequence) + ", is in the middle of an append";
    const auto cursor = journal.read(1);
    if (!cursor) return cursor.error().message;
    Chain chain;
    Sequence sequence = 0;
    std::string_view bytes;
    for (;;) {
      const Result<bool> more = (*cursor)->next(sequence, bytes);
      if (!more) return more.error().message;
      if (!*more) break;
      if (sequence != chain.head().sequence + 1) return at(sequence) + " follows " + at(chain.head().sequence);
      if (bytes != expected(sequence, child_seed)) return at(sequence) + " has other bytes than it was given";
      chain.extend(bytes);
      if (sequence % kKeptHashInterval == 0 && journal.kept_hash(sequence) != chain.head().hash) {
        return "the hash kept at " + at(sequence) + " is missing or wrong";
      }
    }
    if (chain.head() != head) return "the head is not that of the events";
    return {};
  }

  void adopt(Sequence end, std::uint64_t child_seed) {
    unacknowledged_ += end - acknowledged_;
    while (records_.size() < end) records_.push_back(record_of(child_seed, records_.size() + 1));
    acknowledged_ = end;
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  const std::string path_;
  Sequence acknowledged_ = 0;
  std::vector<std::string> records_;  // that the journal held when it was opened last
  std::uint64_t kills_in_open_ = 0;
  std::uint64_t torn_ = 0;       // kills in the middle of a write
  Sequence unacknowledged_ = 0;  // events that were there though nobody had been told yet
};

int run(std::uint64_t first, std::uint64_t kills, const std::string& folder) {
  const auto began = std::chrono::steady_clock::now();
  Sequence events = 0, unacknowledged = 0;
  std::uint64_t in_open = 0, torn = 0;
  int failures = 0;
  for (std::uint64_t done = 0; done < kills; done += kKillsPerJournal) {
    const std::uint64_t seed = first + done / kKillsPerJournal;
    const std::string path = folder + "/journal-" + std::to_string(seed);
    std::filesystem::remove_all(path);
    KillCase one(seed, path);
    const Problem problem = one.run(std::min(kKillsPerJournal, kills - done));
    events += one.events();
    in_open += one.kills_in_open();
    torn += one.torn();
    unacknowledged += one.unacknowledged();
    if (problem) {
      ++failures;
      std::printf("seed %llu: %s; the journal is left at %s\n", static_cast<unsigned long long>(seed), problem->c_str(),
                  path.c_str());
    } else {
      std::filesystem::remove_all(path);
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  std::printf(
      "%llu kills from seed %llu in %.1f s: %llu in an opening, %llu in a write; %llu events stayed, of which %llu had "
      "not been "
      "acknowledged; %d journals failed\n",
      static_cast<unsigned long long>(kills), static_cast<unsigned long long>(first), seconds.count(),
      static_cast<unsigned long long>(in_open), static_cast<unsigned long long>(torn),
      static_cast<unsigned long long>(events), static_cast<unsigned long long>(unacknowledged), failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  CLI::App app("a journal whose process is killed");
  std::uint64_t first = 1;
  std::uint64_t kills = 200;
  std::string folder = (std::filesystem::temp_directory_path() / "bandwidth-kill-cases").string();
  std::vector<std::string> child;
  app.add_option("--first", first, "the first seed; each is for a journal and ten kills");
  app.add_option("--kills", kills, "how many children are killed");
  app.add_option("--folder", folder, "where the journals are made: on the disk that is to be tested");
  app.add_option("--child", child, "be the child: SEED PATH")->expected(2)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!child.empty()) return bw::run_child(child[1], std::stoull(child[0]));
  std::filesystem::create_directories(folder);
  return bw::run(first, kills, folder);
}
