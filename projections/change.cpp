#include "projections/change.h"

#include <algorithm>
#include <utility>

#include "journal/result.h"
#include "projections/digest.h"

namespace bw {
namespace {

template <class Number>
void sort_unique(std::vector<Number>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

bool is_over(PodPhase phase) { return phase == PodPhase::kSucceeded || phase == PodPhase::kFailed; }

Rates larger(const Rates& a, const Rates& b) { return {std::max(a.ul, b.ul), std::max(a.dl, b.dl)}; }

void set_member(std::set<PodNumber>& set, PodNumber pod, bool member) {
  if (member) {
    set.insert(pod);
  } else {
    set.erase(pod);
  }
}

// What a pod counts with that was bound by others and whose own request is invalid.
Rates default_rates(const State& state, const Pod& pod) {
  const Request by_default = resolve_request({}, namespace_defaults(state, pod.identity.space), state.policy);
  return by_default.valid() ? by_default.rates : state.policy.default_request;
}

bool asks_otherwise(const PodFields& a, const PodFields& b) {
  return a.requests != b.requests || a.group != b.group || a.network_charge != b.network_charge ||
         a.interfaces != b.interfaces || a.gated != b.gated;
}

}  // namespace

// ---- placements ----

void Change::place(PodNumber number, NodeNumber node_number, const Grant& grant, PlacedBy by, bool settled) {
  Pod& pod = state_.pods.at(number);
  Placement placement;
  placement.node = node_number;
  placement.granted = grant.rates;
  placement.charged = larger(grant.rates, named_rates(state_, pod, grant.rates));
  placement.default_ul = grant.default_ul;
  placement.default_dl = grant.default_dl;
  placement.group = grant.group;
  placement.all_links = grant.all_links;
  placement.by = by;
  placement.settled = settled;
  placement.terminating = pod.fields.terminating;
  placement.reserved_at = at_;
  placement.term = state_.term;
  placement.settled_at = settled ? at_ : 0;
  pod.placement = placement;
  join_group(number, pod);

  Node& node = state_.nodes.at(node_number);
  node.pods.insert(number);
  node.interfaces_used += pod.fields.interfaces;
  if (!settled) state_.unsettled.insert(number);
  grown_ = true;  // room may have been kept for it elsewhere, or for another here
  forget_refusal(number);
  set_member(state_.drift_changed, number, drifts(state_, pod) != pod.drifts);
  touch(number);
  touch(node_number);
}

void Change::join_group(PodNumber number, Pod& pod) {
  Placement& placement = *pod.placement;
  const PodTerms pod_side = pod_terms(state_, pod, placement.group, placement.all_links, placement.charged);
  const Terms terms = terms_at(state_, pod_side, state_.nodes.at(placement.node));
  placement.group_number = terms.charge.group;
  if (placement.group_number) {
    const GroupKey key = group_key(placement.group, pod);
    if (state_.groups.find(*placement.group_number) == nullptr) {
      state_.groups.create(*placement.group_number).key = key;
      state_.group_numbers.emplace(key, *placement.group_number);
      if (key.ref.kind == GroupRef::Kind::kWorkload) refer({}, key.ref.workload);
    }
    GroupMembers& members = state_.groups.at(*placement.group_number);
    members.pods.insert(number);
    placement.top = top_workload(state_, pod);
    if (placement.top && ++members.workloads[*placement.top] == 1) refer({}, placement.top);
    touched_.groups.push_back(*placement.group_number);
  }
  state_.ledger.add(terms.charge, terms.group, at_);
}

void Change::leave_group(PodNumber number, Placement& placement) {
  const Charge charge{state_.nodes.at(placement.node).leaf, placement.charged, placement.group_number,
                      placement.all_links, placement.terminating};
  if (!placement.group_number) {
    state_.ledger.remove(charge, {}, at_);
    return;
  }
  const GroupNumber group_number = *placement.group_number;
  GroupMembers& members = state_.groups.at(group_number);
  members.pods.erase(number);
  if (placement.top && --members.workloads[*placement.top] == 0) {
    members.workloads.erase(*placement.top);
    refer(placement.top, {});
  }
  const auto live = static_cast<std::uint32_t>(members.pods.size());
  state_.ledger.remove(charge, wanted_members(state_, members.key, live, {}), at_);
  if (members.pods.empty()) {
    state_.digest -= members.hash;
    const GroupKey key = members.key;
    state_.group_numbers.erase(key);
    state_.groups.erase(group_number);
    if (key.ref.kind == GroupRef::Kind::kWorkload) refer(key.ref.workload, {});
  } else {
    touched_.groups.push_back(group_number);
  }
  placement.group_number.reset();
  placement.top.reset();
}

void Change::release(PodNumber number) {
  Pod& pod = state_.pods.at(number);
  leave_group(number, *pod.placement);
  Node& node = state_.nodes.at(pod.placement->node);
  node.pods.erase(number);
  node.interfaces_used -= pod.fields.interfaces;
  ease(pod.placement->node);
  touch(pod.placement->node);
  pod.placement.reset();
  state_.unsettled.erase(number);
  set_member(state_.drift_changed, number, pod.drifts);
  touch(number);
}

void Change::settle(PodNumber number) {
  Pod& pod = state_.pods.at(number);
  if (!pod.placement || pod.placement->settled) return;
  pod.placement->settled = true;
  pod.placement->settled_at = at_;
  state_.unsettled.erase(number);
  touch(number);
  touch(pod.placement->node);
}

void Change::raise(PodNumber number, const Rates& granted) {
  Pod* pod = state_.pods.find(number);
  if (pod == nullptr || !pod->placement) return;  // it has ended meanwhile
  pod->placement->granted = granted;
  charge_larger(number);  // whether it drifts is seen with its next event, which is the edit
  touch(number);
}

// The larger of what was granted and what the pod asks for now, in each direction (R5).
void Change::charge_larger(PodNumber number) {
  Pod& pod = state_.pods.at(number);
  Placement& placement = *pod.placement;
  const Rates charged = larger(placement.granted, named_rates(state_, pod, placement.granted));
  if (charged == placement.charged) return;
  state_.ledger.change_rates(charge_of(state_, pod), charged, at_);
  placement.charged = charged;
  touch(placement.node);
}

// The backup from which the cluster was restored is from before the Binding.
void Change::unsettle(PodNumber number) {
  Placement& placement = *state_.pods.at(number).placement;
  placement.settled = false;
  placement.settled_at = 0;
  state_.unsettled.insert(number);
  touch(number);
  touch(placement.node);
}

void Change::pod_changed(PodNumber number, const PodFields& before) {
  Pod& pod = state_.pods.at(number);
  const PodFields& fields = pod.fields;
  touch(number);
  if (pod.refusal && asks_otherwise(fields, before)) grown_ = true;  // it may fit as it is now
  if (pod.placement && fields.interfaces != before.interfaces) {
    Node& node = state_.nodes.at(pod.placement->node);
    node.interfaces_used += fields.interfaces;
    node.interfaces_used -= before.interfaces;
    grown_ = true;
    touch(pod.placement->node);
  }
  if (is_over(fields.phase)) {
    if (pod.placement) release(number);
    end_waiting(number);
  } else if (fields.node) {
    // The API server's word stands above ours: a pod that another bound elsewhere is not on the node we reserved.
    if (pod.placement && pod.placement->node != *fields.node) release(number);
    if (!pod.placement) {
      const Request request = requested(state_, pod);
      Grant grant;
      grant.rates = request.valid() ? request.rates : default_rates(state_, pod);
      if (fields.granted) grant.rates = *fields.granted;
      grant.group = group_of(state_, pod);
      grant.all_links = charged_on_all_links(state_, pod, grant.group);
      place(number, *fields.node, grant, fields.granted ? PlacedBy::kGranted : PlacedBy::kForeign, true);
    }
    settle(number);
    Placement& placement = *pod.placement;
    if (fields.terminating && !placement.terminating) {
      placement.terminating = true;
      if (placement.group_number) {
        state_.ledger.set_terminating(*placement.group_number, at_);
        touched_.groups.push_back(*placement.group_number);
      }
      touch(placement.node);
    }
    charge_larger(number);
    set_member(state_.drift_changed, number, drifts(state_, pod) != pod.drifts);
    forget_refusal(number);
  } else if (pod.placement && fields.term > pod.placement->term) {
    // Another leader has fenced the pod since, and it is unbound: our Binding, if one is under way, will be refused.
    release(number);
  } else if (fields.terminating) {
    // A Binding of a pod that is being deleted is refused, also one that is still under way.
    if (pod.placement) release(number);
    end_waiting(number);
  } else if (pod.placement && pod.placement->settled && state_.stream(Stream::kPods).restored) {
    // What we reserved is to be bound again. What others bound is nowhere.
    if (pod.placement->by == PlacedBy::kForeign) {
      release(number);
    } else {
      unsettle(number);
    }
  } else if (fields.refused && !pod.placement && !pod.refusal &&
             pod.last_filter < std::max(state_.epoch, state_.term_began)) {
    refuse(number, 0, nullptr);
  }
  const bool waits = !fields.node && !is_over(fields.phase) && !fields.terminating;
  const bool takes_over = state_.term_began != 0 && state_.taking_over;
  const bool must_bear_term = waits && takes_over && fields.term < state_.term;
  if (!must_bear_term) {
    state_.to_fence.erase(number);
  } else if (requested(state_, pod).asks()) {
    state_.to_fence.insert(number);
  }
  if (!pod.refusal || fields.retry >= pod.retry) state_.to_wake.erase(number);
}

void Change::bury(PodNumber number, ResourceVersion resource_version) {
  Pod& pod = state_.pods.at(number);
  if (pod.placement) release(number);
  end_waiting(number);
  state_.to_fence.erase(number);
  state_.to_wake.erase(number);
  state_.drift_changed.erase(number);
  state_.called_only.erase(number);
  refer(pod.fields.controller, {});
  state_.digest -= pod.hash;
  state_.buried[pod.identity.uid] = resource_version;
  state_.pod_numbers.erase(pod.identity.uid, number);
  state_.pods.erase(number);
}

void Change::refuse(PodNumber number, Sequence attempted_at, std::shared_ptr<const NodeSet> offered) {
  std::optional<Refusal>& refusal = state_.pods.at(number).refusal;
  // Room that was kept for it is free; a pod that is known by its condition may have fitted for long.
  if ((refusal && refusal->woken_at != 0) || attempted_at == 0) grown_ = true;
  refusal = Refusal{attempted_at, std::move(offered), 0, {}};
  state_.refused.insert(number);
  state_.to_wake.erase(number);  // it has had the attempt it was woken for
  touch(number);
}

// The pod will not be scheduled any more; if it was woken, room that was kept for it is free.
void Change::end_waiting(PodNumber number) {
  const Pod& pod = state_.pods.at(number);
  if (pod.refusal && pod.refusal->woken_at != 0) grown_ = true;
  forget_refusal(number);
}

void Change::forget_refusal(PodNumber number) {
  Pod& pod = state_.pods.at(number);
  if (!pod.refusal) return;
  pod.refusal.reset();
  state_.refused.erase(number);
  state_.to_wake.erase(number);
  touch(number);
}

// ---- groups ----

void Change::refer(std::optional<WorkloadNumber> from, std::optional<WorkloadNumber> to) {
  if (from == to) return;
  if (to) {
    ++state_.workloads.at(*to).references;
    touched_workloads_.push_back(*to);
  }
  if (from) {
    --state_.workloads.at(*from).references;
    touched_workloads_.push_back(*from);
  }
}

void Change::forget_workload(WorkloadNumber number) {
  Workload& workload = state_.workloads.at(number);
  const std::optional<WorkloadNumber> controller = workload.controller;
  state_.digest -= workload.hash;
  state_.workload_numbers.erase(workload.uid);
  state_.workloads.erase(number);
  refer(controller, {});
}

void Change::want(GroupNumber number) {
  const GroupMembers& members = state_.groups.at(number);
  const auto live = static_cast<std::uint32_t>(members.pods.size());
  state_.ledger.set_wanted(number, wanted_members(state_, members.key, live, {}), at_);
  touched_.groups.push_back(number);
}

void Change::workload_changed(WorkloadNumber number) {
  touched_workloads_.push_back(number);
  grown_ = true;  // a group that wants fewer may meet lower
  const auto own = state_.group_numbers.find(GroupKey{{GroupRef::Kind::kWorkload, number, {}}, {}});
  if (own != state_.group_numbers.end()) {
    const GroupNumber group = own->second;
    want(group);
    if (state_.workloads.at(number).controller) regroup(group);
  }
  GroupKey first_named;
  first_named.ref.kind = GroupRef::Kind::kNamed;
  for (auto named = state_.group_numbers.lower_bound(first_named); named != state_.group_numbers.end(); ++named) {
    GroupMembers& members = state_.groups.at(named->second);
    if (!members.workloads.contains(number)) continue;
    for (PodNumber pod_number : members.pods) {
      Placement& placement = *state_.pods.at(pod_number).placement;
      const std::optional<WorkloadNumber> top = top_workload(state_, state_.pods.at(pod_number));
      if (placement.top == top) continue;
      if (placement.top && --members.workloads[*placement.top] == 0) {
        members.workloads.erase(*placement.top);
        refer(placement.top, {});
      }
      if (top && ++members.workloads[*top] == 1) refer({}, top);
      placement.top = top;
      touch(pod_number);
    }
    want(named->second);
  }
}

// The group of a ReplicaSet whose Deployment has become known: its members join the Deployment's group. Late
// knowledge may lower a charge and never raises one (R7): a member that would charge those who are there on new
// links stays where it is, charged on all links.
void Change::regroup(GroupNumber from) {
  const NumberSet<PodNumber> pods = state_.groups.at(from).pods;
  std::optional<GroupKey> joined;
  bool others = false;
  for (PodNumber number : pods) {
    Pod& pod = state_.pods.at(number);
    const GroupRef group = group_of(state_, pod);
    if (group == pod.placement->group || !pod.fields.group.empty()) continue;
    const GroupKey key = group_key(group, pod);
    const auto present = state_.group_numbers.find(key);
    if (!joined) others = present != state_.group_numbers.end();
    joined = key;
    if (others) {
      const PodTerms pod_side = pod_terms(state_, pod, group, pod.placement->all_links, pod.placement->charged);
      const Terms terms = terms_at(state_, pod_side, state_.nodes.at(pod.placement->node));
      const PlaceNumber meeting = state_.ledger.meeting_with(present->second, terms.charge.leaf, terms.group);
      if (state_.ledger.below(state_.ledger.group(present->second)->meeting, meeting)) continue;
    }
    leave_group(number, *pod.placement);
    pod.placement->group = group;
    join_group(number, pod);
    touch(number);
    touch(pod.placement->node);
  }
}

void Change::finish() {
  touched_.links = state_.ledger.take_changed();
  for (PlaceNumber place : touched_.links) {
    if (state_.ledger.place(place).link.overcommitted()) {
      state_.overcommitted.insert(place);
    } else {
      state_.overcommitted.erase(place);
    }
    const auto node = state_.node_of_place.find(static_cast<std::uint32_t>(place));
    if (node != state_.node_of_place.end()) touch(node->second);
  }
  if (state_.ledger.take_grown()) grown_ = true;
  // More on a link may let a refused pod fit too: its group meets farther out already, or the room that is kept for one
  // that was woken is elsewhere now.
  if (!state_.refused.empty() && (!touched_.links.empty() || !touched_.groups.empty())) grown_ = true;
  if (grown_) state_.grew_at = at_;
  sort_unique(touched_.nodes);
  for (NodeNumber number : touched_.nodes) {
    Node& node = state_.nodes.at(number);
    auto entry = state_.changed_nodes.extract({node.changed_at, number});
    if (entry.empty()) {
      state_.changed_nodes.emplace(at_, number);
    } else {  // moved as it is, to save memory being given back and asked for with each event
      entry.value() = {at_, number};
      state_.changed_nodes.insert(state_.changed_nodes.end(), std::move(entry));
    }
    node.changed_at = at_;
    update_conditions(node);
    update_duties(number);
    state_.digest -= node.hash;
    state_.digest += node.hash = hash_of(state_, number, node);
  }
  sort_unique(touched_.pods);
  for (PodNumber number : touched_.pods) {
    Pod* pod = state_.pods.find(number);
    if (pod == nullptr) continue;  // buried by this very event
    state_.digest -= pod->hash;
    state_.digest += pod->hash = hash_of(number, *pod);
  }
  sort_unique(touched_.groups);
  for (GroupNumber number : touched_.groups) {
    GroupMembers* members = state_.groups.find(number);
    if (members == nullptr) continue;  // its last member has left
    state_.digest -= members->hash;
    state_.digest += members->hash = hash_of(state_, *members, *state_.ledger.group(number));
  }
  for (std::size_t i = 0; i < touched_workloads_.size(); ++i) {  // forgetting one may touch its controller
    Workload* workload = state_.workloads.find(touched_workloads_[i]);
    if (workload == nullptr) continue;
    if (workload->references == 0 && (workload->gone || !workload->observed)) {
      forget_workload(touched_workloads_[i]);
      continue;
    }
    state_.digest -= workload->hash;
    state_.digest += workload->hash = hash_of(touched_workloads_[i], *workload);
  }
}

}  // namespace bw
