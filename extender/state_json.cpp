#include "extender/state_json.h"

#include <nlohmann/json.hpp>

#include "projections/time_text.h"

namespace bw {
namespace {

using Json = nlohmann::ordered_json;

Json rates_json(const Rates& rates) { return {{"ulBitsPerSecond", rates.ul}, {"dlBitsPerSecond", rates.dl}}; }

Json reservation_json(const ReservationView& view) {
  Json json = {{"namespace", view.space}, {"podName", view.pod_name}, {"podUid", view.pod_uid}};
  if (!view.group_kind.empty()) json["group"] = {{"kind", view.group_kind}, {"name", view.group_name}};
  json["ulBitsPerSecond"] = view.charged.ul;
  json["dlBitsPerSecond"] = view.charged.dl;
  json["links"] = view.links;
  json["phase"] = phase_text(view.phase);
  json["placedBy"] = placed_by_text(view.by);
  if (view.unshaped) json["unshaped"] = true;
  if (view.drifts) json["drift"] = true;
  return json;
}

Json node_json(const NodeView& view) {
  Json json = {{"name", view.name}, {"present", view.present}};
  const auto both = [&](const char* name, Rates LinkView::*part) {
    json[name] = {{"local", rates_json(view.local.*part)}, {"network", rates_json(view.network.*part)}};
  };
  both("capacity", &LinkView::capacity);
  both("keptBack", &LinkView::kept_back);
  both("used", &LinkView::used);
  both("available", &LinkView::available);
  json["interfaces"] = {{"used", view.interfaces_used}};
  if (view.max_interfaces) json["interfaces"]["max"] = *view.max_interfaces;
  Json overcommitted = Json::array();
  if (view.local.overcommitted) overcommitted.push_back("local");
  if (view.network.overcommitted) overcommitted.push_back("network");
  json["overcommitted"] = std::move(overcommitted);
  json["reservations"] = Json::array();
  for (const ReservationView& one : view.reservations) json["reservations"].push_back(reservation_json(one));
  return json;
}

Json uplinks_json(const State& state) {
  Json uplinks = Json::array();
  for (const UplinkView& view : view_uplinks(state)) {
    uplinks.push_back({{"name", view.name},
                       {"label", view.label},
                       {"capacity", rates_json(view.link.capacity)},
                       {"used", rates_json(view.link.used)},
                       {"available", rates_json(view.link.available)},
                       {"overcommitted", view.link.overcommitted}});
  }
  return uplinks;
}

Json stamped(const State& state) { return {{"sequence", state.applied}, {"time", format_rfc3339(state.time, 9)}}; }

Json pod_json(const State& state, const Pod& pod) {
  Json json = {{"namespace", pod.identity.space}, {"podName", pod.identity.name}, {"podUid", pod.identity.uid}};
  const Request request = requested(state, pod);
  if (request.valid()) {
    json["request"] = rates_json(request.rates);
  } else {
    json["invalid"] = request.problem;
  }
  json["attempts"] = pod.attempts;
  if (pod.placement) {
    json["node"] = state.nodes.at(pod.placement->node).name;
    json["granted"] = rates_json(pod.placement->granted);
    json["charged"] = rates_json(pod.placement->charged);
    json["placedBy"] = placed_by_text(pod.placement->by);
    json["settled"] = pod.placement->settled;
  }
  if (pod.refusal) json["refused"] = true;
  return json;
}

}  // namespace

std::string_view phase_text(ReservationPhase phase) {
  switch (phase) {
    case ReservationPhase::kReserved:
      return "Reserved";
    case ReservationPhase::kBound:
      return "Bound";
    case ReservationPhase::kTerminating:
      break;
  }
  return "Terminating";
}

std::string_view placed_by_text(PlacedBy by) {
  switch (by) {
    case PlacedBy::kUs:
      return "decision";
    case PlacedBy::kGranted:
      return "decision of another term";
    case PlacedBy::kForeign:
      break;
  }
  return "foreign";
}

std::string digest_text(std::uint64_t digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; digest >>= 4) text[i] = kDigits[digest & 15];
  return text;
}

std::string state_json(const State& state) {
  Json json = stamped(state);
  json["digest"] = digest_text(state.digest);
  json["nodes"] = Json::array();
  for (const NodeView& view : view_nodes(state)) json["nodes"].push_back(node_json(view));
  json["uplinks"] = uplinks_json(state);
  return json.dump();
}

std::string links_json(const State& state) {
  Json json = stamped(state);
  json["uplinks"] = uplinks_json(state);
  return json.dump();
}

std::string pods_json(const State& state) {
  Json json = stamped(state);
  json["pods"] = Json::array();
  state.pods.for_each([&](PodNumber, const Pod& pod) { json["pods"].push_back(pod_json(state, pod)); });
  return json.dump();
}

}  // namespace bw
