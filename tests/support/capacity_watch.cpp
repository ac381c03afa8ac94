#include "tests/support/capacity_watch.h"

#include <algorithm>
#include <utility>

#include "tests/support/cluster.h"

namespace bw {

CapacityWatch::CapacityWatch(const std::filesystem::path& kubeconfig, LinkCapacities capacities, Recount recount,
                             std::chrono::milliseconds interval)
    : capacities_(std::move(capacities)),
      recount_(recount),
      thread_(&CapacityWatch::watch, this, kubeconfig, interval) {}

CapacityWatch::~CapacityWatch() { finish(); }

CapacityWatch::Findings CapacityWatch::findings() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

CapacityWatch::Findings CapacityWatch::finish() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
  return findings();
}

void CapacityWatch::watch(std::filesystem::path kubeconfig, std::chrono::milliseconds interval) {
  Result<std::unique_ptr<Cluster>> cluster = Cluster::connect(kubeconfig);
  if (!cluster) return note(cluster.error());
  for (bool last = false; !last;) {
    last = ending_;  // read before the list: the last look begins after finish() was called
    const auto began = std::chrono::steady_clock::now();
    note((*cluster)->pods());
    // A list of thousands of pods takes long; at most half of the time goes into looking.
    const auto took = std::chrono::steady_clock::now() - began;
    const auto rest_until = began + std::max<std::chrono::steady_clock::duration>(interval, 2 * took);
    while (!ending_ && std::chrono::steady_clock::now() < rest_until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
}

void CapacityWatch::note(const Result<std::vector<PodView>>& pods) {
  const std::lock_guard lock(mutex_);
  if (!pods) {
    ++findings_.failed_polls;
    findings_.last_error = pods.error().message;
    return;
  }
  ++findings_.polls;
  const auto bound = std::count_if(pods->begin(), pods->end(), [](const PodView& pod) { return !pod.node.empty(); });
  findings_.most_bound = std::max(findings_.most_bound, static_cast<int>(bound));
  for (const auto& [node, use] : recount_(*pods)) {
    const auto known = capacities_.of_node.find(node);
    const Rates& capacity = known == capacities_.of_node.end() ? capacities_.usual : known->second;
    const BitsPerSecond above = std::max(use.rates.ul - capacity.ul, use.rates.dl - capacity.dl);
    if (above > findings_.worst) {
      findings_.worst = above;
      findings_.worst_node = node;
    }
  }
}

}  // namespace bw
