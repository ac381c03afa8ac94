// The daemon under test: bwcontroller as a child process, with a configuration file, a journal and a log in one
// folder. The object keeps its ports and its journal over kills and restarts, as a daemon on a real machine does.
//
// One thread: that which called start().
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/result.h"
#include "tests/support/child_process.h"
#include "tests/support/local_http.h"

namespace bw {

struct DaemonOptions {
  std::filesystem::path folder{};      // for configuration, journal and log; made when it is not there
  std::filesystem::path kubeconfig{};  // ControlPlane::daemon_kubeconfig()
  std::filesystem::path journal{};     // "": in folder
  int network_mbps = 1000;             // both directions, of nodes whose Bandwidth object says nothing
  int local_mbps = 20000;
  int candidates = 100;
  std::string more{};                      // further top-level keys of the configuration, as YAML
  std::vector<std::string> environment{};  // NAME=value
  std::chrono::seconds ready_deadline = std::chrono::seconds(60);
};

class BandwidthDaemon {
 public:
  // Returns once GET /readyz answers 200. On failure the error ends with the last lines of its log.
  static Result<std::unique_ptr<BandwidthDaemon>> start(const DaemonOptions& options);

  // Not started yet.
  explicit BandwidthDaemon(const DaemonOptions& options);

  void kill();  // SIGKILL
  int stop();   // SIGTERM, as kubelet does; the exit code
  void pause() { process_->pause(); }
  void resume() { process_->resume(); }
  Result<void> start_again();  // same configuration, same journal; waits for /readyz as start() does

  // Without waiting for readiness: to kill it while it recovers, or to see it refuse to start.
  Result<void> launch();
  Result<void> wait_until_ready();
  // launch(), and waits for it to end by itself: the exit code, or an error when it still runs after the deadline.
  Result<int> launch_and_wait();

  // Takes effect when it starts again.
  void configure(const std::string& more) { options_.more = more; }
  void set_candidates(int most) { options_.candidates = most; }

  // GET on the operations port, for instance "/metrics" or "/v1/nodes".
  Result<HttpAnswer> get(const std::string& path) const { return get_local(operations_port_, path); }

  // The sum of all samples of a family of /metrics; `labels` is a part of what stands in braces, "" for all.
  Result<double> metric(const std::string& family, const std::string& labels = "") const;

  // What kube-scheduler is configured with.
  std::string extender_url() const;
  std::uint16_t extender_port() const { return extender_port_; }
  std::uint16_t operations_port() const { return operations_port_; }
  std::filesystem::path journal() const;
  std::filesystem::path log() const { return options_.folder / "bwcontroller.log"; }
  ChildProcess& process() { return *process_; }  // only after launch()

 private:
  std::string configuration() const;
  std::filesystem::path configuration_file() const { return options_.folder / "config.yaml"; }
  Error failed(const std::string& what) const;

  DaemonOptions options_;
  std::uint16_t extender_port_ = 0;
  std::uint16_t operations_port_ = 0;
  std::uint16_t admission_port_ = 0;
  std::optional<ChildProcess> process_;
};

}  // namespace bw
