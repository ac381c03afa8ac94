// The configuration of a kube-scheduler for a test: deploy/scheduler-config.yaml with the few values changed that
// a test has to change. Pure functions.
#pragma once

#include <filesystem>
#include <string>

namespace bw {

struct SchedulerOptions {
  std::string name = "default-scheduler";  // pods name it in spec.schedulerName
  std::string extender_url{};              // e.g. http://127.0.0.1:9443/scheduler; "" for no extender
  bool prioritize = true;                  // which verbs the extender is asked for, beside filter
  bool bind = true;
  bool preempt = true;
  int percentage_of_nodes_to_score = 100;  // 0: the scheduler's own sampling
};

// The file that the scheduler is given. `shipped` is the text of deploy/scheduler-config.yaml; a bug ends the
// process when a line that has to be changed is not in it. The limit on API requests per second is lifted, since a
// burst of pods is the point of most tests.
std::string scheduler_config(const std::string& shipped, const SchedulerOptions& options,
                             const std::filesystem::path& kubeconfig);

}  // namespace bw
