// What must hold once the cluster has come to rest: the state is what the API server has, each link carries what a
// recount says, statuses say the same, Bandwidth objects exist for nodes, and no pod waits that fits. Everything is
// counted again from the objects with the rules of rules.h; of the state only the history is taken that objects do not
// tell (where a group met before), and only as far as the rules allow it. Thread: the simulation's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "projections/state.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/rules.h"

namespace bw::simulation {

class QuietCheck {
 public:
  // `leads`: the state is that of the replica that decides, not of one that follows.
  QuietCheck(World& world, const ObjectStore& store, const Policy& policy, const State& state, bool leads);

  void run();

 private:
  struct Capacity {
    Rates capacity, kept_back;
  };
  struct GroupView {
    std::string meeting;
    std::optional<std::uint32_t> wanted;
    bool spread = false;
    std::uint32_t live = 0, terminating = 0;
    std::vector<const Counted*> members;
  };

  // ---- what the objects say ----
  void read_nodes();
  void read_pods();
  LinkPath path_of(const std::string& node) const;
  std::set<BitsPerSecond> possible_defaults(const std::string& space, bool ul) const;
  std::optional<std::uint32_t> wanted(const std::string& group, std::uint32_t live) const;
  std::set<std::string> possible_groups(const ModelObject& pod) const;

  // ---- comparisons ----
  void check_pod(const ModelObject& pod);
  void check_charge(const ModelObject& pod, const Placement& placement);
  void check_groups();
  void check_links();
  void check_node(const ModelObject& node);
  void check_objects();
  void check_status(const ModelObject& object);
  void check_waiting(const ModelObject& pod);
  bool fits(const ModelObject& pod, const Rates& rates, const ModelObject& node) const;

  std::string group_of(const Placement& placement, const std::string& space) const;
  std::string place_name(PlaceNumber place) const;
  void fail(const std::string& what) { world_.fail("quiet", what); }

  World& world_;
  const ObjectStore& store_;
  const Policy& policy_;
  const State& state_;
  const bool leads_;

  std::map<std::string, Capacity> capacities_;                        // by link
  std::map<std::string, std::map<std::string, std::string>> labels_;  // of nodes, as last seen
  std::map<std::string, Counted> counted_;                            // by uid of the pod
  std::map<std::string, GroupView> groups_;
  std::map<std::string, std::uint32_t> interfaces_, pods_on_;  // by node
  LinkUse use_;
};

}  // namespace bw::simulation
