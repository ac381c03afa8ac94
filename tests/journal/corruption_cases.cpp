// Runs every corruption case (corruption_case.h) in child processes, so that one that ends or stalls its process is
// known by its damage: as the daemon opens a journal, and as bwreplay reads one.
//   corruption_cases [--seed N] [--all-bits] [--only CASE] [--jobs N] [--folder PATH]    exit code 1: damage was not
// seen; it is printed.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>

#include "corruption_case.h"
#include "journal/result.h"

namespace bw {
namespace {

constexpr unsigned kSecondsPerCase = 20;

struct Options {
  std::optional<std::size_t> only;  // the number of a case
  std::uint64_t seed = 1;
  bool all_bits = false;
  std::size_t jobs = 2;
  std::string folder = "build/corruption_cases";
};

// What a child says of its cases, in memory that it shares with its parent.
struct Report {
  std::size_t next = 0;                 // begun, or not yet
  std::array<std::size_t, 3> opened{};  // by Answer
  std::array<std::size_t, 3> read{};
  std::size_t failures = 0;
};

void count(const std::variant<Answer, std::string>& verdict, const Damage& damage, const char* what,
           std::array<std::size_t, 3>& answers, Report& report) {
  if (const auto* answer = std::get_if<Answer>(&verdict)) {
    ++answers[static_cast<std::size_t>(*answer)];
    return;
  }
  ++report.failures;
  std::printf("case %zu, %s, %s: %s\n", report.next, to_text(damage).c_str(), what,
              std::get<std::string>(verdict).c_str());
}

// The cases report.next, report.next + options.jobs, ...
[[noreturn]] void run_child(const Options& options, std::size_t number, Report& report) {
  const SmallJournal journal;
  const std::vector<Damage> damages = journal.all_damages(options.seed, options.all_bits);
  FolderCopy files(options.folder + "/" + std::to_string(number));
  for (; report.next < damages.size(); report.next += options.jobs) {
    ::alarm(kSecondsPerCase);
    const Damage& damage = damages[report.next];
    count(journal.open_damaged(damage), damage, "opened", report.opened, report);
    count(journal.read_damaged(damage, files), damage, "read", report.read, report);
  }
  std::fflush(stdout);
  ::_exit(0);
}

// RocksDB 7.8 looks at the properties of a table before it verifies their checksum. One bit of them, the highest of the
// block's last word, says that the block has a hash index; where that is not so, a RocksDB with assertions, as Debian's
// is, ends the process: a refusal before anything was read or written, only not in our words.
bool is_asserted(const Damage& damage, int signal) {
  return signal == SIGABRT && damage.kind == Damage::Kind::kFlip && damage.bit == 7 && damage.path.ends_with(".sst");
}

std::size_t tables_of(const SmallJournal& journal) {
  return static_cast<std::size_t>(
      std::ranges::count_if(journal.files_read(), [](const auto& path) { return path.ends_with(".sst"); }));
}

int run(const Options& options) {
  const std::size_t jobs = options.jobs;
  const auto began = std::chrono::steady_clock::now();
  void* const shared =
      ::mmap(nullptr, jobs * sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  check(shared != MAP_FAILED, "there is no memory to share");
  Report* const reports = static_cast<Report*>(shared);
  std::map<pid_t, std::size_t> children;  // and the number of each
  const auto start = [&](std::size_t number) {
    std::fflush(stdout);
    const pid_t pid = ::fork();
    check(pid >= 0, "there is no process");
    if (pid == 0) run_child(options, number, reports[number]);
    children[pid] = number;
  };
  for (std::size_t number = 0; number < jobs; ++number) {
    reports[number].next = number;
    start(number);
  }
  std::vector<std::pair<std::size_t, int>> ended;  // cases that ended their process, and by which signal; 0: none
  while (!children.empty()) {
    int status = 0;
    const std::size_t number = children.extract(::wait(&status)).mapped();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    ended.emplace_back(reports[number].next, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    reports[number].next += jobs;
    if (ended.size() < 20) start(number);
  }

  const SmallJournal journal;  // only now: a process in which RocksDB has worked cannot be forked
  const std::vector<Damage> damages = journal.all_damages(options.seed, options.all_bits);
  std::size_t failures = 0;
  std::size_t asserted = 0;
  for (const auto& [at, signal] : ended) {
    const Damage& damage = damages.at(at);
    const bool is_known = is_asserted(damage, signal) && asserted < tables_of(journal);
    asserted += is_known ? 1 : 0;
    failures += is_known ? 0 : 1;
    std::printf("case %zu, %s: the process %s\n", at, to_text(damage).c_str(),
                is_known            ? "ends with an assertion of RocksDB"
                : signal == SIGALRM ? "stalls"
                                    : "crashes");
  }
  Report sum;
  for (std::size_t number = 0; number < jobs; ++number) {
    failures += reports[number].failures;
    for (std::size_t i = 0; i < sum.opened.size(); ++i) {
      sum.opened[i] += reports[number].opened[i];
      sum.read[i] += reports[number].read[i];
    }
  }
  for (const std::string& path : journal.files_read()) std::printf("read: %s\n", path.c_str());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  std::printf(
      "%zu cases on %zu bytes in %.1f s; opened: %zu identical, %zu refused, %zu shorter; "
      "read: %zu identical, %zu refused, %zu shorter; %zu refused by an assertion; %zu failed\n",
      damages.size(), journal.bytes_read(), seconds.count(), sum.opened[0], sum.opened[1], sum.opened[2], sum.read[0],
      sum.read[1], sum.read[2], asserted, failures);
  return failures == 0 ? 0 : 1;
}

// In this process, so that a debugger can look at it.
int run_one(const Options& options) {
  const SmallJournal journal;
  const Damage damage = journal.all_damages(options.seed, options.all_bits).at(*options.only);
  std::printf("%s\n", to_text(damage).c_str());
  Report report;
  count(journal.open_damaged(damage), damage, "opened", report.opened, report);
  std::printf("opened: %zu identical, %zu refused, %zu shorter\n", report.opened[0], report.opened[1],
              report.opened[2]);
  std::fflush(stdout);
  FolderCopy files(options.folder + "/only");
  count(journal.read_damaged(damage, files), damage, "read", report.read, report);
  std::printf("read: %zu identical, %zu refused, %zu shorter\n", report.read[0], report.read[1], report.read[2]);
  return report.failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  CLI::App app("corruption tests of the journal");
  bw::Options options;
  app.add_option("--seed", options.seed, "draws the bits that are flipped");
  app.add_flag("--all-bits", options.all_bits, "flips each bit of each byte, not one");
  app.add_option("--only", options.only, "the number of one case, as a failure prints it");
  app.add_option("--jobs", options.jobs, "how many at a time")->check(CLI::PositiveNumber);
  app.add_option("--folder", options.folder, "of the files that are read");
  CLI11_PARSE(app, argc, argv);
  return options.only ? bw::run_one(options) : bw::run(options);
}
