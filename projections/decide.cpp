#include "projections/decide.h"

#include <algorithm>
#include <array>

#include "projections/offered.h"
#include "projections/reason.h"
#include "projections/scoring.h"

namespace bw {
namespace {

std::uint64_t hash_of_set(const std::vector<NodeNumber>& ascending) {
  FieldHasher hasher(11);
  for (NodeNumber node : ascending) hasher.add(static_cast<std::uint64_t>(node));
  return hasher.finish();
}

// Where none fits because the pod's own group stands in the way: the first node that would be overcommitted.
std::optional<Fact> stuck_group(const State& state, PodNumber pod, const Misfit& raised) {
  const auto node = state.node_of_place.find(static_cast<std::uint32_t>(raised.place));
  if (node == state.node_of_place.end()) return std::nullopt;
  const Int128 most = kLargestRequest;
  return GroupStuck{pod,
                    node->second,
                    {static_cast<BitsPerSecond>(std::min(raised.lacking.ul, most)),
                     static_cast<BitsPerSecond>(std::min(raised.lacking.dl, most))}};
}

std::string refusal_sentence(Reason reason, std::string_view node) {
  return std::string(reason_text(reason)) + " " + std::string(node);
}

}  // namespace

FilterVerdict decide_filter(const State& state, PodNumber number, const NodeSet& offered,
                            std::vector<std::string> unknown_names) {
  const Pod& pod = state.pods.at(number);
  const FitCheck fit(state, pod);
  FilterVerdict verdict;
  verdict.all = !pod.placement && !fit.request().asks();

  FilterDecided decided;
  decided.pod = number;
  decided.attempt = pod.attempts + 1;
  std::array<std::uint32_t, kReasonCount> counts{};
  std::optional<Misfit> raised;
  if (verdict.all) {
    decided.fitting = decided.named = static_cast<std::uint32_t>(offered.size() + unknown_names.size());
  } else {
    std::vector<NodeNumber> fitting;
    offered.for_each([&](NodeNumber node) {
      const Fit here = fit.on(node);
      ++counts[static_cast<std::size_t>(here.reason)];
      if (here.reason == Reason::kFits) {
        fitting.push_back(node);
      } else if (fitting.empty()) {
        verdict.refused.push_back({node, here});
        if (here.reason == Reason::kGroupNetwork && !raised) raised = here.misfit;
      }
    });
    if (pod.placement) {
      verdict.unknown_reason = Reason::kReservedElsewhere;
    } else if (!fit.request().valid()) {
      verdict.unknown_reason = Reason::kInvalidRequest;
    }
    counts[static_cast<std::size_t>(verdict.unknown_reason)] += static_cast<std::uint32_t>(unknown_names.size());
    decided.fitting = static_cast<std::uint32_t>(fitting.size());
    if (!fitting.empty()) {
      verdict.refused.clear();
      raised.reset();
      verdict.named = fitting.size() <= state.policy.candidates
                          ? std::move(fitting)
                          : choose_candidates(state, score_nodes(state, pod, fit, decided.attempt, fitting));
      std::sort(verdict.named.begin(), verdict.named.end());
    }
    decided.named = static_cast<std::uint32_t>(verdict.named.size());
    decided.named_hash = hash_of_set(verdict.named);
    for (std::size_t reason = 1; reason < kReasonCount; ++reason) {
      if (counts[reason] != 0) decided.refusals.push_back({static_cast<Reason>(reason), counts[reason]});
    }
  }
  decided.offered = delta_of(state, offered, std::move(unknown_names));
  // The short record says "as before", so the pod must have been left as that verdict leaves it.
  const bool as_left = decided.fitting > 0 ? !pod.refusal : pod.refusal && pod.refusal->offered;
  if (pod.last_filter != 0 && as_left && pod.last_verdict == verdict_hash(offered, decided)) {
    verdict.facts.emplace_back(FilterRepeated{number, decided.attempt, pod.last_filter});
    return verdict;
  }
  verdict.facts.emplace_back(std::move(decided));
  if (raised) {
    if (std::optional<Fact> stuck = stuck_group(state, number, *raised)) verdict.facts.push_back(std::move(*stuck));
  }
  return verdict;
}

PrioritizeVerdict decide_prioritize(const State& state, PodNumber number, const NodeSet& offered,
                                    std::vector<std::string> unknown_names) {
  const Pod& pod = state.pods.at(number);
  const FitCheck fit(state, pod);
  std::vector<NodeNumber> nodes;
  offered.for_each([&](NodeNumber node) { nodes.push_back(node); });

  PrioritizeVerdict verdict;
  FieldHasher scores(13);
  if (fit.request().asks()) {
    std::vector<RankedNode> ranked = score_nodes(state, pod, fit, pod.attempts, nodes);
    const std::size_t scored = std::min(kScoredNodes, ranked.size());
    std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(scored), ranked.end(), Better{});
    for (std::size_t rank = 0; rank < scored; ++rank) {
      const NodeNumber node = ranked[rank].node;
      verdict.scores.emplace_back(node, folded_score(rank));
      scores.add(static_cast<std::uint64_t>(node)).add(std::uint64_t{folded_score(rank)});
    }
  }
  PrioritizeDecided decided{number, pod.last_filter, {}, scores.finish()};
  // What the last filter call named follows from the journal; anything else is stored.
  if (pod.last_named_hash == hash_of_set(nodes) && unknown_names.empty()) {
    decided.offered.base = NodeSetDelta::Base::kNamed;
  } else {
    decided.offered = delta_of(state, offered, std::move(unknown_names));
  }
  verdict.facts.emplace_back(std::move(decided));
  return verdict;
}

BindVerdict decide_bind(const State& state, std::string_view uid, std::string_view node_name) {
  BindVerdict verdict;
  const auto refuse = [&](Reason reason, std::string sentence) {
    verdict.outcome = BindVerdict::Outcome::kRefuse;
    verdict.refusal = std::move(sentence);
    verdict.facts.emplace_back(BindRefused{std::string(uid), std::string(node_name), reason});
    return verdict;
  };
  const std::optional<PodNumber> number = state.find_pod(uid);
  if (!number) return refuse(Reason::kFits, "the pod is gone, or has not been seen yet");
  const Pod& pod = state.pods.at(*number);
  const std::optional<NodeNumber> node = state.find_node(node_name);
  if (pod.placement) {
    if (node != pod.placement->node) {
      return refuse(Reason::kReservedElsewhere, "the pod is " +
                                                    std::string(pod.placement->settled ? "bound to" : "reserved on") +
                                                    " node " + state.nodes.at(pod.placement->node).name);
    }
    verdict.outcome = pod.placement->settled ? BindVerdict::Outcome::kDone : BindVerdict::Outcome::kJoin;
    return verdict;
  }
  if (pod.fields.terminating) return refuse(Reason::kFits, "the pod is being deleted");
  if (pod.fields.phase == PodPhase::kSucceeded || pod.fields.phase == PodPhase::kFailed) {
    return refuse(Reason::kFits, "the pod has ended");
  }
  const FitCheck fit(state, pod);
  if (!fit.request().valid()) {
    return refuse(Reason::kInvalidRequest, "bandwidth request is invalid: " + fit.request().problem);
  }
  if (!node) {
    if (fit.request().asks()) {
      return refuse(Reason::kNoCapacityRecorded, refusal_sentence(Reason::kNoCapacityRecorded, node_name));
    }
    // The scheduler knows a node that our watch has not shown: it gets its number here.
    verdict.facts.emplace_back(NodeNumbered{state.nodes.next(), std::string(node_name)});
  }
  const NodeNumber target = node.value_or(state.nodes.next());
  const Fit here = node ? fit.on(target) : Fit{};
  if (here.reason != Reason::kFits) return refuse(here.reason, refusal_sentence(here.reason, node_name));
  const Request& request = fit.request();
  verdict.outcome = BindVerdict::Outcome::kReserve;
  verdict.facts.emplace_back(BandwidthReserved{*number, target, request.rates, request.default_ul, request.default_dl,
                                               fit.group(), fit.all_links()});
  return verdict;
}

std::vector<Fact> decide_conditions(const State& state) {
  std::vector<Fact> facts;
  for (PlaceNumber place : state.overcommitted) {
    if (!state.announced_overcommitted.contains(place)) facts.emplace_back(LinkOvercommitted{link_name(state, place)});
  }
  for (PlaceNumber place : state.announced_overcommitted) {
    if (!state.overcommitted.contains(place)) facts.emplace_back(LinkRecovered{link_name(state, place)});
  }
  for (PodNumber number : state.drift_changed) {
    const Pod& pod = state.pods.at(number);
    if (pod.drifts) {
      facts.emplace_back(DriftEnded{number});
    } else {
      facts.emplace_back(DriftBegan{number, named_rates(state, pod, pod.placement->granted)});
    }
  }
  return facts;
}

std::vector<Fact> decide_deadlines(const State& state, Timestamp now) {
  const std::optional<Timestamp> next = next_deadline(state);
  if (!next || *next > now) return {};
  return {DeadlinePassed{}};
}

}  // namespace bw
