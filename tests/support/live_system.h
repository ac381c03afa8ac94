// Everything at once: a control plane with nodes, the daemon, and a kube-scheduler that asks it. For cluster tests,
// the demo and benchmarks.
//
// One thread: that which called start(). It ends in reverse order with the object.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "journal/result.h"
#include "tests/support/bandwidth_daemon.h"
#include "tests/support/cluster.h"
#include "tests/support/control_plane.h"

namespace bw {

struct LiveSystemOptions {
  std::filesystem::path folder{};  // made when it is not there
  int nodes = 5;                   // node-0, node-1, ...
  NodeSpec node{};
  DaemonOptions daemon{};        // folder and kubeconfig are filled in
  SchedulerOptions scheduler{};  // extender_url is filled in
  // Told what is being done, for people who wait.
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

class LiveSystem {
 public:
  // Returns when the daemon is ready; the scheduler has just been started.
  static Result<std::unique_ptr<LiveSystem>> start(const LiveSystemOptions& options);

  ControlPlane& control_plane() { return *control_plane_; }
  BandwidthDaemon& daemon() { return *daemon_; }
  Cluster& cluster() { return *cluster_; }

 private:
  LiveSystem() = default;
  Result<void> bring_up(const LiveSystemOptions& options);

  // In the order of their start.
  std::unique_ptr<ControlPlane> control_plane_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<BandwidthDaemon> daemon_;
};

}  // namespace bw
