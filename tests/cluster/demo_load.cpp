#include "demo_load.h"

#include <algorithm>

namespace bw {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds since(steady_clock::time_point time) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - time);
}

}  // namespace

int DemoLoad::fits() const { return std::min(pods, nodes * (mbps_per_node / mbps_per_pod)); }

Result<Snapshot> look(Cluster& cluster) {
  Result<std::vector<PodView>> pods = cluster.pods();
  if (!pods) return pods.error();
  Result<std::vector<BandwidthView>> bandwidths = cluster.bandwidths();
  if (!bandwidths) return bandwidths.error();
  const auto bound = std::count_if(pods->begin(), pods->end(), [](const PodView& pod) { return !pod.node.empty(); });
  const auto all = static_cast<std::ptrdiff_t>(pods->size());
  return Snapshot{.pods = std::move(*pods),
                  .bandwidths = std::move(*bandwidths),
                  .bound = static_cast<int>(bound),
                  .pending = static_cast<int>(all - bound)};
}

Result<void> CrashInTheMiddle::step() {
  constexpr milliseconds kDeadTime{2000};
  constexpr milliseconds kRecoveryDeadline{60'000};
  switch (phase_) {
    case Phase::kServing: {
      const Result<double> bound = daemon_.metric("bandwidth_bindings_total", "confirmed");
      if (!bound) return bound.error();
      if (*bound < kill_at_bound_) return {};
      daemon_.kill();
      bound_at_kill_ = static_cast<int>(*bound);
      phase_ = Phase::kDead;
      since_ = steady_clock::now();
      return {};
    }
    case Phase::kDead:
      if (since(since_) < kDeadTime) return {};
      phase_ = Phase::kStarting;
      since_ = steady_clock::now();
      return daemon_.launch();
    case Phase::kStarting: {
      const Result<HttpAnswer> ready = daemon_.get("/readyz");
      if (ready && ready->status == 200) {
        phase_ = Phase::kServingAgain;
        recovery_ = since(since_);
        return {};
      }
      // Once it has ended, or takes too long, waiting says why.
      if (daemon_.process().running() && since(since_) < kRecoveryDeadline) return {};
      return daemon_.wait_until_ready();
    }
    case Phase::kServingAgain:
      return {};
  }
  return {};
}

std::string CrashInTheMiddle::description() const {
  switch (phase_) {
    case Phase::kServing:
      return "serving";
    case Phase::kDead:
      return "killed with SIGKILL";
    case Phase::kStarting:
      return "starting again";
    case Phase::kServingAgain:
      return "serving again, " + std::to_string(recovery_.count()) + " ms after its restart";
  }
  return "";
}

}  // namespace bw
