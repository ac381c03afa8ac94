#include "demo_verdict.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/replay_check.h"

namespace bw {
namespace {

std::vector<std::string> differences_at(const std::filesystem::path& journal, Sequence sequence,
                                        const std::vector<BandwidthView>& live) {
  const auto replayed = replay_at(journal, sequence);
  if (!replayed) return {replayed.error().message};
  return differences(*replayed, live);
}

}  // namespace

void check_status(Cluster& cluster, Verdict& verdict) {
  const auto settled =
      wait_until("the Bandwidth objects show what a recount shows", std::chrono::seconds(15), [&]() -> Result<bool> {
        Result<Snapshot> now = look(cluster);
        if (!now) return now.error();
        verdict.end = std::move(*now);
        auto counted = recount(verdict.end.pods);
        return std::all_of(verdict.end.bandwidths.begin(), verdict.end.bandwidths.end(),
                           [&](const BandwidthView& object) {
                             const NodeUse use = counted[object.name];
                             return object.has_status && object.used.network.ul * kBitsPerMegabit == use.rates.ul &&
                                    object.used.network.dl * kBitsPerMegabit == use.rates.dl;
                           });
      });
  if (!settled) verdict.failures.push_back(settled.error().message);
}

void check_counts(const DemoLoad& load, Verdict& verdict) {
  const std::string counts = std::to_string(verdict.end.bound) + " of " + std::to_string(load.pods) + " pods";
  if (verdict.end.bound != load.fits()) {
    verdict.failures.push_back(counts + " are bound, but " + std::to_string(load.fits()) + " fit");
  }
  if (verdict.end.bound + verdict.end.pending != load.pods)
    verdict.failures.push_back("there are not as many pods as were asked for");
  if (verdict.watch.worst > 0) {
    verdict.failures.push_back(verdict.watch.worst_node + " carried " + std::to_string(verdict.watch.worst) +
                               " bit/s above its capacity");
  }
  if (verdict.watch.polls == 0)
    verdict.failures.push_back("nobody could look at the pods: " + verdict.watch.last_error);
}

void check_reason(Cluster& cluster, Verdict& verdict) {
  if (verdict.end.pending == 0) return;
  const auto found = wait_until("a pending pod says why", std::chrono::seconds(40), [&]() -> Result<bool> {
    const auto pods = cluster.pods();
    if (!pods) return pods.error();
    for (const PodView& pod : *pods) {
      if (!pod.node.empty() || pod.scheduled_reason != "Unschedulable") continue;
      verdict.pending_reason = pod.name + ": " + pod.scheduled_message;
      return true;
    }
    return false;
  });
  if (!found) verdict.failures.push_back(found.error().message);
  if (found && verdict.pending_reason.find("insufficient network uplink bandwidth") == std::string::npos) {
    verdict.failures.push_back("the reason of a pending pod does not say that bandwidth is short");
  }
}

void check_replay(const std::filesystem::path& journal, Verdict& verdict) {
  const Result<VerifyReport> report = replay_verify(journal);
  if (!report) {
    verdict.failures.push_back(report.error().message);
    return;
  }
  verdict.verify = report->holds() ? "ok" : report->result + ", refold " + report->refold;
  if (!report->holds()) verdict.failures.push_back("bwreplay verify: " + verdict.verify);

  // All nodes at the end of the journal, and a few at the very sequence that they were published with.
  constexpr std::size_t kNodesAtTheirSequence = 5;
  std::vector<std::string> different = differences_at(journal, report->last_sequence, verdict.end.bandwidths);
  for (std::size_t i = 0; i < std::min(kNodesAtTheirSequence, verdict.end.bandwidths.size()); ++i) {
    const BandwidthView& object = verdict.end.bandwidths[i];
    const auto more = differences_at(journal, object.sequence, {object});
    different.insert(different.end(), more.begin(), more.end());
  }
  verdict.replay_equals_live = different.empty();
  for (const std::string& difference : different) verdict.failures.push_back("replay differs from live: " + difference);
}

void write_json(const std::filesystem::path& file, const DemoLoad& load, const Verdict& verdict) {
  const nlohmann::ordered_json json = {
      {"nodes", load.nodes},
      {"pods", load.pods},
      {"mbps_per_pod", load.mbps_per_pod},
      {"fits", load.fits()},
      {"bound", verdict.end.bound},
      {"pending", verdict.end.pending},
      {"bound_at_kill", verdict.bound_at_kill},
      {"max_overcommit_mbps", (verdict.watch.worst + kBitsPerMegabit - 1) / kBitsPerMegabit},
      {"polls", verdict.watch.polls},
      {"pending_reason", verdict.pending_reason},
      {"replay_equals_live", verdict.replay_equals_live},
      {"verify", verdict.verify},
      {"seconds", verdict.seconds},
      {"verdict", verdict.failures.empty() ? "pass" : "fail"},
      {"failures", verdict.failures}};
  std::ofstream(file) << json.dump(2) << "\n";
}

}  // namespace bw
