// The shell of the daemon: sockets, timers, signals and the writer's thread around one Controller. It moves bytes and
// decides nothing. Thread: the one that calls run().
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "controller/configuration.h"
#include "controller/controller.h"
#include "journal/journal.h"
#include "kube/kubeconfig.h"

namespace bw {

class Loop {
 public:
  // `journal` and `controller` must outlive the loop.
  static Result<std::unique_ptr<Loop>> create(const Configuration& configuration, ClusterAccess access,
                                              Journal& journal, Controller& controller);
  ~Loop();

  // Until SIGTERM, SIGINT or a failure that cannot be survived.
  struct Ended {
    int exit_code = 0;
    std::optional<HistoryLost> set_aside;  // the journal is to be set aside, and the daemon to begin anew
  };
  Ended run();

 private:
  class Impl;
  explicit Loop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bw
