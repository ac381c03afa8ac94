// What bwreplay's commands cost on a long journal on disk: events per second and the memory above a state. The journal
// is made first, and kept where it is told to be.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bulk_journal.h"
#include "clocks.h"
#include "must.h"
#include "replay/commands.h"
#include "tests/support/long_history.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

void make_journal(const std::string& path, std::uint64_t events, std::uint32_t nodes) {
  BulkJournal bulk(path);
  LongHistory(nodes).run(events, [&](const Event& event) { bulk.add(event); });
  bulk.flush(false);
  must(bulk.journal().sync());
}

int main(int argc, char** argv) {
  CLI::App app("Times the commands of bwreplay on a long journal.");
  std::string path, json_path;
  std::uint64_t events = 1'000'000;
  std::uint32_t nodes = 100;
  int runs = 3;
  std::vector<std::string> only;
  app.add_option("--journal", path, "Folder of the journal; made if it is not there")->required();
  app.add_option("--events", events, "How many")->capture_default_str();
  app.add_option("--nodes", nodes, "How many")->capture_default_str();
  app.add_option("--runs", runs, "Of each command; the median counts")->capture_default_str();
  app.add_option("--only", only, "These commands");
  app.add_option("--json", json_path, "File to write the figures to");
  CLI11_PARSE(app, argc, argv);

  if (!std::filesystem::exists(path)) {
    const auto began = Clock::now();
    make_journal(path, events, nodes);
    std::printf("made a journal in %.1f s\n", seconds_since(began));
  }
  const std::unique_ptr<JournalReader> opened = must(RocksdbJournal::open_reader(path));
  const JournalReader& journal = *opened;
  const Sequence head = journal.bounds().head.sequence;
  const Instant middle{Instant::Base::kSequence, head / 2, {}, 0, "the middle"};
  const Instant start{Instant::Base::kStart, 0, {}, 0, "start"};
  LogOptions one_kind;
  one_kind.kind = "LinkOvercommitted";
  const std::vector<std::pair<std::string, std::function<Result<ExitCode>(std::ostream&)>>> commands{
      {"at", [&](std::ostream& out) { return at(journal, {}, Format::kJson, out); }},
      {"at --output table", [&](std::ostream& out) { return at(journal, {}, Format::kTable, out); }},
      {"explain",
       [&](std::ostream& out) {
         return explain(journal, {"experiment", "peers-7", {}, {}}, Format::kJson, out);
       }},
      {"audit",
       [&](std::ostream& out) {
         return audit(journal, {start, {}, false, false}, Format::kJson, out);
       }},
      {"audit --strict",
       [&](std::ostream& out) {
         return audit(journal, {start, {}, true, false}, Format::kJson, out);
       }},
      {"audit of the second half",
       [&](std::ostream& out) {
         return audit(journal, {middle, {}, false, false}, Format::kJson, out);
       }},
      {"verify --skip-decisions",
       [&](std::ostream& out) {
         return verify(journal, {false, {}, false}, Format::kJson, out);
       }},
      {"verify",
       [&](std::ostream& out) {
         return verify(journal, {true, {}, false}, Format::kJson, out);
       }},
      {"log --kind", [&](std::ostream& out) { return log(journal, one_kind, Format::kJson, out); }},
      {"log --output json", [&](std::ostream& out) { return log(journal, {}, Format::kJson, out); }},
  };
  Json json = {{"events", head}, {"nodes", nodes}, {"commands", Json::object()}};
  for (const auto& [name, command] : commands) {
    if (!only.empty() && std::ranges::find(only, name) == only.end()) continue;
    std::vector<double> seconds, cpu;
    for (int run = 0; run < runs; ++run) {
      std::ofstream out("/dev/null");
      const auto began = Clock::now();
      const double cpu_began = cpu_seconds();
      must(command(out));
      seconds.push_back(seconds_since(began));
      cpu.push_back(cpu_seconds() - cpu_began);
    }
    std::ranges::sort(seconds);
    std::ranges::sort(cpu);
    const double cpu_median = cpu[cpu.size() / 2];
    const double median = seconds[seconds.size() / 2];
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%-26s %8.3f s, %10.0f events/s; its own thread %8.3f s; peak %ld MB\n", name.c_str(), median,
                static_cast<double>(head) / median, cpu_median, usage.ru_maxrss / 1024);
    std::fflush(stdout);
    json["commands"][name] = {
        {"seconds", median}, {"threadSeconds", cpu_median}, {"eventsPerSecond", static_cast<double>(head) / median}};
  }
  if (!json_path.empty()) std::ofstream(json_path) << json.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace bw::replay

int main(int argc, char** argv) { return bw::replay::main(argc, argv); }
