#include "projections/node_view.h"

#include <algorithm>
#include <limits>

namespace bw {
namespace {

BitsPerSecond cut(Int128 value) {
  return static_cast<BitsPerSecond>(std::clamp<Int128>(value, 0, std::numeric_limits<BitsPerSecond>::max()));
}

std::string place_text(const State& state, PlaceNumber place) {
  const LinkName name = link_name(state, place);
  switch (name.kind) {
    case LinkName::Kind::kLocal:
      return "local";
    case LinkName::Kind::kNetwork:
      return "network";
    case LinkName::Kind::kUplink:
      break;
  }
  return name.uplink;
}

ReservationView view_reservation(const State& state, const Pod& pod) {
  const Placement& placement = *pod.placement;
  ReservationView view;
  view.space = pod.identity.space;
  view.pod_name = pod.identity.name;
  view.pod_uid = pod.identity.uid;
  view.charged = placement.charged;
  view.by = placement.by;
  view.unshaped = pod.fields.host_network;
  view.drifts = drifts(state, pod);
  if (placement.group.kind == GroupRef::Kind::kNamed) {
    view.group_kind = "Group";
    view.group_name = placement.group.name;
  } else if (placement.group.kind == GroupRef::Kind::kWorkload && placement.group_number) {
    const Workload& workload = state.workloads.at(placement.group.workload);
    view.group_kind = workload.kind_name;
    view.group_name = workload.name;
  }
  const PlaceNumber top = charged_up_to(state, placement);
  for (PlaceNumber place = state.nodes.at(placement.node).leaf; place != top;
       place = state.ledger.place(place).parent) {
    view.links.push_back(place_text(state, place));
  }
  view.phase = placement.terminating ? ReservationPhase::kTerminating
               : placement.settled   ? ReservationPhase::kBound
                                     : ReservationPhase::kReserved;
  return view;
}

}  // namespace

LinkView view_link(const Link& link) {
  const Sum room = link.room();
  return {link.capacity,
          link.kept_back,
          {cut(link.used.ul), cut(link.used.dl)},
          {cut(room.ul), cut(room.dl)},
          link.overcommitted()};
}

NodeView view_node(const State& state, NodeNumber number) {
  const Node& node = state.nodes.at(number);
  NodeView view;
  view.name = node.name;
  view.present = node.present;
  view.observed_generation = node.object ? node.object->generation : 0;
  view.local = view_link(state.ledger.place(node.leaf).link);
  view.network = view_link(state.ledger.place(node.place).link);
  view.interfaces_used = node.interfaces_used;
  view.max_interfaces = max_interfaces(state, node);
  view.pods = node.pods.size();
  view.readiness = node.readiness;
  view.readiness_since = node.readiness_since;
  view.overcommitted = node.overcommitted;
  view.overcommitted_since = node.overcommitted_since;
  for (PodNumber pod_number : node.pods) {
    const Pod& pod = state.pods.at(pod_number);
    if (pod.placement->charged == Rates{}) continue;
    view.reservations.push_back(view_reservation(state, pod));
  }
  std::sort(view.reservations.begin(), view.reservations.end(), [](const auto& a, const auto& b) {
    return std::tie(a.space, a.pod_name, a.pod_uid) < std::tie(b.space, b.pod_name, b.pod_uid);
  });
  return view;
}

std::vector<NodeView> view_nodes(const State& state) {
  std::vector<NodeView> views;
  state.nodes.for_each([&](NodeNumber number, const Node& node) {
    if (node.present || node.object || !node.pods.empty()) views.push_back(view_node(state, number));
  });
  std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return views;
}

std::vector<UplinkView> view_uplinks(const State& state) {
  std::vector<UplinkView> views;
  for (const auto& [name, uplink] : state.uplinks) {
    views.push_back({name, state.policy.levels[uplink.level].label, view_link(state.ledger.place(uplink.place).link)});
  }
  return views;
}

}  // namespace bw
