#include "projections/fit.h"

namespace bw {

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

FitCheck::FitCheck(const State& state, const Pod& pod, const Claims* claims)
    : state_(state),
      pod_(pod),
      claims_(claims),
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
  const Misfit misfit = state_.ledger.misfit(terms.charge, terms.group, claims_ == nullptr ? nullptr : &claims_->links);
  if (!misfit.fits()) return {reason_of(state_, *node, misfit), misfit};
  const std::optional<std::uint32_t> most = max_interfaces(state_, *node);
  const std::uint64_t claimed = claims_ == nullptr ? 0 : claims_->interfaces[index_of(number)];
  if (most && node->interfaces_used + claimed + pod_.fields.interfaces > *most) return {Reason::kInterfaceLimit, {}};
  return {};
}

void FitCheck::claim(NodeNumber number, Claims& claims) const {
  const Terms terms = terms_at(state_, terms_, state_.nodes.at(number));
  state_.ledger.claim(terms.charge, terms.group, claims.links);
  claims.interfaces[index_of(number)] += pod_.fields.interfaces;
}

}  // namespace bw
