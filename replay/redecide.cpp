#include "replay/redecide.h"

#include <algorithm>

#include "projections/decide.h"
#include "projections/offered.h"

namespace bw::replay {
namespace {

// A decision may make more facts than the one that is compared.
Redecided compare(const std::vector<Fact>& facts, const Fact& recorded) {
  return std::find(facts.begin(), facts.end(), recorded) == facts.end() ? Redecided::kDiffers : Redecided::kSame;
}

}  // namespace

Redecided Redecider::check(const State& state, const Event& event) {
  const Fact& recorded = event.fact;
  if (const auto* fact = std::get_if<FilterDecided>(&recorded)) {
    const NodeSet offered = resolve_offered(state, fact->offered);
    const FilterVerdict verdict = decide_filter(state, fact->pod, offered, fact->offered.unknown_names);
    LastFilter& last = last_[fact->pod] = {offered, fact->offered.unknown_names, {}};
    for (NodeNumber node : verdict.named) last.named.insert(node);
    return compare(verdict.facts, recorded);
  }
  if (const auto* fact = std::get_if<FilterRepeated>(&recorded)) {
    const auto last = last_.find(fact->pod);
    if (last == last_.end()) return Redecided::kNoDecision;  // its first call is before the start of this journal
    return compare(decide_filter(state, fact->pod, last->second.offered, last->second.unknown_names).facts, recorded);
  }
  if (const auto* fact = std::get_if<PrioritizeDecided>(&recorded)) {
    const bool as_named = fact->offered.base == NodeSetDelta::Base::kNamed;
    const auto last = last_.find(fact->pod);
    if (as_named && last == last_.end()) return Redecided::kNoDecision;
    const NodeSet offered = as_named ? last->second.named : resolve_offered(state, fact->offered);
    return compare(decide_prioritize(state, fact->pod, offered, fact->offered.unknown_names).facts, recorded);
  }
  if (const auto* fact = std::get_if<BandwidthReserved>(&recorded)) {
    const std::string& uid = state.pods.at(fact->pod).identity.uid;
    return compare(decide_bind(state, uid, state.nodes.at(fact->node).name).facts, recorded);
  }
  if (const auto* fact = std::get_if<BindRefused>(&recorded)) {
    return compare(decide_bind(state, fact->uid, fact->node_name).facts, recorded);
  }
  if (const auto* fact = std::get_if<PodGone>(&recorded)) last_.erase(fact->pod);
  return Redecided::kNoDecision;
}

}  // namespace bw::replay
