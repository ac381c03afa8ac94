#include <algorithm>
#include <utility>

#include "projections/change.h"

namespace bw {
namespace {

// The capacity of the uplink named `name`, whose last part is the value of the level's label.
Rates uplink_capacity(const TopologyLevel& level, std::string_view name) {
  const std::string_view value = name.substr(name.rfind('/') + 1);
  for (const auto& [named, rates] : level.by_value) {
    if (named == value) return rates;
  }
  return level.uplink;
}

bool same_labels(const Policy& a, const Policy& b) {
  return std::equal(a.levels.begin(), a.levels.end(), b.levels.begin(), b.levels.end(),
                    [](const TopologyLevel& x, const TopologyLevel& y) { return x.label == y.label; });
}

}  // namespace

void Change::create_node(NodeNumber number, const std::string& name) {
  Node& node = state_.nodes.create(number);
  node.name = name;
  node.place = state_.ledger.add_place(kFabric, false, {});
  node.leaf = state_.ledger.add_place(node.place, true, {});
  state_.node_numbers[name] = number;
  state_.node_of_place[static_cast<std::uint32_t>(node.place)] = number;
  state_.node_of_place[static_cast<std::uint32_t>(node.leaf)] = number;
  apply_capacity(number);
  ease(number);
  touch(number);
}

// It may be offered to pods that it was not offered to in their last attempt.
void Change::ease(NodeNumber number) {
  state_.nodes.at(number).eased_at = at_;
  grown_ = true;
}

void Change::node_changed(NodeNumber number) {
  Node& node = state_.nodes.at(number);
  ease(number);  // it may have come, or allow more
  if (node.present && !node.unschedulable) {
    state_.schedulable.insert(number);
  } else {
    state_.schedulable.erase(number);
  }
  const PlaceNumber parent = parent_place(node);
  if (state_.ledger.place(node.place).parent != parent) {
    for (GroupNumber group : state_.ledger.move(node.place, parent, at_)) touched_.groups.push_back(group);
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
      const PlaceNumber place = state_.ledger.add_place(parent, false, uplink_capacity(levels[i], name));
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

void Change::policy_changed(const Policy& before) {
  const Policy& now = state_.policy;
  const bool same_tree = same_labels(before, now);
  if (same_tree) {
    for (const auto& [name, uplink] : state_.uplinks) {
      state_.ledger.set_capacity(uplink.place, uplink_capacity(now.levels[uplink.level], name), {});
    }
  } else {
    // What nodes bear are values of other labels: they hang on the fabric until they are read again. The old uplinks
    // stay behind, empty and without a name.
    for (const auto& [name, uplink] : state_.uplinks) state_.announced_overcommitted.erase(uplink.place);
    state_.uplinks.clear();
    state_.nodes.for_each([&](NodeNumber number, const Node&) { state_.nodes.at(number).level_values.clear(); });
  }
  // A start that changes nothing must touch no node: a refused pod waits for nodes that have changed.
  if (same_tree && before.default_local_capacity == now.default_local_capacity &&
      before.default_network_capacity == now.default_network_capacity && before.max_interfaces == now.max_interfaces) {
    return;
  }
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
  // One that has come stands until DeadlinePassed is recorded, which does what is due.
  const bool due = node.deadline && *node.deadline <= now_;
  if (!due && node.deadline != deadline) {
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
  const NodeConditions now = node_conditions(state_, node);
  if (now.readiness != node.readiness || node.readiness_since == Timestamp{}) node.readiness_since = now_;
  node.readiness = now.readiness;
  if (now.overcommitted != node.overcommitted || node.overcommitted_since == Timestamp{}) {
    node.overcommitted_since = now_;
  }
  node.overcommitted = now.overcommitted;
}

}  // namespace bw
