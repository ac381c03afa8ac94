#include "crash_case.h"

#include <memory>
#include <random>

#include "journal/rocksdb_journal.h"
#include "journal_oracle.h"
#include "log_bytes.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/stepped_env.h"

namespace bw {
namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t kMemoryBytes = 64 * 1024;  // the least that RocksDB takes
constexpr std::uint64_t kManyRecords = 1100;     // so that a hash is kept

class CrashCase {
 public:
  CrashCase(std::uint64_t seed, CrashStatistics& statistics)
      : random_(seed), oracle_(seed), statistics_(statistics), max_record_(chance(3) ? 20 : 2000) {}

  Problem run() {
    const std::uint64_t crashes = 1 + below(3);
    for (std::uint64_t life = 0; life <= crashes && !is_refused_; ++life) {
      if (const Problem problem = live(life < crashes)) return "life " + std::to_string(life) + ": " + *problem;
    }
    return {};
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

  // A process from its start on what is on disk_ to the loss of power, which leaves disk_. The last one does no more
  // than look.
  Problem live(bool to_crash) {
    const auto system = std::make_shared<FaultyFileSystem>(disk_);
    if (to_crash) {
      const std::uint64_t range = chance(2) ? 150 : 1500;  // opening alone takes about 100
      system->fail({.kind = Fault::Kind::kCrash, .at = 1 + below(range), .seed = random_()});
    }
    SteppedEnv env(system);
    std::optional<VolatileDisk> left;
    {
      const auto journal = RocksdbJournal::open({"/data/journal", &env, kMemoryBytes});
      if (system->has_failed()) ++statistics_.in_open;
      if (!journal && !system->has_failed()) return refusal(journal.error());
      const std::string met = newest_log(disk_);
      if (journal) {
        if (const Problem problem = compare(**journal, *system)) return problem;
        if (!to_crash) return {};
        if (const Problem problem = use(**journal, *system, env)) return problem;
      }
      newest_log_ = met;
      if (chance(2)) left = system->disk();  // power goes before the process ends, else behind it
    }
    if (!left) left = system->disk();
    for (const std::string& path : left->files()) statistics_.tables += path.ends_with(".sst") ? 1 : 0;
    ++statistics_.crashes;
    statistics_.operations += system->operations();
    unsynced_ = static_cast<Unsynced>(below(3));
    disk_ = left->after_power_loss(unsynced_, random_());
    return {};
  }

  // RocksDB takes a MANIFEST that ends within a record, but not one with a hole in the last. ext4 and XFS leave none:
  // they let a file grow once the data are written. What was acknowledged is all there, for a person to get at.
  Problem refusal(const Error& error) {
    const bool has_hole = unsynced_ == Unsynced::kSectors && error.code == ErrorCode::kCorrupt &&
                          error.message.find("MANIFEST") != error.message.npos;
    if (!has_hole) return "opening fails: " + error.message;
    is_refused_ = true;
    ++statistics_.refused;
    return {};
  }

  // Once it is open, what a journal says is there may be shown to others, so it must stay.
  Problem compare(const RocksdbJournal& journal, const FaultyFileSystem& system) {
    const Problem problem = oracle_.problem(journal);
    if (problem && !system.has_failed()) return problem;  // else reading may have been what failed
    const Sequence end = journal.bounds().head.sequence;
    if (end < oracle_.acknowledged()) return "opening says that less is there than was acknowledged";
    if (end < oracle_.given()) ++statistics_.shorter;
    if (journal.dropped_tail()) ++statistics_.reported;
    // Logs that an earlier opening met it has dealt with; where it was cut short, nobody can report what it dropped.
    if (!journal.dropped_tail() && has_unread_log_bytes(disk_, newest_log_, end)) {
      return "bytes were dropped that dropped_tail() hides";
    }
    oracle_.adopt(journal);
    return {};
  }

  Problem use(RocksdbJournal& journal, const FaultyFileSystem& system, SteppedEnv& env) {
    bool waited = false;  // background work, during the last append
    for (std::uint64_t step = below(150); step > 0; --step) {
      if (env.has_work() && (waited || chance(2))) env.run_work();
      waited = env.has_work();
      const bool many = !waited && chance(30);
      const bool sync = chance(4);
      Result<void> result;
      if (chance(12)) {
        result = journal.sync();
        if (result) oracle_.acknowledge();
      } else {
        const RecordBatch batch = many ? oracle_.next(kManyRecords, 20) : oracle_.next(1 + below(8), max_record_);
        result = journal.append(batch.records, batch.head, batch.kept, sync);
        if (result && sync) oracle_.acknowledge();
      }
      if (many) env.run_work();
      if (result) continue;
      if (!system.has_failed()) return "writing fails: " + result.error().message;
      if (journal.sync()) return "after a failure a sync succeeds";
      return {};
    }
    if (chance(2)) env.run_work();
    return {};
  }

  std::mt19937_64 random_;
  JournalOracle oracle_;
  CrashStatistics& statistics_;
  const std::size_t max_record_;
  VolatileDisk disk_;
  Unsynced unsynced_ = Unsynced::kVanishes;  // how disk_ lost its power
  bool is_refused_ = false;
  std::string newest_log_;  // of those that were there when the journal was opened last
};

}  // namespace

void CrashStatistics::add(const CrashStatistics& other) {
  crashes += other.crashes;
  in_open += other.in_open;
  operations += other.operations;
  tables += other.tables;
  shorter += other.shorter;
  reported += other.reported;
  refused += other.refused;
}

std::optional<std::string> run_crash_case(std::uint64_t seed, CrashStatistics& statistics) {
  return CrashCase(seed, statistics).run();
}

}  // namespace bw
