#include "tests/simulation/cluster_check.h"

#include <algorithm>

namespace bw::simulation {
namespace {

std::string text(const Rates& rates) { return std::to_string(rates.ul) + "/" + std::to_string(rates.dl) + " bit/s"; }

}  // namespace

// ---- what a replica has recorded ------------------------------------------------------------------------------

void ClusterCheck::term_began(const std::string& replica, const TermBegan& fact) {
  const std::string term = "term " + std::to_string(fact.term);
  world_.coverage.count(fact.continued ? Counter::kTermsContinued : Counter::kTermsBegan);
  if (fact.continued) {
    if (reign_of(replica) != deciding_) world_.fail("R14", replica + " goes on in " + term + ", which is over");
    return;
  }
  const bool again = fact.term == newest_term_ && reign_of(replica) == newest_reign_;  // it was broken off
  if (fact.term <= newest_term_ && !again && world_.coverage[Counter::kLeaseDeletions] == 0) {
    world_.fail("R14", replica + " begins " + term + " after term " + std::to_string(newest_term_));
  }
  newest_term_ = std::max(newest_term_, fact.term);
  reigns_[replica] = ++newest_reign_;
}

void ClusterCheck::take_over_ended(const std::string& replica) {
  world_.coverage.count(Counter::kTakeOvers);
  if (reign_of(replica) < deciding_) {
    return world_.fail("R14", replica + " begins to decide after a later leader has");
  }
  deciding_ = reign_of(replica);
}

void ClusterCheck::reserved(const std::string& replica, const RecordedGrant& grant) {
  if (grant.reign >= deciding_) return;
  world_.fail("R14", replica + " decides for " + grant.name + " although a later leader decides");
}

std::uint64_t ClusterCheck::reign_of(const std::string& replica) const {
  const auto found = reigns_.find(replica);
  return found == reigns_.end() ? 0 : found->second;
}

// ---- the truth --------------------------------------------------------------------------------------------------

void ClusterCheck::bound(const std::string& replica, const ModelObject& pod, const RecordedGrant& grant,
                         const std::set<std::string>& raised_by_others) {
  world_.coverage.count(Counter::kBindingsCarriedOut);
  // A pod that asks for nothing is not fenced: wherever it is, it takes nothing.
  if (grant.granted != Rates{} && grant.reign < deciding_) {
    return world_.fail("R14", "a Binding of " + pod.name + " (" + pod.uid + ") to " + pod.node + ", which " + replica +
                                  " decided on, was carried out after a later leader had begun to decide");
  }
  ours_[pod.uid] = {pod, grant};
  raised_by_others_.insert(raised_by_others.begin(), raised_by_others.end());
  check_links();
}

void ClusterCheck::forget_ended() {
  std::erase_if(ours_, [&](const auto& entry) {
    const VersionPtr now = store_.present(entry.second.pod);
    return !now || (*now)->over();
  });
}

// R9 from the truth alone: what our pods were granted, on the least that their groups can take, against the largest
// capacity that was ever declared for the link.
void ClusterCheck::check_links() {
  forget_ended();
  std::vector<Counted> pods;
  for (const auto& [uid, bound] : ours_) {
    const RecordedGrant& grant = bound.grant;
    LinkPath path = link_path(bound.pod.node, {}, {});
    const bool excused = !grant.all_links && raised_by_others_.contains(grant.group);
    if (excused) path.resize(1);
    const bool member = !excused && grant.granted != Rates{};  // who asks for nothing raises nothing
    pods.push_back({path, grant.granted, member ? grant.group : "", grant.all_links});
  }
  std::map<std::string, Rates> most;
  for (const StoreChange& change : store_.history(Stream::kBandwidths)) {
    const BandwidthSpec& spec = (*change.version)->bandwidth;
    for (const auto& [link, declared] : {std::pair("local ", &spec.local), std::pair("network ", &spec.network)}) {
      Rates& capacity = most[link + (*change.version)->name];
      capacity.ul = std::max(capacity.ul, declared->ul.value_or(0) * kBitsPerMegabit);
      capacity.dl = std::max(capacity.dl, declared->dl.value_or(0) * kBitsPerMegabit);
    }
  }
  for (const auto& [link, used] : count_use(pods, {})) {
    const bool local = link.starts_with("local");
    const Rates& by_default = local ? policy_.default_local_capacity : policy_.default_network_capacity;
    const Rates& declared = most[link];
    if (used.ul <= std::max(by_default.ul, declared.ul) && used.dl <= std::max(by_default.dl, declared.dl)) continue;
    return world_.fail("R9", "our Bindings put " + text(used) + " on " + link + who_is_on(link));
  }
}

std::string ClusterCheck::who_is_on(const std::string& link) const {
  std::string who;
  for (const auto& [uid, bound] : ours_) {
    if (!link.ends_with(" " + bound.pod.node)) continue;
    who += ", " + bound.pod.name + " of \"" + bound.grant.group + "\" " + text(bound.grant.granted) +
           (bound.grant.all_links ? " on all links" : "");
  }
  return who;
}

}  // namespace bw::simulation
