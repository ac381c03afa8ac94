// kube-scheduler as its extender sees it: one pod at a time through filter and prioritize, Bindings by bind calls that
// run beside later cycles, an own view of the cluster that lags, assumed pods, and a queue with back-off in which
// refused pods wait for an event. Other plugins may refuse nodes too. The safety net that retries every pod after five
// minutes is left out, so that a lost wake-up shows. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/object_store.h"
#include "tests/simulation/service.h"

namespace bw::simulation {

class ModelScheduler {
 public:
  ModelScheduler(World& world, ObjectStore& store, Service& service, std::string name);

  // Would plugins other than the extender let the pod on the node? What does not vary with chance.
  static bool may_run(const ModelObject& pod, const ModelObject& node, std::size_t pods_there);

 private:
  enum class Place : std::uint8_t { kActive, kBackoff, kPool, kInCycle, kBinding };
  struct Queued {
    VersionPtr pod;
    Place place = Place::kActive;
    std::uint64_t order = 0;  // by age in the queue
    int attempts = 0;
    std::int64_t backoff_until_ns = 0;
    bool by_plugins = false;  // other plugins had a part in its last refusal
    bool failed = false;      // the last attempt ended with an error
  };
  struct Cycle {
    std::string uid;
    std::vector<std::string> offered;
    bool picky = false;
    bool moved = false;  // an event came meanwhile that would have moved the pod
  };

  // ---- the view ----
  void changed(const StoreChange& change);
  void see(const StoreChange& change);
  void see_pod(const StoreChange& change);
  void see_node(const StoreChange& change);
  bool mine(const ModelObject& pod) const { return pod.scheduler == name_; }
  std::size_t pods_on(const std::string& node) const;

  // ---- the queue ----
  void enqueue(const VersionPtr& pod);
  void wake(Queued& queued);
  void move_all();
  void requeue(const std::string& uid, bool error, bool by_plugins);
  std::optional<std::string> next_pod();
  void turn();  // begins a cycle if it can

  // ---- a cycle ----
  void filter();
  void filtered(const AnswerCall* answer);
  void prioritize(std::vector<std::string> names);
  void choose(const std::vector<std::string>& names, const std::map<std::string, std::int64_t>& scores);
  void bind(const std::string& uid, const std::string& node);
  void bound(const std::string& uid, const AnswerCall* answer);
  void refused(const std::string& message, bool error, bool by_plugins);
  void set_condition(const VersionPtr& pod, std::string message);
  std::string args(const ModelObject& pod, const std::vector<std::string>& names) const;

  World& world_;
  ObjectStore& store_;
  Service& service_;
  const std::string name_;
  Random random_;
  std::map<std::string, VersionPtr> pods_;   // by uid; those that have ended are not seen
  std::map<std::string, VersionPtr> nodes_;  // by name
  std::map<std::string, std::string> assumed_;
  std::int64_t last_seen_ns_ = 0;
  std::map<std::string, Queued> queue_;
  std::uint64_t order_ = 0;
  std::optional<Cycle> cycle_;
  std::optional<std::int64_t> turn_ns_;
};

}  // namespace bw::simulation
