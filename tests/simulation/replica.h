// One replica of the daemon with the checks that watch it. Thread: the simulation's.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/daemon.h"
#include "tests/simulation/journal_check.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/wire_check.h"

namespace bw::simulation {

class Replica : private DaemonObserver {
 public:
  // `daemons` becomes the list of all replicas. All references must outlive this.
  Replica(World& world, ObjectStore& store, ModelApiServer& server, const Policy& policy, ClusterCheck& cluster,
          std::vector<Daemon*>& daemons, const PlantBug& plant)
      : tamper_(plant ? plant(store) : nullptr),
        daemon_(world, store, server, policy, static_cast<std::uint32_t>(daemons.size()), *this, tamper_.get()),
        journal_(world, store, policy, cluster, daemon_.name()),
        wire_(world, store, cluster, journal_, daemon_, daemons) {
    daemon_.wire().on_bound([this](const ModelObject& pod) { wire_.bound(pod); });
    daemons.push_back(&daemon_);
  }

  Daemon& daemon() { return daemon_; }
  JournalCheck& journal() { return journal_; }

 private:
  void started(const Controller& controller, const SimulatedDisk& disk) override {
    journal_.started(controller, disk);
    wire_.started(controller);
  }
  void sends(const ApiRequest& request) override { wire_.sends(request); }
  void learns(const ApiRequest& request, const Result<ApiResponse>& result) override { wire_.learns(request, result); }
  void answers(Route route, const std::string& question, const AnswerCall& answer) override {
    wire_.answers(route, question, answer);
  }
  void writes(const RecordBatch& batch) override { journal_.writes(batch); }
  void stepped() override { journal_.stepped(*daemon_.controller()); }
  void ended() override {}

  const std::unique_ptr<Tamper> tamper_;
  Daemon daemon_;
  JournalCheck journal_;
  WireCheck wire_;
};

}  // namespace bw::simulation
