#include "projections/fit.h"

namespace bw {
namespace {

Reason reason_of(const State& state, const Node& node, const Misfit& misfit) {
  if (misfit.shortage == Shortage::kOvercommitted) return Reason::kLinkOvercommitted;
  const bool ul = misfit.shortage == Shortage::kUl;
  if (misfit.raised) {
    return state.node_of_place.contains(static_cast<std::uint32_t>(misfit.place)) ? Reason::kGroupNetwork
                                                                                  : Reason::kAboveNode;
  }
  if (misfit.place == node.leaf) return ul ? Reason::kLocalUplink : Reason::kLocalDownlink;
  if (misfit.place == node.place) return ul ? Reason::kNetworkUplink : Reason::kNetworkDownlink;
  return Reason::kAboveNode;
}

}  // namespace

FitCheck::FitCheck(const State& state, const Pod& pod)
    : state_(state),
      pod_(pod),
      request_(requested(state, pod)),
      group_(group_of(state, pod)),
      terms_(pod_terms(state, pod, group_, charged_on_all_links(state, pod, group_), request_.rates)) {}

Fit FitCheck::on(NodeNumber number) const {
  if (pod_.placement) {
    return {pod_.placement->node == number ? Reason::kFits : Reason::kReservedElsewhere, {}};
  }
  if (!request_.valid()) return {Reason::kInvalidRequest, {}};
  if (!request_.asks()) return {};
  const Node* node = state_.nodes.find(number);
  if (node == nullptr || !node->present || !node->object) return {Reason::kNoCapacityRecorded, {}};
  const Terms terms = terms_at(state_, terms_, *node);
  const Misfit misfit = state_.ledger.misfit(terms.charge, terms.group);
  if (!misfit.fits()) return {reason_of(state_, *node, misfit), misfit};
  const std::optional<std::uint32_t> most = max_interfaces(state_, *node);
  if (most && node->interfaces_used + pod_.fields.interfaces > *most) return {Reason::kInterfaceLimit, {}};
  return {};
}

}  // namespace bw
