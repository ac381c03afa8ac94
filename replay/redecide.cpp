#include "replay/redecide.h"

#include <algorithm>
#include <limits>

#include "projections/admission.h"
#include "projections/decide.h"
#include "projections/offered.h"
#include "projections/wake_up.h"

namespace bw::replay {
namespace {

// A decision may make more facts than the one that is compared.
Redecided compare(const std::vector<Fact>& facts, const Fact& recorded) {
  return std::find(facts.begin(), facts.end(), recorded) == facts.end() ? Redecided::kDiffers : Redecided::kSame;
}

// The edit that asks for what was granted, of the directions that it raises.
Redecided raise_again(const State& state, const GrantRaised& raised) {
  const Pod* pod = state.pods.find(raised.pod);
  if (pod == nullptr || !pod->placement || state.policy.dialects.empty()) return Redecided::kNotKnown;
  PodSeen before;
  before.identity = pod->identity;
  before.fields = pod->fields;
  before.fields.requests.clear();
  PodSeen after = before;
  const Rates& granted = pod->placement->granted;
  const Dialect dialect = state.policy.dialects.front();
  if (raised.granted.ul != granted.ul) {
    after.fields.requests.push_back({dialect, Direction::kUl, raised.granted.ul, {}});
  }
  if (raised.granted.dl != granted.dl) {
    after.fields.requests.push_back({dialect, Direction::kDl, raised.granted.dl, {}});
  }
  return compare(decide_edited(state, before, after).facts, raised);
}

template <class... Kinds>
bool is_one_of(const Fact& fact) {
  return (std::holds_alternative<Kinds>(fact) || ...);
}

bool is_decision(const Fact& fact) {
  return is_one_of<FilterDecided, FilterRepeated, PrioritizeDecided, BandwidthReserved, BindRefused, PodWoken,
                   GrantRaised, LinkOvercommitted, LinkRecovered, DriftBegan, DriftEnded, DeadlinePassed>(fact);
}

}  // namespace

Redecided Redecider::check(const State& state, const Event& event) {
  if (const auto* epoch = std::get_if<EpochBegan>(&event.fact)) same_rules_ = epoch->rules_version == kRulesVersion;
  if (std::holds_alternative<ClockSteppedBack>(event.fact)) clock_behind_ = event.time;
  if (!std::holds_alternative<PodWoken>(event.fact)) wake_ups_.clear();
  if (const auto* gone = std::get_if<PodGone>(&event.fact)) last_.erase(gone->pod);
  if (!is_decision(event.fact)) return Redecided::kNoDecision;
  if (same_rules_) return decide_again(state, event);
  if (const auto* filter = std::get_if<FilterDecided>(&event.fact)) last_.erase(filter->pod);
  return Redecided::kNotKnown;
}

Redecided Redecider::decide_again(const State& state, const Event& event) {
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
    if (last == last_.end()) return Redecided::kNotKnown;
    return compare(decide_filter(state, fact->pod, last->second.offered, last->second.unknown_names).facts, recorded);
  }
  if (const auto* fact = std::get_if<PrioritizeDecided>(&recorded)) {
    const bool as_named = fact->offered.base == NodeSetDelta::Base::kNamed;
    const auto last = last_.find(fact->pod);
    if (as_named && last == last_.end()) return Redecided::kNotKnown;
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
  if (const auto* fact = std::get_if<PodWoken>(&recorded)) return wake_again(state, event, *fact);
  if (const auto* fact = std::get_if<GrantRaised>(&recorded)) return raise_again(state, *fact);
  if (std::holds_alternative<DeadlinePassed>(recorded)) return compare(decide_deadlines(state, event.time), recorded);
  return compare(decide_conditions(state), recorded);
}

// Pods are woken some together, with one stamp, each for room that the ones before it leave: decided once, on the state
// before the first of them.
Redecided Redecider::wake_again(const State& state, const Event& event, const PodWoken& woken) {
  if (event.time == clock_behind_) return Redecided::kNotKnown;
  if (event.monotonic_ns != woken_at_ns_ || wake_ups_.empty()) {
    woken_at_ns_ = event.monotonic_ns;
    wake_ups_ = decide_wake_ups(state, event.time, std::numeric_limits<std::size_t>::max());
    std::reverse(wake_ups_.begin(), wake_ups_.end());
  }
  if (wake_ups_.empty()) return Redecided::kDiffers;
  const bool same = wake_ups_.back() == Fact(woken);
  wake_ups_.pop_back();
  return same ? Redecided::kSame : Redecided::kDiffers;
}

}  // namespace bw::replay
