#include "projections/scoring.h"

#include <algorithm>
#include <limits>
#include <map>

namespace bw {
namespace {

constexpr std::int64_t kBest = 100;

// Share of `capacity` that is left of `room` after `need`, 0..100.
std::int64_t free_share(Int128 room, Int128 need, BitsPerSecond capacity) {
  if (capacity <= 0) return need == 0 ? kBest : 0;
  // A division of 64 bits takes a tenth of one of 128, and there are four of them for each of 5,000 nodes.
  const auto left = static_cast<std::int64_t>(std::clamp<Int128>(room - need, 0, capacity));
  if (capacity <= std::numeric_limits<std::int64_t>::max() / kBest) return left * kBest / capacity;
  return static_cast<std::int64_t>(Int128{left} * kBest / capacity);
}

// How much is left on the tightest link that the pod would be charged on, its group meeting at `meeting`.
std::int64_t free_bandwidth(const State& state, const PodTerms& pod, const Node& node, PlaceNumber meeting) {
  const PlaceNumber top = pod.all_links ? kFabric : meeting;
  std::int64_t least = kBest;
  for (PlaceNumber place = node.leaf; place != top; place = state.ledger.place(place).parent) {
    const Link& link = state.ledger.place(place).link;
    const Sum room = link.room();
    least = std::min({least, free_share(room.ul, pod.rates.ul, link.capacity.ul),
                      free_share(room.dl, pod.rates.dl, link.capacity.dl)});
  }
  return least;
}

std::int64_t interface_count(const State& state, const Node& node) {
  constexpr std::uint64_t kUsualMost = 256;  // where no limit is known
  const std::uint64_t most = max_interfaces(state, node).value_or(node.allocatable_pods);
  const std::uint64_t limit = most == 0 ? kUsualMost : most;
  return static_cast<std::int64_t>(limit - std::min(limit, node.interfaces_used)) * kBest /
         static_cast<std::int64_t>(limit);
}

// What groups that grow on one node still want there, and what they would take from its network link if they could not
// stay: their members that are there now.
struct Promise {
  std::uint64_t pods = 0;
  Sum local;
  Sum network;
};
using Promises = std::map<PlaceNumber, Promise>;

// Of all groups but the pod's own.
Promises promises_to_others(const State& state, const PodTerms& pod) {
  Promises promises;
  for (const GroupNumber number : state.ledger.growing()) {
    if (pod.group == number) continue;
    const Group& group = *state.ledger.group(number);
    Promise& promise = promises[group.meeting];
    const std::uint32_t missing = *group.wanted - group.live;
    const Sum& sum = group.below.at(group.meeting).sum;
    promise.pods += missing;
    promise.local.ul += (sum.ul * missing + group.live - 1) / group.live;
    promise.local.dl += (sum.dl * missing + group.live - 1) / group.live;
    promise.network += sum;
  }
  return promises;
}

// Whether the node has room for `members` more pods such as this one, and for what it has promised.
bool all_fit(const State& state, const PodTerms& pod, const Node& node, std::uint32_t members,
             const Promise& promised) {
  const Sum local = state.ledger.place(node.leaf).link.room();
  const std::optional<std::uint32_t> most = max_interfaces(state, node);
  return Int128{members} * pod.rates.ul + promised.local.ul <= local.ul &&
         Int128{members} * pod.rates.dl + promised.local.dl <= local.dl &&
         (!most || node.interfaces_used + std::uint64_t{members} * pod.interfaces + promised.pods <= *most) &&
         (node.allocatable_pods == 0 || node.pods.size() + members + promised.pods <= node.allocatable_pods);
}

// Whether its network link could carry `sum` and, beside it, the groups that have begun to grow there.
bool can_spread(const State& state, const Node& node, const Sum& sum, const Promise& promised) {
  const Sum network = state.ledger.place(node.place).link.room();
  return sum.ul + promised.network.ul <= network.ul && sum.dl + promised.network.dl <= network.dl;
}

struct Colocation {
  std::int64_t score = 0;
  Outlook outlook = Outlook::kGood;
};

Colocation colocation(const State& state, const PodTerms& pod, const Node& node, PlaceNumber meeting,
                      const Promises& promises) {
  static const Promise kNone;
  const auto found = promises.find(node.place);
  const Promise& promised = found == promises.end() ? kNone : found->second;
  const Sum own{pod.rates.ul, pod.rates.dl};
  const auto outlook = [&](const Sum& sum) {
    if (promised.pods == 0 || all_fit(state, pod, node, 1, promised)) return Outlook::kGood;
    return can_spread(state, node, sum, promised) ? Outlook::kCrowds : Outlook::kDeadEnd;
  };
  if (!pod.group || pod.all_links || !pod.wanted) return {0, outlook(own)};
  const Group* group = pod.first ? nullptr : state.ledger.group(*pod.group);
  const std::uint32_t live = group == nullptr ? 0 : group->live;
  std::uint32_t here = 0;
  Sum here_sum;
  if (group != nullptr) {
    const auto below = group->below.find(node.place);
    if (below != group->below.end()) {
      here = below->second.members;
      here_sum = below->second.sum;
    }
  }
  const bool stays = meeting == node.place;
  const std::int64_t share = *pod.wanted == 0 ? 0 : std::int64_t{here} * kBest / *pod.wanted;
  const std::int64_t gathers = here == 0 ? (live == 0 ? kBest : 0) : std::clamp<std::int64_t>(share, 1, kBest);
  if (!stays) return {gathers, outlook(own)};  // charged on the network link already: the check has covered it

  // All its members so far would be here, free of charge on the network link. Can it stay so?
  const std::uint32_t missing = std::max(*pod.wanted, live + 1) - live;
  if (all_fit(state, pod, node, missing, promised)) return {kBest};
  // If not, its network link must be able to carry those that are here once others are placed elsewhere.
  here_sum += pod.rates;
  if (!can_spread(state, node, here_sum, promised)) return {0, Outlook::kDeadEnd};
  return {gathers, outlook(here_sum)};
}

struct Score {
  std::int64_t points = 0;
  Outlook outlook = Outlook::kGood;
};

Score score(const State& state, const PodTerms& pod, const Node& node, const Promises& promises) {
  const PlaceNumber meeting = state.ledger.meeting_with(pod.group, node.leaf, terms_at(state, pod, node).group);
  Score sum;
  for (const PluginWeight& plugin : state.policy.plugins) {
    std::int64_t points = 0;
    switch (plugin.plugin) {
      case ScoringPlugin::kColocation: {
        const Colocation result = colocation(state, pod, node, meeting, promises);
        points = result.score;
        sum.outlook = result.outlook;
        break;
      }
      case ScoringPlugin::kFreeBandwidth:
        points = free_bandwidth(state, pod, node, meeting);
        break;
      case ScoringPlugin::kInterfaceCount:
        points = interface_count(state, node);
        break;
      case ScoringPlugin::kActiveFlows:
      case ScoringPlugin::kMeasuredBandwidth:
        break;  // no samples yet
    }
    sum.points += points * plugin.weight;
  }
  return sum;
}

}  // namespace

std::vector<RankedNode> score_nodes(const State& state, const Pod& pod, const FitCheck& fit, std::uint32_t attempt,
                                    const std::vector<NodeNumber>& nodes) {
  const std::uint64_t seed =
      FieldHasher(state.policy.scoring_seed).add(pod.identity.uid).add(std::uint64_t{attempt}).finish();
  const Promises promises = promises_to_others(state, fit.terms());
  std::vector<RankedNode> scored;
  scored.reserve(nodes.size());
  for (NodeNumber number : nodes) {
    const Node* node = state.nodes.find(number);
    if (node == nullptr) continue;
    const std::uint64_t draw = FieldHasher(seed).add(static_cast<std::uint64_t>(number)).finish();
    const Score here = score(state, fit.terms(), *node, promises);
    scored.push_back({number, here.outlook, here.points, draw});
  }
  return scored;
}

std::vector<NodeNumber> choose_candidates(const State& state, std::vector<RankedNode> scored) {
  const std::size_t most = state.policy.candidates;
  if (scored.size() > most) {
    const auto drawn_before = [](const RankedNode& a, const RankedNode& b) {
      return a.draw != b.draw ? a.draw < b.draw : a.node < b.node;
    };
    const auto rest = scored.begin() + static_cast<std::ptrdiff_t>(most - most / 4);
    const auto end = scored.begin() + static_cast<std::ptrdiff_t>(most);
    std::nth_element(scored.begin(), rest, scored.end(), Better{});
    std::nth_element(rest, end, scored.end(), drawn_before);
    scored.resize(most);
  }
  std::vector<NodeNumber> chosen;
  chosen.reserve(scored.size());
  for (const RankedNode& node : scored) chosen.push_back(node.node);
  return chosen;
}

}  // namespace bw
