// bwsim: runs seeds of the simulation, says what they covered, and makes failures small enough to read.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/simulation/planted_bugs.h"
#include "tests/simulation/seed_runner.h"

namespace bw::simulation {
namespace {

constexpr int kShrinkRuns = 300;
constexpr std::size_t kTraceLines = 40;
constexpr std::uint32_t kSeedsForFullCoverage = 1000;

struct Flags {
  std::uint64_t seed = 1;
  std::uint32_t count = 1000;
  int jobs = std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
  std::uint64_t steps = 0;
  std::string profile = "mixed";
  std::string bug;
  bool trace = false;
  bool keep = false;
};

struct Failure {
  Options options;
  Violation violation;
};

void print_failure(const Options& options, const RunResult& result) {
  std::printf("FAILED seed %llu at %.3f s, %s: %s\n", static_cast<unsigned long long>(options.seed),
              static_cast<double>(result.violation->at_ns) / 1e9, result.violation->rule.c_str(),
              result.violation->sentence.c_str());
  std::fflush(stdout);
}

void print_trace(const RunResult& result) {
  for (const std::string& line : result.trace) std::printf("  %s\n", line.c_str());
}

// The counters; how many of those that must move did not.
int print_coverage(const Coverage& coverage, bool all_must_occur) {
  int missing = 0;
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    const bool absent = coverage[counter] == 0;
    std::printf("  %12llu  %s%s\n", static_cast<unsigned long long>(coverage[counter]),
                std::string(counter_name(counter)).c_str(), absent && all_must_occur ? "  <- never occurred" : "");
    if (absent) ++missing;
  }
  return all_must_occur ? missing : 0;
}

PlantBug find_bug(const std::string& name) {
  for (const PlantedBug& bug : planted_bugs()) {
    if (bug.name == name) return bug.plant;
  }
  return {};
}

int run_one(const Flags& flags, const Options& options, const PlantBug& plant) {
  const RunResult result = run_alone({options, flags.trace ? std::size_t{10'000'000} : kTraceLines, plant});
  if (flags.trace || result.violation) print_trace(result);
  print_coverage(result.coverage, false);
  std::printf("seed %llu, hash %016llx, %s\n", static_cast<unsigned long long>(options.seed),
              static_cast<unsigned long long>(result.hash), describe(options).c_str());
  if (result.violation) print_failure(options, result);
  return result.violation ? 1 : 0;
}

int run_many(const Flags& flags, const std::vector<RunRequest>& requests, const PlantBug& plant) {
  Coverage coverage;
  std::uint64_t hash = 0;
  std::uint32_t done = 0;
  std::vector<Failure> failures;
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); };
  run_all(requests, flags.jobs, [&](const Options& options, const RunResult& result) {
    ++done;
    coverage.add(result.coverage);
    hash += result.hash;
    if (result.violation) {
      failures.push_back({options, *result.violation});
      print_failure(options, result);
    }
    if (done % 50 == 0) {
      std::printf("%u of %zu seeds, %zu failures, %.0f s\n", done, requests.size(), failures.size(), seconds());
      std::fflush(stdout);
    }
    return flags.keep || failures.empty();
  });
  std::printf("what occurred in %u seeds:\n", done);
  const int missing =
      print_coverage(coverage, failures.empty() && done >= kSeedsForFullCoverage && flags.profile == "mixed");
  std::printf("%u seeds from %llu, %zu failures, %.1f s, hash %016llx\n", done,
              static_cast<unsigned long long>(flags.seed), failures.size(), seconds(),
              static_cast<unsigned long long>(hash));
  if (failures.empty()) return missing > 0 ? 1 : 0;
  const Options smallest = shrink(failures.front().options, plant, flags.jobs, kShrinkRuns);
  const RunResult again = run_alone({smallest, kTraceLines, plant});
  std::printf("seed %llu still fails with %s\n", static_cast<unsigned long long>(smallest.seed),
              describe(smallest).c_str());
  print_trace(again);
  if (again.violation) print_failure(smallest, again);
  return 1;
}

int run(const Flags& flags) {
  const Result<Profile> profile = parse_profile(flags.profile);
  if (!profile) {
    std::fprintf(stderr, "bwsim: %s\n", profile.error().message.c_str());
    return 2;
  }
  const PlantBug plant = find_bug(flags.bug);
  if (!flags.bug.empty() && !plant) {
    std::fprintf(stderr, "bwsim: there is no planted bug \"%s\"\n", flags.bug.c_str());
    return 2;
  }
  std::vector<RunRequest> requests;
  for (std::uint32_t i = 0; i < flags.count; ++i) {
    Options options = draw_options(flags.seed + i, *profile);
    if (flags.steps > 0) options.steps = flags.steps;
    requests.push_back({options, 0, plant});
  }
  return flags.count == 1 ? run_one(flags, requests.front().options, plant) : run_many(flags, requests, plant);
}

}  // namespace
}  // namespace bw::simulation

int main(int argc, char** argv) {
  bw::simulation::Flags flags;
  CLI::App app("A cluster, its scheduler and the daemon on virtual time, under faults drawn from a seed.", "bwsim");
  app.add_option("--seed", flags.seed, "The first seed")->capture_default_str();
  auto* count =
      app.add_option("--count", flags.count, "How many seeds; 1 if only --seed is given")->capture_default_str();
  app.add_option("--jobs", flags.jobs, "Seeds at a time")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--steps", flags.steps, "The storm ends after so many steps of the daemon");
  app.add_option("--profile", flags.profile, "mixed, calm, faulty or all")->capture_default_str();
  app.add_option("--bug", flags.bug, "Plants a bug, to see it found");
  app.add_flag("--trace", flags.trace, "Print everything that happens; with one seed");
  app.add_flag("--keep-going", flags.keep, "Go on after a failure");
  CLI11_PARSE(app, argc, argv);
  if (app.count("--seed") > 0 && count->count() == 0) flags.count = 1;
  return bw::simulation::run(flags);
}
