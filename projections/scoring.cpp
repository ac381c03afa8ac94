#include "projections/scoring.h"

#include <algorithm>

namespace bw {
namespace {

constexpr std::int64_t kBest = 100;

// Share of `capacity` that is left of `room` after `need`, 0..100.
std::int64_t free_share(Int128 room, Int128 need, BitsPerSecond capacity) {
  if (capacity <= 0) return need == 0 ? kBest : 0;
  return static_cast<std::int64_t>(std::clamp<Int128>((room - need) * kBest / capacity, 0, kBest));
}

// How much is left on the tightest link that the pod would be charged on.
std::int64_t free_bandwidth(const State& state, const PodTerms& pod, const Node& node) {
  const Terms terms = terms_at(state, pod, node);
  const PlaceNumber top = pod.all_links ? kFabric : state.ledger.meeting_with(pod.group, node.leaf, terms.group);
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

struct Colocation {
  std::int64_t score = 0;
  bool dead_end = false;  // the group could neither stay on the node nor spread from it
};

Colocation colocation(const State& state, const PodTerms& pod, const Node& node) {
  if (!pod.group || pod.all_links || !pod.wanted) return {};
  const Ledger& ledger = state.ledger;
  const Group* group = pod.first ? nullptr : ledger.group(*pod.group);
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
  const Terms terms = terms_at(state, pod, node);
  const bool stays = ledger.meeting_with(pod.group, node.leaf, terms.group) == node.place;
  const std::int64_t share = *pod.wanted == 0 ? 0 : std::int64_t{here} * kBest / *pod.wanted;
  const std::int64_t gathers = here == 0 ? (live == 0 ? kBest : 0) : std::clamp<std::int64_t>(share, 1, kBest);
  if (!stays) return {gathers, false};  // charged on the network link already: the check has covered it

  // All its members so far would be here, free of charge on the network link. Can it stay so?
  const std::uint32_t missing = std::max(*pod.wanted, live + 1) - live;
  const Sum local = ledger.place(node.leaf).link.room();
  const std::optional<std::uint32_t> most = max_interfaces(state, node);
  const bool all_fit = Int128{missing} * pod.rates.ul <= local.ul && Int128{missing} * pod.rates.dl <= local.dl &&
                       (!most || node.interfaces_used + std::uint64_t{missing} * pod.interfaces <= *most) &&
                       (node.allocatable_pods == 0 || node.pods.size() + missing <= node.allocatable_pods);
  if (all_fit) return {kBest, false};
  // If not, its network link must be able to carry those that are here once others are placed elsewhere.
  const Sum network = ledger.place(node.place).link.room();
  const bool can_spread = here_sum.ul + pod.rates.ul <= network.ul && here_sum.dl + pod.rates.dl <= network.dl;
  return can_spread ? Colocation{gathers, false} : Colocation{0, true};
}

std::int64_t score(const State& state, const PodTerms& pod, const Node& node) {
  std::int64_t sum = 0;
  for (const PluginWeight& plugin : state.policy.plugins) {
    std::int64_t points = 0;
    switch (plugin.plugin) {
      case ScoringPlugin::kColocation: {
        const Colocation result = colocation(state, pod, node);
        if (result.dead_end) return -1;  // behind all others
        points = result.score;
        break;
      }
      case ScoringPlugin::kFreeBandwidth:
        points = free_bandwidth(state, pod, node);
        break;
      case ScoringPlugin::kInterfaceCount:
        points = interface_count(state, node);
        break;
      case ScoringPlugin::kActiveFlows:
      case ScoringPlugin::kMeasuredBandwidth:
        break;  // no samples yet
    }
    sum += points * plugin.weight;
  }
  return sum;
}

}  // namespace

bool better(const RankedNode& a, const RankedNode& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.draw != b.draw) return a.draw < b.draw;
  return a.node < b.node;
}

std::vector<RankedNode> score_nodes(const State& state, const Pod& pod, const FitCheck& fit, std::uint32_t attempt,
                                    const std::vector<NodeNumber>& nodes) {
  const std::uint64_t seed =
      FieldHasher(state.policy.scoring_seed).add(pod.identity.uid).add(std::uint64_t{attempt}).finish();
  std::vector<RankedNode> scored;
  scored.reserve(nodes.size());
  for (NodeNumber number : nodes) {
    const Node* node = state.nodes.find(number);
    if (node == nullptr) continue;
    const std::uint64_t draw = FieldHasher(seed).add(static_cast<std::uint64_t>(number)).finish();
    scored.push_back({number, score(state, fit.terms(), *node), draw});
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
    std::nth_element(scored.begin(), rest, scored.end(), better);
    std::nth_element(rest, end, scored.end(), drawn_before);
    scored.resize(most);
  }
  std::vector<NodeNumber> chosen;
  chosen.reserve(scored.size());
  for (const RankedNode& node : scored) chosen.push_back(node.node);
  return chosen;
}

std::uint32_t folded_score(std::size_t rank) { return rank < 10 ? static_cast<std::uint32_t>(10 - rank) : 0; }

}  // namespace bw
