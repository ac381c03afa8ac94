// What a restart costs: the state of a large cluster from its newest snapshot and the events behind it, beside a fold
// of all events. The journal is made first, and kept where it is told to be.

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
#include "controller/restore.h"
#include "journal/proved_snapshot.h"
#include "journal/rocksdb_journal.h"
#include "journal/snapshot_codec.h"
#include "journal/snapshot_file.h"
#include "must.h"
#include "projections/snapshot.h"
#include "tests/support/long_history.h"

namespace bw {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// `behind`: events after the snapshot.
void make_journal(const std::string& path, std::uint64_t events, std::uint64_t behind, std::uint32_t nodes,
                  std::uint32_t pods_per_node) {
  BulkJournal bulk(path);
  const auto sink = [&](const Event& event) { bulk.add(event); };
  LongHistory history(nodes, pods_per_node);
  history.run(events - behind, sink);
  std::vector<std::string> snapshot;
  SnapshotCodec snapshot_codec;
  const auto began = Clock::now();
  snapshot_of(history.state(),
              [&](const SnapshotRecord& record) { snapshot_codec.encode(record, snapshot.emplace_back()); });
  const SnapshotFile file = must(write_snapshot_file(path, history.state().applied, snapshot));
  std::printf("wrote a snapshot of %zu pods on %zu nodes in %.3f s, %.1f MB\n", history.state().pods.size(),
              static_cast<std::size_t>(nodes), seconds_since(began),
              static_cast<double>(std::filesystem::file_size(path + "/" + file.file)) * 1e-6);
  history.add(SnapshotTaken{history.state().applied, bulk.head().hash, file.hash, history.state().digest, kRulesVersion,
                            file.file},
              sink);
  history.run(events, sink);
  bulk.flush(false);
  must(bulk.journal().sync());
}

int main(int argc, char** argv) {
  CLI::App app("Times a restart from a long journal.");
  std::string path, json_path;
  std::uint64_t events = 1'000'000, behind = 200'000;
  std::uint32_t nodes = 1000, pods_per_node = 50;  // five thousand nodes take minutes to make a history of
  int runs = 3;
  app.add_option("--journal", path, "Folder of the journal; made if it is not there")->required();
  app.add_option("--events", events, "How many")->capture_default_str();
  app.add_option("--behind", behind, "How many of them are behind the snapshot")->capture_default_str();
  app.add_option("--nodes", nodes, "How many")->capture_default_str();
  app.add_option("--pods-per-node", pods_per_node, "How many there are at a time")->capture_default_str();
  app.add_option("--runs", runs, "The median counts")->capture_default_str();
  app.add_option("--json", json_path, "File to write the figures to");
  CLI11_PARSE(app, argc, argv);

  if (!std::filesystem::exists(path)) make_journal(path, events, behind, nodes, pods_per_node);
  std::vector<double> opened, restored;
  std::uint64_t digest = 0;
  for (int run = 0; run < runs; ++run) {
    auto began = Clock::now();
    const auto journal = must(RocksdbJournal::open({.path = path}));
    opened.push_back(seconds_since(began));
    began = Clock::now();
    const Restored result = must(restore(*journal));
    restored.push_back(seconds_since(began));
    if (result.from_snapshot == 0) must(Error{ErrorCode::kNotFound, "no snapshot was used"});
    digest = result.state->digest;
  }
  std::ranges::sort(opened);
  std::ranges::sort(restored);

  const auto journal = must(RocksdbJournal::open({.path = path}));
  std::filesystem::rename(path + "/snapshots", path + "/set-aside");
  const auto began = Clock::now();
  const Restored whole = must(restore(*journal));
  const double folded = seconds_since(began);
  std::filesystem::rename(path + "/set-aside", path + "/snapshots");
  check(whole.state->digest == digest, "the snapshot and what is behind it give what all events give");

  const std::size_t median = opened.size() / 2;
  std::printf("opened in %.3f s, restored from the snapshot in %.3f s, from all %llu events in %.3f s\n",
              opened[median], restored[median], static_cast<unsigned long long>(whole.head.sequence), folded);
  const Json json = {{"events", whole.head.sequence},
                     {"pods", whole.state->pods.size()},
                     {"openSeconds", opened[median]},
                     {"fromSnapshotSeconds", restored[median]},
                     {"fromAllEventsSeconds", folded}};
  if (!json_path.empty()) std::ofstream(json_path) << json.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) { return bw::main(argc, argv); }
