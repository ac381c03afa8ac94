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
  placement.settled_at = settled ? at_ : 0;
  pod.placement = placement;
  join_group(number, pod);

  Node& node = state_.nodes.at(node_number);
  node.pods.insert(number);
  node.interfaces_used += pod.fields.interfaces;
  if (!settled) state_.unsettled.insert(number);
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
    touched_groups_.push_back(*placement.group_number);
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
    touched_groups_.push_back(group_number);
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
  grown_ = true;
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

void Change::pod_changed(PodNumber number) {
  Pod& pod = state_.pods.at(number);
  const PodFields& fields = pod.fields;
  touch(number);
  if (is_over(fields.phase)) {
    if (pod.placement) release(number);
    forget_refusal(number);
  } else if (fields.node) {
    // The API server's word stands above ours: a pod that another bound elsewhere is not on the node we reserved.
    if (pod.placement && pod.placement->node != *fields.node) release(number);
    if (!pod.placement) {
      const Request request = requested(state_, pod);
      Grant grant;
      grant.rates = request.valid() ? request.rates : state_.policy.default_request;
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
        touched_groups_.push_back(*placement.group_number);
      }
      touch(placement.node);
    }
    const Rates charged = larger(placement.granted, named_rates(state_, pod, placement.granted));
    if (charged != placement.charged) {
      state_.ledger.change_rates(charge_of(state_, pod), charged, at_);
      placement.charged = charged;
      touch(placement.node);
    }
    set_member(state_.drift_changed, number, drifts(state_, pod) != pod.drifts);
    forget_refusal(number);
  } else if (fields.terminating) {
    // A Binding of a pod that is being deleted is refused, also one that is still under way.
    if (pod.placement) release(number);
    forget_refusal(number);
  } else if (fields.refused && !pod.placement && !pod.refusal &&
             pod.last_filter < std::max(state_.epoch, state_.term_began)) {
    refuse(number, 0, nullptr);
  }
  const bool waits = !fields.node && !is_over(fields.phase) && !fields.terminating;
  if (!waits || fields.term >= state_.term) state_.to_fence.erase(number);
  if (!pod.refusal || fields.retry >= pod.retry) state_.to_wake.erase(number);
}

void Change::bury(PodNumber number, ResourceVersion resource_version) {
  Pod& pod = state_.pods.at(number);
  if (pod.placement) release(number);
  forget_refusal(number);
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
  state_.pods.at(number).refusal = Refusal{attempted_at, std::move(offered), 0, {}};
  state_.refused.insert(number);
  state_.to_wake.erase(number);  // it has had the attempt it was woken for
  touch(number);
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
  touched_groups_.push_back(number);
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

// ---- nodes ----

void Change::create_node(NodeNumber number, const std::string& name) {
  Node& node = state_.nodes.create(number);
  node.name = name;
  node.place = state_.ledger.add_place(kFabric, false, {});
  node.leaf = state_.ledger.add_place(node.place, true, {});
  state_.node_numbers[name] = number;
  state_.node_of_place[static_cast<std::uint32_t>(node.place)] = number;
  state_.node_of_place[static_cast<std::uint32_t>(node.leaf)] = number;
  apply_capacity(number);
  touch(number);
}

void Change::node_changed(NodeNumber number) {
  Node& node = state_.nodes.at(number);
  grown_ = true;  // it may have come, or allow more
  if (node.present && !node.unschedulable) {
    state_.schedulable.insert(number);
  } else {
    state_.schedulable.erase(number);
  }
  const PlaceNumber parent = parent_place(node);
  if (state_.ledger.place(node.place).parent != parent) {
    state_.ledger.move(node.place, parent, at_);
    state_.groups.for_each([&](GroupNumber group, const GroupMembers&) { touched_groups_.push_back(group); });
  }
  apply_capacity(number);
  touch(number);
}

// The uplink the node hangs on: the innermost level whose label it bears; made when it is first seen.
PlaceNumber Change::parent_place(const Node& node) {
  const auto& levels = state_.policy.levels;
  PlaceNumber parent = kFabric;
  std::string name;
  for (std::size_t i = levels.size(); i-- > 0;) {
    const std::string value = i < node.level_values.size() ? node.level_values[i] : std::string();
    if (i + 1 < levels.size()) name += '/';
    name += value;
    if (value.empty()) continue;
    auto found = state_.uplinks.find(name);
    if (found == state_.uplinks.end()) {
      Rates capacity = levels[i].uplink;
      for (const auto& [named, rates] : levels[i].by_value) {
        if (named == value) capacity = rates;
      }
      const PlaceNumber place = state_.ledger.add_place(parent, false, capacity);
      found = state_.uplinks.emplace(name, Uplink{name, place, i}).first;
    }
    parent = found->second.place;
  }
  return parent;
}

void Change::apply_capacity(NodeNumber number) {
  const Node& node = state_.nodes.at(number);
  const NodeCapacity capacity = node_capacity(state_, node, now_);
  state_.ledger.set_capacity(node.leaf, capacity.local, capacity.local_kept_back);
  state_.ledger.set_capacity(node.place, capacity.network, capacity.network_kept_back);
}

void Change::policy_changed() {
  // Nodes hang themselves on new uplinks; the old places stay behind, empty and without a name.
  for (const auto& [name, uplink] : state_.uplinks) state_.announced_overcommitted.erase(uplink.place);
  state_.uplinks.clear();
  state_.nodes.for_each([&](NodeNumber number, const Node&) { node_changed(number); });
}

// What the node is owed, and when that changes by itself.
void Change::update_duties(NodeNumber number) {
  Node& node = state_.nodes.at(number);
  std::optional<Timestamp> deadline;
  const auto until = [&](Timestamp time) {
    if (time > now_ && (!deadline || time < *deadline)) deadline = time;
  };
  bool removable = false;
  if (node.object) {
    for (const KeptBack& kept : node.object->kept_back) {
      if (kept.until) until(*kept.until);
    }
    if (node.absent_since) {
      const Timestamp removable_at{node.absent_since->ns + kNodeAbsenceNs};
      until(removable_at);
      const BandwidthObject& object = *node.object;
      const bool empty = !object.local_ul && !object.local_dl && !object.network_ul && !object.network_dl &&
                         !object.max_interfaces && object.kept_back.empty();
      removable = removable_at <= now_ && empty && node.pods.empty() && state_.stream(Stream::kNodes).synced;
    }
  }
  if (node.deadline != deadline) {
    if (node.deadline) state_.deadlines.erase({*node.deadline, number});
    if (deadline) state_.deadlines.insert({*deadline, number});
    node.deadline = deadline;
  }
  if (node.present && !node.object) {
    state_.objects_to_create.insert(number);
  } else {
    state_.objects_to_create.erase(number);
  }
  if (removable) {
    state_.objects_to_delete.insert(number);
  } else {
    state_.objects_to_delete.erase(number);
  }
}

void Change::update_conditions(Node& node) {
  const auto not_covered = [](const Link& link) {
    const Sum room = link.room();
    return !link.overcommitted() && (room.ul < 0 || room.dl < 0);
  };
  const Link& local = state_.ledger.place(node.leaf).link;
  const Link& network = state_.ledger.place(node.place).link;
  NodeReadiness readiness = NodeReadiness::kReady;
  if (!node.present) {
    readiness = NodeReadiness::kNodeNotFound;
  } else if (not_covered(local) || not_covered(network)) {
    readiness = NodeReadiness::kReservationNotCovered;
  }
  if (readiness != node.readiness || node.readiness_since == Timestamp{}) node.readiness_since = now_;
  node.readiness = readiness;
  const bool overcommitted = local.overcommitted() || network.overcommitted();
  if (overcommitted != node.overcommitted || node.overcommitted_since == Timestamp{}) node.overcommitted_since = now_;
  node.overcommitted = overcommitted;
}

void Change::finish() {
  for (PlaceNumber place : state_.ledger.take_changed()) {
    if (state_.ledger.place(place).link.overcommitted()) {
      state_.overcommitted.insert(place);
    } else {
      state_.overcommitted.erase(place);
    }
    const auto node = state_.node_of_place.find(static_cast<std::uint32_t>(place));
    if (node != state_.node_of_place.end()) touch(node->second);
  }
  if (state_.ledger.take_grown()) grown_ = true;
  if (grown_) state_.grew_at = at_;
  sort_unique(touched_nodes_);
  for (NodeNumber number : touched_nodes_) {
    Node& node = state_.nodes.at(number);
    state_.changed_nodes.erase({node.changed_at, number});
    state_.changed_nodes.insert({at_, number});
    node.changed_at = at_;
    update_conditions(node);
    update_duties(number);
    state_.digest -= node.hash;
    state_.digest += node.hash = hash_of(number, node);
  }
  sort_unique(touched_pods_);
  for (PodNumber number : touched_pods_) {
    Pod* pod = state_.pods.find(number);
    if (pod == nullptr) continue;  // buried by this very event
    state_.digest -= pod->hash;
    state_.digest += pod->hash = hash_of(number, *pod);
  }
  sort_unique(touched_groups_);
  for (GroupNumber number : touched_groups_) {
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
