// Checks what the daemon says to the API server, to schedulers and to readers, when it says it: a Binding has a durable
// reservation, restates its grant and has no rival under way; nothing is shown that is not durable; a pod that a
// scheduler is told to be bound is. And what the API server carries out: no Binding without a reservation that the
// daemon still knows, no link above its capacity by Bindings of ours. Thread: the simulation's.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/daemon.h"
#include "tests/simulation/journal_check.h"
#include "tests/simulation/rules.h"

namespace bw::simulation {

class WireCheck {
 public:
  WireCheck(World& world, ObjectStore& store, const Policy& policy, const JournalCheck& journal, Daemon& daemon)
      : world_(world), store_(store), policy_(policy), journal_(journal), daemon_(daemon) {}

  void started(const Controller& controller);
  void sends(const ApiRequest& request);
  void learns(const ApiRequest& request, const Result<ApiResponse>& result);
  void answers(Route route, const std::string& question, const AnswerCall& answer);
  // The API server has carried out a Binding; by whom, its annotations and our journal tell.
  void bound(const ModelObject& pod, const ModelBinding& binding);

 private:
  void check_binding(const ApiRequest& request);
  void check_annotations(const ModelBinding& binding, const RecordedGrant& grant);
  void check_status(const ApiRequest& request);
  void check_wake_up(const ApiRequest& request);
  void check_links();
  void check_reserved(const State& state, const ModelObject& pod, const char* when);

  World& world_;
  ObjectStore& store_;
  const Policy& policy_;
  const JournalCheck& journal_;
  Daemon& daemon_;
  std::set<std::pair<std::string, ResourceVersion>> sent_;  // Bindings, by uid and version
  std::map<std::string, ModelObject> ours_;                 // pods bound by a Binding of ours, by uid
  std::vector<ModelObject> bound_while_down_;
};

}  // namespace bw::simulation
