// The load of the demo while it runs: what is bound and pending, when the daemon is killed and started again, and when
// nothing will change any more. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "journal/result.h"
#include "tests/support/cluster_view.h"
#include "tests/support/live_system.h"

namespace bw {

struct DemoLoad {
  int nodes = 5;
  int pods = 150;
  int mbps_per_pod = 50;     // both directions
  int mbps_per_node = 1000;  // capacity of the network link, both directions
  int fits() const;          // how many of the pods the nodes can carry together
};

// One look at the cluster.
struct Snapshot {
  std::vector<PodView> pods;
  std::vector<BandwidthView> bandwidths;
  int bound = 0;
  int pending = 0;
};
Result<Snapshot> look(Cluster& cluster);

// Kills the daemon with SIGKILL once half of what fits is bound, and starts it again two seconds later, on the journal
// that the dead one left.
class CrashInTheMiddle {
 public:
  CrashInTheMiddle(BandwidthDaemon& daemon, int kill_at_bound) : daemon_(daemon), kill_at_bound_(kill_at_bound) {}

  // Takes the next step when its time has come; to be called every few milliseconds, since a burst is soon over. It
  // asks the daemon how far it is. An error when the daemon does not come back.
  Result<void> step();

  bool over() const { return phase_ == Phase::kServingAgain; }
  int bound_at_kill() const { return bound_at_kill_; }  // by what the daemon last said
  std::string description() const;                      // for the table

 private:
  enum class Phase : std::uint8_t { kServing, kDead, kStarting, kServingAgain };

  BandwidthDaemon& daemon_;
  const int kill_at_bound_;
  Phase phase_ = Phase::kServing;
  std::chrono::steady_clock::time_point since_{};
  std::chrono::milliseconds recovery_{};  // from the start to readiness
  int bound_at_kill_ = 0;
};

}  // namespace bw
