#include "projections/admission.h"

#include <algorithm>

#include "projections/fit.h"
#include "projections/reason.h"

namespace bw {
namespace {

Request request_of(const State& state, const PodSeen& pod) {
  return resolve_request(pod.fields.requests, namespace_defaults(state, pod.identity.space), state.policy);
}

AdmissionVerdict refuse(std::string sentence) { return {false, std::move(sentence), {}}; }

AdmissionVerdict refuse_invalid(const Request& request) {
  return refuse("bandwidth request is invalid: " + request.problem);
}

// The first link from the pod's leaf up that has no room for `more` on top of what the pod is charged.
Misfit misfit_of_growth(const State& state, const Placement& placement, const Rates& more) {
  const PlaceNumber top = charged_up_to(state, placement);
  PlaceNumber place = state.nodes.at(placement.node).leaf;
  for (; place != top; place = state.ledger.place(place).parent) {
    const Link& link = state.ledger.place(place).link;
    const Sum room = link.room();
    const Sum lacking{std::max<Int128>(0, more.ul - room.ul), std::max<Int128>(0, more.dl - room.dl)};
    if (link.overcommitted()) return {Shortage::kOvercommitted, place, false, lacking};
    if (more.ul > 0 && lacking.ul > 0) return {Shortage::kUl, place, false, lacking};
    if (more.dl > 0 && lacking.dl > 0) return {Shortage::kDl, place, false, lacking};
  }
  return {};
}

std::string growth_sentence(const State& state, const Node& node, const Rates& more, const Misfit& misfit) {
  return std::string(reason_text(reason_of(state, node, misfit))) + " on node " + node.name + ": the pod grows by ul " +
         std::to_string(more.ul) + " and dl " + std::to_string(more.dl) + " bit/s";
}

}  // namespace

AdmissionVerdict decide_created(const State& state, const PodSeen& pod) {
  const Request request = request_of(state, pod);
  return request.valid() ? AdmissionVerdict{} : refuse_invalid(request);
}

AdmissionVerdict decide_edited(const State& state, const PodSeen& before, const PodSeen& after) {
  if (before.fields.requests == after.fields.requests && before.fields.group == after.fields.group) return {};
  if (after.fields.phase == PodPhase::kSucceeded || after.fields.phase == PodPhase::kFailed) return {};
  const std::optional<PodNumber> number = state.find_pod(after.identity.uid);
  if (!number || !state.pods.at(*number).placement) return decide_created(state, after);

  const Placement& placement = *state.pods.at(*number).placement;
  // A direction that the pod no longer names stays as it was granted.
  const Request request =
      resolve_request(after.fields.requests, {placement.granted.ul, placement.granted.dl}, state.policy);
  if (!request.valid()) return refuse_invalid(request);
  if (before.fields.group != after.fields.group) {
    return refuse("networking.vaclab.org/group cannot change once the pod is placed: its group was granted with it");
  }
  const Rates granted{std::max(placement.granted.ul, request.rates.ul),
                      std::max(placement.granted.dl, request.rates.dl)};
  if (granted == placement.granted) return {};
  const Rates more{std::max<BitsPerSecond>(0, granted.ul - placement.charged.ul),
                   std::max<BitsPerSecond>(0, granted.dl - placement.charged.dl)};
  if (more != Rates{}) {  // else the pod drifted as far as this already, and counts so
    const Misfit misfit = misfit_of_growth(state, placement, more);
    if (!misfit.fits()) return refuse(growth_sentence(state, state.nodes.at(placement.node), more, misfit));
  }
  return {true, {}, {GrantRaised{*number, granted}}};
}

std::vector<std::pair<std::string, std::string>> admission_defaults(const State& state, const PodSeen& pod) {
  const Request request = request_of(state, pod);
  if (!request.valid()) return {};
  return default_annotations(request, state.policy);
}

}  // namespace bw
