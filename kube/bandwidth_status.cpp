#include "kube/bandwidth_status.h"

#include <nlohmann/json.hpp>

#include "projections/time_text.h"

namespace bw {
namespace {

using Json = nlohmann::ordered_json;

Json up(const Rates& rates) { return {{"ulMbps", megabits_up(rates.ul)}, {"dlMbps", megabits_up(rates.dl)}}; }

Json down(const Rates& rates) { return {{"ulMbps", megabits_down(rates.ul)}, {"dlMbps", megabits_down(rates.dl)}}; }

const char* phase_text(ReservationPhase phase) {
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

Json reservation(const ReservationView& view) {
  Json json = {{"namespace", view.space}, {"podName", view.pod_name}, {"podUid", view.pod_uid}};
  if (!view.group_kind.empty()) json["group"] = {{"kind", view.group_kind}, {"name", view.group_name}};
  json["ulMbps"] = megabits_up(view.charged.ul);
  json["dlMbps"] = megabits_up(view.charged.dl);
  json["links"] = view.links;
  json["phase"] = phase_text(view.phase);
  return json;
}

Json condition(const char* type, bool holds, const char* reason, std::string message, Timestamp since,
               std::int64_t generation) {
  return {{"type", type},
          {"status", holds ? "True" : "False"},
          {"reason", reason},
          {"message", std::move(message)},
          {"observedGeneration", generation},
          {"lastTransitionTime", format_rfc3339(since, 0)}};
}

Json ready(const NodeView& view) {
  const char* reason = "CapacityInForce";
  const char* message = "pods that ask for bandwidth can be placed here";
  switch (view.readiness) {
    case NodeReadiness::kReady:
      break;
    case NodeReadiness::kNodeNotFound:
      reason = "NodeNotFound";
      message = "there is no node of this name; the capacity is kept for when it comes";
      break;
    case NodeReadiness::kReservationNotCovered:
      reason = "ReservationNotCovered";
      message = "spec.reservations keep back more than is free; nothing more is placed until it is";
      break;
  }
  return condition("Ready", view.readiness == NodeReadiness::kReady, reason, message, view.readiness_since,
                   view.observed_generation);
}

Json overcommitted(const NodeView& view) {
  std::string links;
  if (view.local.overcommitted) links = "local";
  if (view.network.overcommitted) links += links.empty() ? "network" : " and network";
  return condition("Overcommitted", view.overcommitted, view.overcommitted ? "UsedAboveCapacity" : "WithinCapacity",
                   view.overcommitted ? "used is above capacity on " + links + "; nothing more is placed there"
                                      : std::string("used is within capacity on every link"),
                   view.overcommitted_since, view.observed_generation);
}

}  // namespace

std::string bandwidth_status_content(const NodeView& view) {
  Json status;
  status["observedGeneration"] = view.observed_generation;
  status["capacity"] = {{"local", down(view.local.capacity)}, {"network", down(view.network.capacity)}};
  status["keptBack"] = {{"local", up(view.local.kept_back)}, {"network", up(view.network.kept_back)}};
  status["used"] = {{"local", up(view.local.used)}, {"network", up(view.network.used)}};
  status["available"] = {{"local", down(view.local.available)}, {"network", down(view.network.available)}};
  status["interfaces"] = {{"used", view.interfaces_used}};
  status["interfaces"]["max"] = view.max_interfaces ? Json(*view.max_interfaces) : Json();
  status["podCount"] = view.reservations.size();
  Json reservations = Json::array();
  for (const ReservationView& one : view.reservations) {
    if (reservations.size() == kMostStatusReservations) break;
    reservations.push_back(reservation(one));
  }
  const std::size_t omitted = view.reservations.size() - reservations.size();
  status["reservations"] = std::move(reservations);
  status["reservationsOmitted"] = omitted == 0 ? Json() : Json(omitted);
  status["conditions"] = {ready(view), overcommitted(view)};
  return status.dump();
}

std::string bandwidth_status_patch(const std::string& content, const StatusStamp& stamp) {
  const Json journal = {
      {"id", stamp.journal}, {"term", stamp.term}, {"sequence", stamp.sequence}, {"headHash", stamp.head_hash}};
  std::string patch = "{\"status\":";
  patch.append(content, 0, content.size() - 1);
  patch += ",\"journal\":" + journal.dump() + ",\"updatedAt\":\"" + format_rfc3339(stamp.time, 6) + "\"}}";
  return patch;
}

}  // namespace bw
