// Runs seeded crash cases (crash_case.h) in child processes, so that a case that crashes or hangs is known by its seed.
//   crash_cases [--cases N] [--first SEED] [--jobs N] [--faults]    exit code 1: a promise was not kept; its seed is
//   printed. With --faults first EIO and ENOSPC at every operation (fault_case.h).
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>

#include "crash_case.h"
#include "fault_case.h"
#include "journal/result.h"
#include "tests/support/stepped_env.h"

namespace bw {
namespace {

constexpr unsigned kSecondsPerCase = 60;
constexpr int kMostFailures = 10;
constexpr std::uint64_t kCasesPerProcess = 10;

// What a child says of each of its cases, before and after it.
struct Report {
  std::uint64_t seed = 0;
  bool is_done = false;
  bool failed = false;
  CrashStatistics statistics;
};

struct Child {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  int pipe = -1;  // its reports come through it
};

[[noreturn]] void run_child(const Child& child) {
  for (std::uint64_t seed = child.first; seed < child.first + child.count; ++seed) {
    ::alarm(kSecondsPerCase);
    Report report;
    report.seed = seed;
    if (::write(child.pipe, &report, sizeof(report)) != sizeof(report)) ::_exit(1);
    std::optional<std::string> problem;
    const bool ran = run_reproducibly([&] { problem = run_crash_case(seed, report.statistics); });
    if (!ran) problem = "the thread of the case cannot be started";
    if (problem) std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), problem->c_str());
    report.is_done = true;
    report.failed = problem.has_value();
    if (::write(child.pipe, &report, sizeof(report)) != sizeof(report)) ::_exit(1);
  }
  std::fflush(stdout);
  ::_exit(0);  // no destructors: they belong to the parent
}

class Cases {
 public:
  void start(std::uint64_t first, std::uint64_t count) {
    int ends[2];
    check(::pipe(ends) == 0, "there is no pipe");
    std::fflush(stdout);
    const pid_t pid = ::fork();
    check(pid >= 0, "there is no process");
    if (pid == 0) run_child({first, count, ends[1]});
    ::close(ends[1]);
    children_[pid] = {first, count, ends[0]};
  }

  void wait_for_one() {
    int status = 0;
    const pid_t pid = ::wait(&status);
    const Child child = children_.extract(pid).mapped();
    Report report;
    while (::read(child.pipe, &report, sizeof(report)) == sizeof(report)) {
      if (!report.is_done) continue;
      ++done_;
      statistics_.add(report.statistics);
      if (report.failed) ++failures_;
    }
    ::close(child.pipe);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    ++done_;
    ++failures_;
    std::printf("seed %llu: it %s\n", static_cast<unsigned long long>(report.seed),
                WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "hangs" : "crashes");
    const std::uint64_t next = report.seed + 1;
    if (next < child.first + child.count) start(next, child.first + child.count - next);
  }

  std::size_t running() const { return children_.size(); }
  std::uint64_t done() const { return done_; }
  int failures() const { return failures_; }
  const CrashStatistics& statistics() const { return statistics_; }

 private:
  std::map<pid_t, Child> children_;
  std::uint64_t done_ = 0;
  int failures_ = 0;
  CrashStatistics statistics_;
};

// In a child, since one that RocksDB has worked in cannot be forked any more.
int run_faults() {
  std::fflush(stdout);
  if (const pid_t child = ::fork(); child != 0) {
    int status = 0;
    check(child > 0 && ::waitpid(child, &status, 0) == child, "there is no process");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t count = 0;
  const std::optional<std::string> problem = run_fault_cases(1, count);
  if (problem) std::printf("%s\n", problem->c_str());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  std::printf("%llu cases of EIO or ENOSPC, at each of %llu operations, once and for good, in %.1f s\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(count_operations().all),
              seconds.count());
  std::fflush(stdout);
  ::_exit(problem ? 1 : 0);
}

int run(std::uint64_t first, std::uint64_t count, std::size_t jobs) {
  const auto began = std::chrono::steady_clock::now();
  Cases cases;
  for (std::uint64_t begun = 0; begun < count && cases.failures() < kMostFailures; begun += kCasesPerProcess) {
    while (cases.running() >= jobs) cases.wait_for_one();
    cases.start(first + begun, std::min(kCasesPerProcess, count - begun));
  }
  while (cases.running() > 0) cases.wait_for_one();
  const CrashStatistics& all = cases.statistics();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  std::printf(
      "%llu cases from seed %llu in %.1f s: %llu crashes (%llu in an opening) among %llu operations, %llu tables, "
      "%llu ends were shorter than written, %llu said that bytes were dropped, %llu were refused; %d cases failed\n",
      static_cast<unsigned long long>(cases.done()), static_cast<unsigned long long>(first), seconds.count(),
      static_cast<unsigned long long>(all.crashes), static_cast<unsigned long long>(all.in_open),
      static_cast<unsigned long long>(all.operations), static_cast<unsigned long long>(all.tables),
      static_cast<unsigned long long>(all.shorter), static_cast<unsigned long long>(all.reported),
      static_cast<unsigned long long>(all.refused), cases.failures());
  return cases.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  CLI::App app("crash tests of the journal");
  std::uint64_t first = 1;
  std::uint64_t count = 10'000;
  std::size_t jobs = 2;
  bool faults = false;
  app.add_option("--first", first, "the first seed");
  app.add_option("--cases", count, "how many seeds");
  app.add_option("--jobs", jobs, "how many at a time")->check(CLI::PositiveNumber);
  app.add_flag("--faults", faults, "first EIO and ENOSPC at every operation");
  CLI11_PARSE(app, argc, argv);
  if (faults && bw::run_faults() != 0) return 1;
  return bw::run(first, count, jobs);
}
