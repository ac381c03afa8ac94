#include "tests/simulation/quiet_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/simulation/model_scheduler.h"

namespace bw::simulation {
namespace {

using Json = nlohmann::json;

std::string text(const Rates& rates) { return std::to_string(rates.ul) + "/" + std::to_string(rates.dl); }

Rates narrow(const Sum& sum) { return {static_cast<BitsPerSecond>(sum.ul), static_cast<BitsPerSecond>(sum.dl)}; }

std::int64_t rounded_up(BitsPerSecond rate) { return rate / kBitsPerMegabit + (rate % kBitsPerMegabit > 0 ? 1 : 0); }

}  // namespace

QuietCheck::QuietCheck(World& world, const ObjectStore& store, const Policy& policy, const State& state, bool leads)
    : world_(world), store_(store), policy_(policy), state_(state), leads_(leads) {}

void QuietCheck::run() {
  world_.coverage.count(Counter::kQuietChecks);
  read_nodes();
  read_pods();
  for (const auto& [key, pod] : store_.all(Stream::kPods)) check_pod(**pod);
  state_.pods.for_each([&](PodNumber, const Pod& pod) {
    const VersionPtr object = store_.find(Stream::kPods, pod.identity.space, pod.identity.name);
    if (!object || (*object)->uid != pod.identity.uid)
      fail("the state holds " + pod.identity.name + " (" + pod.identity.uid + "), which is gone");
  });
  if (leads_ && !state_.unsettled.empty()) fail("a reservation is not settled although nothing disturbs its Binding");
  check_groups();
  check_links();
  for (const auto& [key, node] : store_.all(Stream::kNodes)) check_node(**node);
  if (!leads_) return;  // what follows is for the leader to do
  check_objects();
  for (const auto& [key, pod] : store_.all(Stream::kPods)) check_waiting(**pod);
}

// ---- what the objects say -----------------------------------------------------------------------------------

void QuietCheck::read_nodes() {
  for (const StoreChange& change : store_.history(Stream::kNodes)) {
    if (change.type != StoreChange::Type::kDeleted) labels_[(*change.version)->name] = (*change.version)->labels;
  }
  state_.nodes.for_each([&](NodeNumber, const Node& node) {
    Capacity local{policy_.default_local_capacity, {}}, network{policy_.default_network_capacity, {}};
    if (const VersionPtr object = store_.find(Stream::kBandwidths, "", node.name)) {
      const BandwidthSpec& spec = (*object)->bandwidth;
      for (const auto& [capacity, declared] : {std::pair(&local, &spec.local), std::pair(&network, &spec.network)}) {
        if (declared->ul) capacity->capacity.ul = *declared->ul * kBitsPerMegabit;
        if (declared->dl) capacity->capacity.dl = *declared->dl * kBitsPerMegabit;
      }
      for (const DeclaredReservation& one : spec.reservations) {
        if (one.until && *one.until <= state_.time) continue;
        for (const auto& [capacity, declared] : {std::pair(&local, &one.local), std::pair(&network, &one.network)}) {
          capacity->kept_back.ul += declared->ul.value_or(0) * kBitsPerMegabit;
          capacity->kept_back.dl += declared->dl.value_or(0) * kBitsPerMegabit;
        }
      }
    }
    capacities_["local " + node.name] = local;
    capacities_["network " + node.name] = network;
    for (const LinkStep& step : path_of(node.name)) {
      if (!step.link.starts_with("uplink")) continue;
      const std::string value = step.link.substr(step.link.find_last_of(" /") + 1);
      for (const TopologyLevel& level : policy_.levels) {
        const auto label = labels_[node.name].find(level.label);
        if (label == labels_[node.name].end() || label->second != value) continue;
        Rates capacity = level.uplink;
        for (const auto& [named, rates] : level.by_value) {
          if (named == value) capacity = rates;
        }
        capacities_[step.link] = {capacity, {}};
      }
    }
  });
}

LinkPath QuietCheck::path_of(const std::string& node) const {
  const auto labels = labels_.find(node);
  return link_path(node, labels == labels_.end() ? std::map<std::string, std::string>() : labels->second, policy_);
}

// What pods count for is compared in check_charge(); here the figures of the state are taken, by name.
void QuietCheck::read_pods() {
  for (const auto& [key, version] : store_.all(Stream::kPods)) {
    const ModelObject& pod = **version;
    if (pod.node.empty() || pod.over()) continue;
    ++pods_on_[pod.node];
    interfaces_[pod.node] += interfaces_of(pod);
    const std::optional<PodNumber> number = state_.find_pod(pod.uid);
    if (!number || !state_.pods.at(*number).placement) continue;
    const Placement& placement = *state_.pods.at(*number).placement;
    Counted& counted = counted_[pod.uid];
    counted = {path_of(pod.node), placement.charged, group_of(placement, pod.space), placement.all_links};
    if (counted.group.empty()) {
      if (placement.group_number) fail(pod.name + " counts in a group, and has none");
      continue;
    }
    GroupView& group = groups_[counted.group];
    group.members.push_back(&counted);
    ++group.live;
    if (pod.terminating) ++group.terminating;
    const Group* known = placement.group_number ? state_.ledger.group(*placement.group_number) : nullptr;
    if (known == nullptr) {
      fail(pod.name + " counts in no group, and has " + counted.group);
      continue;
    }
    group.meeting = place_name(known->meeting);
    group.spread = known->spread;
  }
  for (auto& [name, group] : groups_) group.wanted = wanted(name, group.live);
}

// What was granted stays (R5): who was granted nothing is no member, also if it asks for something since. Then it
// counts by itself, on all links, as one whose peers are not known; joining now would charge its group for an edit.
std::string QuietCheck::group_of(const Placement& placement, const std::string& space) const {
  // One that others bound with an invalid request counts with the default and with what it names all the same: whether
  // that was nothing when it was first seen, only the state remembers.
  const bool by_others = placement.by == PlacedBy::kForeign && placement.group_number;
  if (placement.granted == Rates{} && !by_others) return "";
  if (placement.group.kind == GroupRef::Kind::kNamed) return "Named/" + space + "/" + placement.group.name;
  if (placement.group.kind == GroupRef::Kind::kWorkload) {
    return "Workload/" + state_.workloads.at(placement.group.workload).uid;
  }
  return "";
}

std::string QuietCheck::place_name(PlaceNumber place) const {
  if (place == kFabric) return "";
  const auto node = state_.node_of_place.find(static_cast<std::uint32_t>(place));
  if (node != state_.node_of_place.end()) return state_.nodes.at(node->second).name;
  return "uplink " + link_name(state_, place).uplink;
}

std::set<BitsPerSecond> QuietCheck::possible_defaults(const std::string& space, bool ul) const {
  std::set<BitsPerSecond> defaults{ul ? policy_.default_request.ul : policy_.default_request.dl};
  for (const StoreChange& change : store_.history(Stream::kNamespaces)) {
    if ((*change.version)->name != space) continue;
    if (const auto rate = namespace_default(**change.version, ul)) defaults.insert(*rate);
  }
  return defaults;
}

// By the specs of the workloads; 0 for one that is gone.
std::optional<std::uint32_t> QuietCheck::wanted(const std::string& group, std::uint32_t live) const {
  const auto by_uid = [&](const std::string& uid) -> std::optional<std::uint32_t> {
    for (Stream stream :
         {Stream::kDeployments, Stream::kStatefulSets, Stream::kJobs, Stream::kReplicaSets, Stream::kDaemonSets}) {
      for (const auto& [key, workload] : store_.all(stream)) {
        if ((*workload)->uid == uid) return wanted_by(**workload);
      }
    }
    return 0;
  };
  if (group.starts_with("Workload/")) return by_uid(group.substr(9));
  std::set<std::string> tops;
  for (const auto& [uid, counted] : counted_) {
    if (counted.group != group) continue;
    const Pod& pod = state_.pods.at(*state_.find_pod(uid));
    if (pod.placement->top) tops.insert(state_.workloads.at(*pod.placement->top).uid);
  }
  std::uint32_t sum = 0;
  for (const std::string& top : tops) {
    const std::optional<std::uint32_t> one = by_uid(top);
    if (!one) return std::nullopt;
    sum += *one;
  }
  return std::max(live, sum);
}

// The groups that the pod has ever been of: which of them was frozen depends on when it was decided.
std::set<std::string> QuietCheck::possible_groups(const ModelObject& pod) const {
  std::set<std::string> groups;
  for (const StoreChange& change : store_.history(Stream::kPods)) {
    const ModelObject& then = **change.version;
    if (then.uid != pod.uid) continue;
    const auto named = then.annotations.find("networking.vaclab.org/group");
    if (named != then.annotations.end() && !named->second.empty()) {
      groups.insert("Named/" + pod.space + "/" + named->second);
    } else if (then.controller && then.controller->kind != "DaemonSet") {
      groups.insert("Workload/" + then.controller->uid);
      for (const StoreChange& set : store_.history(Stream::kReplicaSets)) {
        if ((*set.version)->uid != then.controller->uid || !(*set.version)->controller) continue;
        groups.insert("Workload/" + (*set.version)->controller->uid);
      }
    } else {
      groups.insert("");
    }
  }
  return groups;
}

// ---- comparisons --------------------------------------------------------------------------------------------

void QuietCheck::check_pod(const ModelObject& pod) {
  const std::optional<PodNumber> number = state_.find_pod(pod.uid);
  if (!number) return fail("the state does not know " + pod.name + " (" + pod.uid + ")");
  const Pod& known = state_.pods.at(*number);
  const bool counts = !pod.node.empty() && !pod.over();
  if (!known.placement) {
    if (counts) fail(pod.name + " is bound to " + pod.node + " and does not count");
    return;
  }
  // What a leader of before reserved for a pod that asks for nothing takes nothing, and waits to be seen bound.
  if (!leads_ && !known.placement->settled && known.placement->charged == Rates{}) return;
  const std::string& node = state_.nodes.at(known.placement->node).name;
  if (!counts || node != pod.node)
    return fail(pod.name + " counts on " + node + ", and is " + (counts ? "on " + pod.node : "not bound"));
  if (known.placement->terminating != pod.terminating) fail(pod.name + " is terminating for one and not for the other");
  check_charge(pod, *known.placement);
}

void QuietCheck::check_charge(const ModelObject& pod, const Placement& placement) {
  const NamedRequest named = named_request(pod, policy_);
  const auto check = [&](BitsPerSecond charged, std::optional<BitsPerSecond> now, std::optional<BitsPerSecond> granted,
                         bool ul) {
    if (named.invalid) now.reset();
    if (granted) return charged == std::max(*granted, now.value_or(0));
    // Not ours: what was named, or the default, when it was first seen bound.
    std::set<BitsPerSecond> possible = possible_defaults(pod.space, ul);
    for (const StoreChange& change : store_.history(Stream::kPods)) {
      if ((*change.version)->uid != pod.uid) continue;
      const NamedRequest then = named_request(**change.version, policy_);
      const auto rate = ul ? then.ul : then.dl;
      if (rate) possible.insert(*rate);
    }
    return charged >= now.value_or(0) && possible.contains(charged);
  };
  const std::optional<Rates> granted = read_granted(pod);
  const auto granted_ul = granted ? std::optional(granted->ul) : std::nullopt;
  const auto granted_dl = granted ? std::optional(granted->dl) : std::nullopt;
  if (!check(placement.charged.ul, named.ul, granted_ul, true) ||
      !check(placement.charged.dl, named.dl, granted_dl, false)) {
    fail(pod.name + " is charged " + text(placement.charged) + ", which is neither its grant nor its request");
  }
  const std::string group = group_of(placement, pod.space);
  const bool member = placement.granted != Rates{} || placement.group_number;
  if (member && !possible_groups(pod).contains(group)) {
    fail(pod.name + " counts in group \"" + group + "\", of which it never was");
  }
}

// A meeting point is where the rules put it; where they leave it to history, it is at least above the members.
void QuietCheck::check_groups() {
  for (const auto& [name, group] : groups_) {
    const std::string lowest = lowest_place(group.members);
    std::optional<std::string> must;
    if (group.spread || !group.wanted || (group.live == 1 && *group.wanted <= 1 && group.terminating == 0)) {
      must = "";
    } else if (*group.wanted >= 2 && group.live >= *group.wanted) {
      must = lowest;
    }
    if (must && group.meeting != *must) {
      fail("group " + name + " meets at \"" + group.meeting + "\" and should at \"" + *must + "\"");
    }
    const LinkPath& path = group.members.front()->path;
    const auto depth = [&](const std::string& place) {
      return std::find_if(path.begin(), path.end(), [&](const LinkStep& step) { return step.place == place; }) -
             path.begin();
    };
    if (depth(group.meeting) < depth(lowest))
      fail("group " + name + " meets at " + group.meeting + ", below its members");
  }
}

void QuietCheck::check_links() {
  std::vector<Counted> pods;
  for (const auto& [uid, counted] : counted_) pods.push_back(counted);
  std::map<std::string, std::string> meeting;
  for (const auto& [name, group] : groups_) meeting[name] = group.meeting;
  use_ = count_use(pods, meeting);
  const auto compare = [&](const std::string& link, PlaceNumber place) {
    const Link& known = state_.ledger.place(place).link;
    if (narrow(known.used) != use_[link]) {
      fail(link + " carries " + text(narrow(known.used)) + " in the state, and " + text(use_[link]) +
           " by the recount");
    }
    const Capacity& capacity = capacities_[link];
    if (known.capacity != capacity.capacity || known.kept_back != capacity.kept_back) {
      fail(link + " has capacity " + text(known.capacity) + " less " + text(known.kept_back) + " in the state, and " +
           text(capacity.capacity) + " less " + text(capacity.kept_back) + " is declared");
    }
  };
  state_.nodes.for_each([&](NodeNumber, const Node& node) {
    compare("local " + node.name, node.leaf);
    compare("network " + node.name, node.place);
  });
  for (const auto& [name, uplink] : state_.uplinks) {
    if (capacities_.contains("uplink " + name)) compare("uplink " + name, uplink.place);
  }
}

void QuietCheck::check_node(const ModelObject& node) {
  const std::optional<NodeNumber> number = state_.find_node(node.name);
  if (!number) return fail("the state does not know " + node.name);
  const Node& known = state_.nodes.at(*number);
  if (!known.present || known.uid != node.uid || known.unschedulable != node.unschedulable ||
      known.allocatable_pods != node.allocatable_pods) {
    fail("the state does not know " + node.name + " as it is");
  }
  if (known.interfaces_used != interfaces_[node.name]) {
    fail(node.name + " has " + std::to_string(known.interfaces_used) + " interfaces in the state, and " +
         std::to_string(interfaces_[node.name]) + " by the recount");
  }
  if (!store_.find(Stream::kBandwidths, "", node.name)) fail(node.name + " has no Bandwidth object");
}

void QuietCheck::check_objects() {
  state_.nodes.for_each([&](NodeNumber, const Node& node) {
    if (node.present && !store_.find(Stream::kNodes, "", node.name))
      fail("the state holds " + node.name + ", which is gone");
  });
  for (const auto& [key, version] : store_.all(Stream::kBandwidths)) {
    const ModelObject& object = **version;
    const bool has_node = store_.find(Stream::kNodes, "", object.name) != nullptr;
    const bool kept = object.bandwidth != BandwidthSpec{} || pods_on_[object.name] > 0;
    if (!has_node && kept) world_.coverage.count(Counter::kObjectsKept);
    if (!has_node && !kept) fail("the Bandwidth object " + object.name + " has no node, and nothing keeps it");
    check_status(object);
  }
}

void QuietCheck::check_status(const ModelObject& object) {
  if (object.status.empty()) return fail("the Bandwidth object " + object.name + " has no status");
  const Json status = Json::parse(object.status);
  bool over = false;
  for (const char* link : {"local", "network"}) {
    const std::string name = std::string(link) + " " + object.name;
    const Rates used = use_[name];
    const Capacity& capacity = capacities_[name];
    over |= used.ul > capacity.capacity.ul || used.dl > capacity.capacity.dl;
    const auto right = [&](const char* direction, BitsPerSecond has, BitsPerSecond kept, BitsPerSecond takes) {
      const BitsPerSecond room = std::max<BitsPerSecond>(0, has - kept - takes);
      return status.at("capacity").at(link).at(direction) == has / kBitsPerMegabit &&
             status.at("keptBack").at(link).at(direction) == rounded_up(kept) &&
             status.at("used").at(link).at(direction) == rounded_up(takes) &&
             status.at("available").at(link).at(direction) == room / kBitsPerMegabit;
    };
    if (!right("ulMbps", capacity.capacity.ul, capacity.kept_back.ul, used.ul) ||
        !right("dlMbps", capacity.capacity.dl, capacity.kept_back.dl, used.dl)) {
      fail("the status of " + object.name + " is not what is so: " + object.status);
    }
  }
  if (status.at("observedGeneration") != object.generation)
    fail("the status of " + object.name + " is of another generation");
  for (const Json& condition : status.at("conditions")) {
    if (condition.at("type") == "Overcommitted" && (condition.at("status") == "True") != over) {
      fail("the condition Overcommitted of " + object.name + " is wrong");
    }
  }
}

// A pod that every other plugin lets in, and that has room, is not left waiting.
void QuietCheck::check_waiting(const ModelObject& pod) {
  if (!pod.node.empty() || pod.terminating || pod.over()) return;
  const NamedRequest named = named_request(pod, policy_);
  if (named.invalid) return world_.coverage.count(Counter::kInvalidRequests);
  Rates rates{named.ul.value_or(policy_.default_request.ul), named.dl.value_or(policy_.default_request.dl)};
  if (const VersionPtr space = store_.find(Stream::kNamespaces, "", pod.space)) {
    const auto ul = namespace_default(**space, true), dl = namespace_default(**space, false);
    if ((!named.ul && ul && *ul < 0) || (!named.dl && dl && *dl < 0)) return;
    if (!named.ul && ul) rates.ul = *ul;
    if (!named.dl && dl) rates.dl = *dl;
  }
  for (const auto& [key, node] : store_.all(Stream::kNodes)) {
    if (!ModelScheduler::may_run(pod, **node, pods_on_[(*node)->name])) continue;
    if (rates == Rates{} || fits(pod, rates, **node)) {
      return fail(pod.name + " (" + pod.uid + ") waits although it fits on " + (*node)->name);
    }
  }
}

// R8, by counting everything once more with the pod in its place.
bool QuietCheck::fits(const ModelObject& pod, const Rates& rates, const ModelObject& node) const {
  const Pod& known = state_.pods.at(*state_.find_pod(pod.uid));
  Counted joined{path_of(node.name), rates, "", false};
  Placement as_placed;
  as_placed.granted = rates;
  as_placed.group = bw::group_of(state_, known);
  joined.group = group_of(as_placed, pod.space);
  const auto annotated = pod.annotations.find("networking.vaclab.org/network-charge");
  joined.all_links = policy_.always_charge_network ||  // a pod's WhenSpread takes nothing from that (R7)
                     (annotated != pod.annotations.end() && annotated->second != "WhenSpread");

  std::vector<Counted> pods{joined};
  for (const auto& [uid, counted] : counted_) pods.push_back(counted);
  std::map<std::string, std::string> meeting;
  for (const auto& [name, group] : groups_) meeting[name] = group.meeting;
  // Where the group would meet is the rule's; where that is not certain from outside, the most it could take.
  const auto group = groups_.find(joined.group);
  if (!joined.group.empty()) {
    const auto present = group == groups_.end() ? nullptr : &group->second;
    const bool complete = present != nullptr && joined.group.starts_with("Workload/") && !present->spread &&
                          present->wanted && *present->wanted >= 2 && present->live + 1 >= *present->wanted;
    if (complete) {
      meeting.erase(joined.group);
    } else {
      meeting[joined.group] = "";
    }
  }
  const LinkUse after = count_use(pods, meeting);
  for (const auto& [link, used] : after) {
    const auto before_entry = use_.find(link);
    const Rates before = before_entry == use_.end() ? Rates{} : before_entry->second;
    const bool own =
        std::any_of(joined.path.begin(), joined.path.end(), [&](const LinkStep& step) { return step.link == link; });
    if (used == before && !own) continue;
    const Capacity& capacity = capacities_.at(link);
    if (used.ul > capacity.capacity.ul - capacity.kept_back.ul) return false;
    if (used.dl > capacity.capacity.dl - capacity.kept_back.dl) return false;
  }
  const VersionPtr object = store_.find(Stream::kBandwidths, "", node.name);
  std::optional<std::uint32_t> most = policy_.max_interfaces;
  if (object && (*object)->bandwidth.max_interfaces) most = (*object)->bandwidth.max_interfaces;
  const auto used = interfaces_.find(node.name);
  return !most || (used == interfaces_.end() ? 0 : used->second) + interfaces_of(pod) <= *most;
}

}  // namespace bw::simulation
