// What the scheduler waits for while the auditor works beside it: filter decisions, and the durable half of a bind (its
// decision, and an event synced to disk), with the auditor and without it in turn. On the journal of restart_bench.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "bulk_journal.h"
#include "clocks.h"
#include "controller/auditor.h"
#include "controller/restore.h"
#include "must.h"
#include "projections/decide.h"

namespace bw {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

class Samples {
 public:
  void add(double seconds) { all_.push_back(seconds * 1e6); }

  Json summary() {
    std::ranges::sort(all_);
    return {{"p50", at(50)}, {"p99", at(99)}, {"calls", all_.size()}};
  }
  double at(std::size_t percent) const { return all_[std::min(all_.size() - 1, all_.size() * percent / 100)]; }

 private:
  std::vector<double> all_;
};

// A controller's thread as far as its latency goes: one state, one journal.
class Live {
 public:
  explicit Live(const std::string& path) {
    Restored restored = must(restore(*must(RocksdbJournal::open_reader(path))));
    state_ = std::move(restored.state);
    bulk_.emplace(path, restored.head);
    state_->nodes.for_each([this](NodeNumber node, const Node&) { nodes_.insert(node); });
    PodSeen pod;
    pod.identity = {"experiment", "asks", "uid-of-a-pod-that-asks"};
    pod.resource_version = state_->stream(Stream::kPods).resource_version + 1;
    pod.fields.requests = {{Dialect::kKubernetes, Direction::kUl, 1'000'000, {}},
                           {Dialect::kKubernetes, Direction::kDl, 1'000'000, {}}};
    if (!state_->find_pod(pod.identity.uid)) {
      for (Fact& fact : decide_observed(*state_, ObservedBy::kWatch, Stream::kPods, pod)) record(std::move(fact));
    }
    bulk_->flush(true);
    pod_ = *state_->find_pod(pod.identity.uid);
  }

  void filter(Samples& samples) {
    const auto began = Clock::now();
    const FilterVerdict verdict = decide_filter(*state_, pod_, nodes_, {});
    samples.add(seconds_since(began));
    check(!verdict.named.empty(), "the pod fits somewhere");
    node_ = verdict.named.front();
  }

  void bind(Samples& samples) {
    const auto began = Clock::now();
    const BindVerdict verdict = decide_bind(*state_, state_->pods.at(pod_).identity.uid, state_->nodes.at(node_).name);
    check(verdict.outcome == BindVerdict::Outcome::kReserve, "the pod is reserved");
    // Something else is written in the place of the reservation, so that the next call finds the same room.
    record(BookmarkObserved{Stream::kJobs, state_->stream(Stream::kJobs).resource_version + 1});
    bulk_->flush(true);
    samples.add(seconds_since(began));
  }

  const Head& head() const { return bulk_->head(); }
  Journal& journal() { return bulk_->journal(); }
  std::size_t nodes() const { return nodes_.size(); }

 private:
  void record(Fact fact) {
    const Event event{state_->applied + 1, {state_->time.ns + 1}, 0, 0, std::move(fact)};
    apply(*state_, event);
    bulk_->add(event);
  }

  std::unique_ptr<State> state_;
  std::optional<BulkJournal> bulk_;
  NodeSet nodes_;
  PodNumber pod_{};
  NodeNumber node_{};
};

int main(int argc, char** argv) {
  CLI::App app("Times filter and bind decisions beside the auditor and without it.");
  std::string path, json_path;
  int rounds = 5;
  double seconds = 2, pause_ms = 5;
  app.add_option("--journal", path, "Folder of a journal that restart_bench has made")->required();
  app.add_option("--rounds", rounds, "Of both")->capture_default_str();
  app.add_option("--seconds", seconds, "Length of each half of a round")->capture_default_str();
  app.add_option("--pause-ms", pause_ms, "Between two calls")->capture_default_str();
  app.add_option("--json", json_path, "File to write the figures to");
  CLI11_PARSE(app, argc, argv);

  Live live(path);
  Samples filter[2], bind[2];
  std::uint64_t audited = 0;
  for (int half = 0; half < 2 * rounds; ++half) {
    const bool beside = half % 2 == 1;
    std::optional<AuditProgress> first;  // of the auditor's thread, until it has ended, as is `last`
    AuditProgress last;
    std::optional<Auditor> auditor;
    if (beside) {
      auditor.emplace(live.journal(), live.head().sequence, AuditOptions{},
                      Auditor::Callbacks{[&](const AuditReported& report) {
                                           last = report.progress;
                                           if (!first) first = last;
                                         },
                                         [](const Error& error) { must(Result<void>(error)); }});
    }
    const auto began = Clock::now();
    while (seconds_since(began) < seconds) {
      live.filter(filter[beside]);
      live.bind(bind[beside]);
      if (auditor) auditor->became_durable(live.head().sequence);
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(pause_ms));
    }
    if (auditor) auditor->stop();
    if (first) audited += last.checked_up_to - first->checked_up_to + first->unchecked - last.unchecked;
  }
  const double per_second = static_cast<double>(audited) / (rounds * seconds);
  const auto line = [](const char* what, Samples& samples) {
    const Json summary = samples.summary();
    std::printf("%-24s p50 %8.1f us, p99 %8.1f us\n", what, summary["p50"].get<double>(), summary["p99"].get<double>());
    return summary;
  };
  Json json = {{"unit", "microseconds"}, {"nodes", live.nodes()}};
  json["filter"]["alone"] = line("filter, alone", filter[0]);
  json["filter"]["besideAuditor"] = line("filter, beside auditor", filter[1]);
  json["bind"]["alone"] = line("bind, alone", bind[0]);
  json["bind"]["besideAuditor"] = line("bind, beside auditor", bind[1]);
  json["ratioOfMedians"] = {{"filter", filter[1].at(50) / filter[0].at(50)}, {"bind", bind[1].at(50) / bind[0].at(50)}};
  json["auditedEventsPerSecond"] = per_second;
  std::printf("meanwhile the auditor checked at least %.0f events/s\n", per_second);
  if (!json_path.empty()) std::ofstream(json_path) << json.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) { return bw::main(argc, argv); }
