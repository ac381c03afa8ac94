#include "fault_case.h"

#include <memory>

#include "journal/rocksdb_journal.h"
#include "journal_oracle.h"
#include "tests/support/stepped_env.h"

namespace bw {
namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t kMemoryBytes = 64 * 1024;
constexpr int kAppends = 36;  // of 9 KiB on average: enough tables that they are compacted

// A process on `system`: opens the journal, appends, ends. True in `whole`: it met no error.
Problem live(FaultyFileSystem& system, const std::shared_ptr<FaultyFileSystem>& shared, JournalOracle& oracle,
             int appends, bool& whole) {
  SteppedEnv env(shared);
  whole = false;
  const auto journal = RocksdbJournal::open({"/data/journal", &env, kMemoryBytes});
  if (!journal) {
    if (journal.error().message.find("/data/journal") == std::string::npos) return "an error does not say where";
    return system.has_failed() ? Problem() : "opening fails: " + journal.error().message;
  }
  for (int i = 0; i < appends; ++i) {
    const bool sync = i % 3 == 0;
    const RecordBatch batch = oracle.next(9, 2000);
    const auto appended = (*journal)->append(batch.records, batch.head, batch.kept, sync);
    if (appended && sync) oracle.acknowledge();
    env.run_work();
    if (appended) continue;
    if (!system.has_failed()) return "writing fails: " + appended.error().message;
    const RecordBatch more = oracle.next(1, 10);
    if ((*journal)->append(more.records, more.head, more.kept, false)) return "after a failure an append succeeds";
    if ((*journal)->sync()) return "after a failure a sync succeeds";
    return {};
  }
  whole = true;
  return {};
}

// What is on `disk` is opened, without faults.
Problem compare(const VolatileDisk& disk, const JournalOracle& oracle) {
  SteppedEnv env(std::make_shared<FaultyFileSystem>(disk));
  const auto journal = RocksdbJournal::open({"/data/journal", &env, kMemoryBytes});
  if (!journal) return "opening again fails: " + journal.error().message;
  return oracle.problem(**journal);
}

// One process after the other, until one meets an error. `count` is of the operations.
Problem run(const Fault& fault, OperationCount& count) {
  const auto system = std::make_shared<FaultyFileSystem>();
  system->fail(fault);
  JournalOracle oracle(7);
  bool whole = true;
  for (int life = 0; life < 2 && whole; ++life) {
    if (Problem problem = live(*system, system, oracle, life == 0 ? kAppends : 3, whole)) return problem;
  }
  count = {system->operations(), system->room_operations()};
  const VolatileDisk left = system->disk();
  if (Problem problem = compare(left, oracle)) return "when the process ends: " + *problem;
  if (Problem problem = compare(left.after_power_loss(Unsynced::kVanishes, 0), oracle)) {
    return "when power is lost: " + *problem;
  }
  return {};
}

}  // namespace

OperationCount count_operations() {
  OperationCount count;
  check(!run({}, count), "a journal on a sound disk fails");
  return count;
}

std::optional<std::string> run_fault_case(const Fault& fault) {
  OperationCount count;
  return run(fault, count);
}

std::optional<std::string> run_fault_cases(std::uint64_t stride, std::uint64_t& count) {
  const OperationCount operations = count_operations();
  for (const auto kind : {Fault::Kind::kError, Fault::Kind::kNoSpace}) {
    const std::uint64_t last = kind == Fault::Kind::kError ? operations.all : operations.taking_room;
    for (std::uint64_t at = 1; at <= last; at += stride) {
      for (const bool once : {true, false}) {
        ++count;
        const auto problem = run_fault_case({.kind = kind, .at = at, .once = once, .seed = at});
        if (!problem) continue;
        return std::string(kind == Fault::Kind::kError ? "EIO" : "ENOSPC") + " at operation " + std::to_string(at) +
               (once ? " only: " : " and later ones: ") + *problem;
      }
    }
  }
  return {};
}

}  // namespace bw
