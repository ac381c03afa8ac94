// The steps that apply() is made of: one Change per event. It keeps what hangs together in step (a pod's placement,
// its group, the ledger, its node) and remembers what it touched, so that finish() can bring digests, the status
// writer's order and what is owed up to date once. Internal to projections/.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "projections/state.h"

namespace bw {

class Change {
 public:
  Change(State& state, const Event& event) : state_(state), at_(event.sequence), now_(event.time) {}

  // ---- placements ----
  struct Grant {
    Rates rates;
    bool default_ul = false;
    bool default_dl = false;
    GroupRef group;
    bool all_links = false;
  };
  void place(PodNumber pod, NodeNumber node, const Grant& grant, PlacedBy by, bool settled);
  void release(PodNumber pod);
  void settle(PodNumber pod);
  void raise(PodNumber pod, const Rates& granted);
  // The pod's object has changed: what does that mean for its placement and for what is owed?
  void pod_changed(PodNumber pod, const PodFields& before);
  void bury(PodNumber pod, ResourceVersion resource_version);
  void refuse(PodNumber pod, Sequence attempted_at, std::shared_ptr<const NodeSet> offered);
  void forget_refusal(PodNumber pod);

  // ---- groups ----
  void workload_changed(WorkloadNumber workload);
  void refer(std::optional<WorkloadNumber> from, std::optional<WorkloadNumber> to);
  void forget_workload(WorkloadNumber workload);

  // ---- nodes ----
  void create_node(NodeNumber node, const std::string& name);
  void node_changed(NodeNumber node);
  void policy_changed(const Policy& before);

  void touch(PodNumber pod) { touched_.pods.push_back(pod); }
  void touch(NodeNumber node) { touched_.nodes.push_back(node); }

  // Once, at the end.
  void finish();
  Touched take_touched() { return std::move(touched_); }  // after finish()

 private:
  void unsettle(PodNumber pod);
  void charge_larger(PodNumber pod);
  void end_waiting(PodNumber pod);
  void leave_group(PodNumber number, Placement& placement);
  void join_group(PodNumber number, Pod& pod);
  void regroup(GroupNumber from);
  void want(GroupNumber group);
  PlaceNumber parent_place(const Node& node);
  void apply_capacity(NodeNumber node);
  void ease(NodeNumber node);
  void update_duties(NodeNumber node);
  void update_conditions(Node& node);

  State& state_;
  const Sequence at_;
  const Timestamp now_;
  bool grown_ = false;  // a pod may fit somewhere that fitted nowhere before
  Touched touched_;
  std::vector<WorkloadNumber> touched_workloads_;
};

}  // namespace bw
