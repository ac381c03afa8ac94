#include "tests/support/live_system.h"

#include <utility>

namespace bw {

Result<std::unique_ptr<LiveSystem>> LiveSystem::start(const LiveSystemOptions& options) {
  std::unique_ptr<LiveSystem> system(new LiveSystem);
  if (const auto up = system->bring_up(options); !up) return up.error();
  return system;
}

Result<void> LiveSystem::bring_up(const LiveSystemOptions& options) {
  const std::filesystem::path plane_folder = options.folder / "control-plane";
  std::filesystem::create_directories(plane_folder);
  options.say("starting etcd, kube-apiserver, kube-controller-manager and kwok");
  Result<std::unique_ptr<ControlPlane>> plane = ControlPlane::start(plane_folder);
  if (!plane) return plane.error();
  control_plane_ = std::move(*plane);
  if (auto installed = control_plane_->install(); !installed) return installed;

  options.say("creating " + std::to_string(options.nodes) + " nodes");
  Result<std::unique_ptr<Cluster>> cluster = Cluster::connect(control_plane_->admin_kubeconfig());
  if (!cluster) return cluster.error();
  cluster_ = std::move(*cluster);
  if (auto created = cluster_->create_nodes("node-", options.nodes, options.node); !created) return created;

  options.say("starting bwcontroller");
  DaemonOptions daemon_options = options.daemon;
  daemon_options.folder = options.folder / "bwcontroller";
  daemon_options.kubeconfig = control_plane_->daemon_kubeconfig();
  Result<std::unique_ptr<BandwidthDaemon>> daemon = BandwidthDaemon::start(daemon_options);
  if (!daemon) return daemon.error();
  daemon_ = std::move(*daemon);

  options.say("starting kube-scheduler with our extender");
  SchedulerOptions scheduler = options.scheduler;
  scheduler.extender_url = daemon_->extender_url();
  return control_plane_->start_scheduler(scheduler);
}

}  // namespace bw
