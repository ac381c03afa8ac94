#include "projections/wake_up.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "projections/fit.h"

namespace bw {
namespace {

struct Waiting {
  PodNumber number{};
  const Pod* pod = nullptr;
  bool woken = false;
};

// By priority, then those that have not been woken before, then age.
bool comes_before(const Waiting& a, const Waiting& b) {
  const auto rank = [](const Waiting& one) {
    return std::tuple(-std::int64_t{one.pod->fields.priority}, one.pod->behind, one.pod->fields.created, one.number);
  };
  return rank(a) < rank(b);
}

// Pods that would get the same answers: after one of them fitted nowhere, no other is tried.
struct Likeness {
  Rates rates;
  GroupKey group;
  bool all_links = false;
  std::uint32_t interfaces = 0;
  const NodeSet* offered = nullptr;
  std::optional<WorkloadNumber> owner;  // of a member of a named group: with it the group may want more
  friend bool operator<(const Likeness& a, const Likeness& b) {
    const auto key = [](const Likeness& one) {
      return std::tie(one.rates.ul, one.rates.dl, one.all_links, one.interfaces, one.offered, one.owner);
    };
    if (key(a) != key(b)) return key(a) < key(b);
    return a.group < b.group;
  }
};

class WakeUps {
 public:
  WakeUps(const State& state, Timestamp now) : state_(state), now_(now), claims_(state) {}

  std::vector<Fact> run(std::size_t most) {
    std::vector<Fact> facts;
    for (const Waiting& waiting : in_order()) {
      if (facts.size() == most) break;
      if (!take_room(*waiting.pod) || waiting.woken) continue;
      facts.emplace_back(PodWoken{waiting.number, std::max(waiting.pod->retry, waiting.pod->fields.retry) + 1});
    }
    return facts;
  }

 private:
  std::vector<Waiting> in_order() const {
    std::vector<Waiting> order;
    for (PodNumber number : state_.refused) {
      const Pod& pod = state_.pods.at(number);
      if (pod.placement || pod.fields.gated) continue;
      const bool woken = pod.refusal->woken_at != 0 && now_.ns - pod.refusal->woken_time.ns < kWakeUpAnswerNs;
      order.push_back({number, &pod, woken});
    }
    // The woken ones first: their room is spoken for.
    std::sort(order.begin(), order.end(),
              [](const Waiting& a, const Waiting& b) { return a.woken != b.woken ? a.woken : comes_before(a, b); });
    return order;
  }

  bool take_room(const Pod& pod) {
    const FitCheck fit(state_, pod, &claims_);
    if (!fit.request().valid()) return false;
    const Refusal& refusal = *pod.refusal;
    const Likeness likeness{
        fit.request().rates,   group_key(fit.group(), pod),
        fit.all_links(),       pod.fields.interfaces,
        refusal.offered.get(), fit.group().kind == GroupRef::Kind::kNamed ? top_workload(state_, pod) : std::nullopt};
    const auto failed = failed_.find(likeness);
    if (failed != failed_.end() && failed->second <= refusal.attempted_at) return false;
    std::optional<NodeNumber> room;
    state_.schedulable.for_each([&](NodeNumber node) {
      if (room || !may_be_offered(refusal, node)) return;
      if (fit.on(node).reason == Reason::kFits) room = node;
    });
    if (!room) {
      const auto [entry, fresh] = failed_.try_emplace(likeness, refusal.attempted_at);
      if (!fresh) entry->second = std::min(entry->second, refusal.attempted_at);
      return false;
    }
    fit.claim(*room, claims_);
    return true;
  }

  // A node that other plugins refused in the last attempt would be refused again, unless it has changed or a pod has
  // left it since: pods that come to it open it to nobody.
  bool may_be_offered(const Refusal& refusal, NodeNumber node) const {
    return refusal.offered == nullptr || refusal.offered->contains(node) ||
           state_.nodes.at(node).eased_at > refusal.attempted_at;
  }

  const State& state_;
  const Timestamp now_;
  Claims claims_;
  std::map<Likeness, Sequence> failed_;  // the attempt since which it was tried in vain
};

}  // namespace

bool wake_ups_possible(const State& state, Sequence seen) { return !state.refused.empty() && state.grew_at > seen; }

std::optional<Timestamp> next_wake_up_lapse(const State& state, Timestamp now) {
  std::optional<Timestamp> next;
  for (PodNumber number : state.refused) {
    const Refusal& refusal = *state.pods.at(number).refusal;
    if (refusal.woken_at == 0) continue;
    const Timestamp lapse{refusal.woken_time.ns + kWakeUpAnswerNs};
    if (lapse > now && (!next || lapse < *next)) next = lapse;
  }
  return next;
}

std::vector<Fact> decide_wake_ups(const State& state, Timestamp now, std::size_t most) {
  if (state.refused.empty()) return {};
  return WakeUps(state, now).run(most);
}

}  // namespace bw
