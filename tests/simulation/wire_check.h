// Checks what one daemon says to the API server, to schedulers and to readers, when it says it: a Binding has a durable
// reservation, restates its grant and has no rival under way; nothing is shown that is not durable; a pod that a
// scheduler is told to be bound is. And what the API server carries out for it: no Binding without a reservation that
// the daemon still knows. Thread: the simulation's.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/daemon.h"
#include "tests/simulation/journal_check.h"
#include "tests/simulation/rules.h"

namespace bw::simulation {

class WireCheck {
 public:
  // `daemons` are all replicas, this one among them.
  WireCheck(World& world, ObjectStore& store, ClusterCheck& cluster, const JournalCheck& journal, Daemon& daemon,
            const std::vector<Daemon*>& daemons)
      : world_(world), store_(store), cluster_(cluster), journal_(journal), daemon_(daemon), daemons_(daemons) {}

  void started(const Controller& controller);
  void sends(const ApiRequest& request);
  void learns(const ApiRequest& request, const Result<ApiResponse>& result);
  void answers(Route route, const std::string& question, const AnswerCall& answer);
  // The API server has carried out a Binding of this daemon.
  void bound(const ModelObject& pod);

 private:
  void check_binding(const ApiRequest& request);
  void check_rivals(const ModelObject& pod, const std::string& node, bool asks);
  void check_annotations(const ModelBinding& binding, const RecordedGrant& grant);
  void check_status(const ApiRequest& request);
  void check_wake_up(const ApiRequest& request);
  void check_reserved(const State& state, const ModelObject& pod, const char* when);

  World& world_;
  ObjectStore& store_;
  ClusterCheck& cluster_;
  const JournalCheck& journal_;
  Daemon& daemon_;
  const std::vector<Daemon*>& daemons_;
  std::set<std::pair<std::string, ResourceVersion>> sent_;  // Bindings, by uid and version
  std::vector<ModelObject> bound_while_down_;
};

}  // namespace bw::simulation
