// Replicas of the daemon that elect a leader, as a StatefulSet runs them: each with a name, a journal and a path to the
// API server of its own, which can be cut. A thread stands for the Service: it reads the Lease and sends new
// connections of the scheduler to whoever holds it, and leaves those that exist where they are.
//
// One thread: that which called start().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "journal/result.h"
#include "tests/support/bandwidth_daemon.h"
#include "tests/support/control_plane.h"
#include "tests/support/tcp_forwarder.h"

namespace bw {

class Replicas {
 public:
  // Returns when all of them are ready and one of them decides.
  static Result<std::unique_ptr<Replicas>> start(ControlPlane& plane, const std::filesystem::path& folder, int count);
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  int count() const { return static_cast<int>(replicas_.size()); }
  BandwidthDaemon& daemon(int number) { return *replicas_[static_cast<std::size_t>(number)].daemon; }
  // Its path to the API server.
  void set_path(int number, TcpForwarder::Path path);

  // Whom the Lease names; absent while it names nobody.
  std::optional<int> holder() const;
  // Which one answers filter and bind; absent while none does. It does not ask a paused replica for longer than
  // `patience`.
  std::optional<int> serving(std::chrono::milliseconds patience = std::chrono::milliseconds(200)) const;

  // What kube-scheduler is configured with.
  std::string extender_url() const;

 private:
  struct Replica {
    std::string name;
    std::unique_ptr<TcpForwarder> api;
    std::unique_ptr<BandwidthDaemon> daemon;
  };

  Replicas() = default;
  Result<void> bring_up(ControlPlane& plane, const std::filesystem::path& folder, int count);
  void follow(const std::filesystem::path& kubeconfig);

  std::vector<Replica> replicas_;  // unchanged once the thread runs
  TcpForwarder service_;
  std::atomic<int> holder_ = -1;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace bw
