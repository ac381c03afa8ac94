// Properties of every history. The seeds are in the names of the traces; a failure is reproduced by its seed alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "projections/admission.h"
#include "projections/decide.h"
#include "projections/digest.h"
#include "tests/support/random_history.h"
#include "tests/support/recount.h"

namespace bw {
namespace {

using testing::IsEmpty;

// ---- who counts where, and with what: rules R4 and R5 from the facts alone -----------------------------------

class PodRecount {
 public:
  struct Counted {
    NodeNumber node{};
    Rates granted, charged;
    bool settled = false, foreign = false;
    std::uint64_t term = 0;
  };

  void see(const Event& event, const Policy& policy) {
    policy_ = &policy;
    std::visit([this](const auto& fact) { on(fact); }, event.fact);
  }
  const std::map<PodNumber, Counted>& counted() const { return counted_; }

 private:
  template <class AnyFact>
  void on(const AnyFact&) {}
  void on(const TermBegan& fact) { term_ = fact.term; }
  void on(const ResyncBegan& fact) {
    if (fact.stream == Stream::kPods) restored_ = fact.restored;
  }
  void on(const ResyncEnded& fact) {
    if (fact.stream == Stream::kPods) restored_ = false;
  }
  void on(const NamespaceObserved& fact) { spaces_[fact.name] = {fact.default_ul, fact.default_dl}; }
  void on(const NamespaceGone& fact) { spaces_.erase(fact.name); }

  void on(const PodObserved& fact) {
    if (fact.identity) space_of_[fact.pod] = fact.identity->space;
    const PodFields& fields = fields_[fact.pod] = fact.fields;
    const auto known = counted_.find(fact.pod);
    const bool counts = known != counted_.end();
    if (fields.phase == PodPhase::kSucceeded || fields.phase == PodPhase::kFailed) {
      counted_.erase(fact.pod);
    } else if (fields.node) {
      if (!counts || known->second.node != *fields.node) {
        Counted& one = counted_[fact.pod];
        one = {*fields.node, fields.granted.value_or(asked_or_default(fact.pod)), {}, true, !fields.granted, term_};
      }
      Counted& one = counted_.at(fact.pod);
      one.settled = true;
      one.charged = larger(one.granted, fields);
    } else if (counts && fields.term > known->second.term) {
      counted_.erase(known);
    } else if (fields.terminating) {
      counted_.erase(fact.pod);
    } else if (counts && known->second.settled && restored_) {
      if (known->second.foreign) {
        counted_.erase(known);
      } else {
        known->second.settled = false;
      }
    }
  }
  void on(const PodGone& fact) {
    counted_.erase(fact.pod);
    fields_.erase(fact.pod);
  }
  void on(const BandwidthReserved& fact) {
    counted_[fact.pod] = {fact.node, fact.granted, larger(fact.granted, fields_.at(fact.pod)), false, false, term_};
  }
  void on(const BindingConfirmed& fact) {
    const auto known = counted_.find(fact.pod);
    if (known != counted_.end()) known->second.settled = true;
  }
  void on(const BindingRefused& fact) {
    const auto known = counted_.find(fact.pod);
    if (known != counted_.end() && !known->second.settled) counted_.erase(known);
  }
  void on(const GrantRaised& fact) {
    const auto known = counted_.find(fact.pod);
    if (known == counted_.end()) return;
    known->second.granted = fact.granted;
    known->second.charged = larger(fact.granted, fields_.at(fact.pod));
  }

  // What one direction names: absent, a rate, or invalid (negative).
  static std::optional<BitsPerSecond> named(const PodFields& fields, Direction direction) {
    std::optional<BitsPerSecond> rate;
    for (const RequestEntry& entry : fields.requests) {
      if (entry.direction != direction) continue;
      if (!entry.rate || (rate && *rate != *entry.rate)) return -1;
      rate = entry.rate;
    }
    return rate;
  }

  Rates asked_or_default(PodNumber pod) const {
    const PodFields& fields = fields_.at(pod);
    const auto space = spaces_.find(space_of_.at(pod));
    const auto in_space = [&](bool ul) {
      if (space == spaces_.end()) return std::optional<BitsPerSecond>();
      return ul ? space->second.first : space->second.second;
    };
    Rates defaults{in_space(true).value_or(policy_->default_request.ul),
                   in_space(false).value_or(policy_->default_request.dl)};
    const bool wrong_default = defaults.ul < 0 || defaults.dl < 0;
    const auto ul = named(fields, Direction::kUl), dl = named(fields, Direction::kDl);
    const Rates asked{ul.value_or(defaults.ul), dl.value_or(defaults.dl)};
    if (asked.ul >= 0 && asked.dl >= 0) return asked;
    return wrong_default ? policy_->default_request : defaults;
  }

  static Rates larger(const Rates& granted, const PodFields& fields) {
    const auto ul = named(fields, Direction::kUl), dl = named(fields, Direction::kDl);
    if ((ul && *ul < 0) || (dl && *dl < 0)) return granted;
    return {std::max(granted.ul, ul.value_or(0)), std::max(granted.dl, dl.value_or(0))};
  }

  const Policy* policy_ = nullptr;
  std::uint64_t term_ = 0;
  bool restored_ = false;
  std::map<std::string, std::pair<std::optional<BitsPerSecond>, std::optional<BitsPerSecond>>> spaces_;
  std::map<PodNumber, std::string> space_of_;
  std::map<PodNumber, PodFields> fields_;
  std::map<PodNumber, Counted> counted_;
};

// ---- what every link carries: rules R6 to R8 ----------------------------------------------------------------

std::string name_of(const State& state, PlaceNumber place) {
  if (place == kFabric) return "";
  const LinkName name = link_name(state, place);
  return name.kind == LinkName::Kind::kUplink ? "uplink " + name.uplink : state.nodes.at(name.node).name;
}

// The sums of the ledger, by the names that the recount uses; links that carry nothing are left out.
LinkUse ledger_use(const State& state) {
  LinkUse use;
  const auto put = [&](const std::string& link, PlaceNumber place) {
    const Sum& used = state.ledger.place(place).link.used;
    if (used == Sum{}) return;
    use[link] = {static_cast<BitsPerSecond>(used.ul), static_cast<BitsPerSecond>(used.dl)};
  };
  state.nodes.for_each([&](NodeNumber, const Node& node) {
    put("local " + node.name, node.leaf);
    put("network " + node.name, node.place);
  });
  for (const auto& [name, uplink] : state.uplinks) put("uplink " + name, uplink.place);
  return use;
}

std::string text_of(const LinkUse& use) {
  std::string text;
  for (const auto& [link, rates] : use) {
    text += link + " " + std::to_string(rates.ul) + "/" + std::to_string(rates.dl) + "; ";
  }
  return text;
}

// What is wrong with the ledger; "" if nothing is.
std::string compare(const State& state, const PodRecount& recount) {
  std::vector<Counted> pods;
  std::map<std::string, std::vector<std::size_t>> members;
  std::map<std::string, GroupNumber> numbers;
  for (const auto& [number, counted] : recount.counted()) {
    const Pod* pod = state.pods.find(number);
    if (pod == nullptr || !pod->placement) return "a pod that counts has no placement";
    const Placement& placement = *pod->placement;
    if (placement.node != counted.node) return pod->identity.name + " counts on another node";
    if (placement.granted != counted.granted) return pod->identity.name + " was granted something else";
    if (placement.settled != counted.settled) return pod->identity.name + " is settled, or is not";
    const Node& node = state.nodes.at(counted.node);
    std::map<std::string, std::string> labels;
    for (std::size_t i = 0; i < node.level_values.size() && i < state.policy.levels.size(); ++i) {
      labels[state.policy.levels[i].label] = node.level_values[i];
    }
    const std::string group =
        placement.group_number ? "group " + std::to_string(index_of(*placement.group_number)) : std::string();
    if (!group.empty()) {
      members[group].push_back(pods.size());
      numbers[group] = *placement.group_number;
    }
    pods.push_back({link_path(node.name, labels, state.policy), counted.charged, group, placement.all_links});
  }
  std::size_t placed = 0;
  state.pods.for_each([&](PodNumber, const Pod& pod) { placed += pod.placement ? 1 : 0; });
  if (placed != pods.size()) return "a pod has a placement and does not count";

  std::map<std::string, std::string> meeting;
  for (const auto& [group, indexes] : members) {
    std::vector<const Counted*> of_group;
    for (std::size_t index : indexes) of_group.push_back(&pods[index]);
    const std::string lowest = lowest_place(of_group);
    const Group& in_ledger = *state.ledger.group(numbers.at(group));
    const std::string meets = meeting[group] = name_of(state, in_ledger.meeting);
    const bool above = std::any_of(of_group.front()->path.begin(), of_group.front()->path.end(),
                                   [&](const LinkStep& step) { return step.place == meets; });
    if (in_ledger.live != indexes.size()) return group + " has another number of members";
    if (name_of(state, in_ledger.lowest) != lowest) return group + " is elsewhere";
    if (!above) return group + " meets where not all of its members are";
    if ((in_ledger.spread || !in_ledger.wanted) && !meets.empty()) return group + " is not charged on all links";
    if (!in_ledger.wanted || in_ledger.spread) continue;
    if (*in_ledger.wanted >= 2 && in_ledger.live >= *in_ledger.wanted && meets != lowest)
      return group + " is not refunded";
    if (*in_ledger.wanted <= 1 && in_ledger.live == 1 && in_ledger.terminating == 0 && !meets.empty()) {
      return group + " has its peers elsewhere and is not charged for it";
    }
  }
  LinkUse use = count_use(pods, meeting);
  std::erase_if(use, [](const auto& entry) { return entry.second == Rates{}; });
  const LinkUse ours = ledger_use(state);
  if (use != ours) return "the ledger has " + text_of(ours) + "the recount has " + text_of(use);
  return {};
}

std::vector<Sum> rooms(const State& state) {
  std::vector<Sum> rooms;
  for (std::size_t i = 1; i < state.ledger.place_count(); ++i) {
    rooms.push_back(state.ledger.place(PlaceNumber{static_cast<std::uint32_t>(i)}).link.room());
  }
  return rooms;
}

// R9, for one decision of ours: no room that it made smaller is negative.
bool takes_only_room(const std::vector<Sum>& before, const State& after) {
  const std::vector<Sum> now = rooms(after);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (now[i].ul < before[i].ul && now[i].ul < 0) return false;
    if (now[i].dl < before[i].dl && now[i].dl < 0) return false;
  }
  return true;
}

constexpr std::uint64_t kSeeds = 40;
constexpr int kSteps = 250;

TEST(History, TheLedgerIsARecountFromScratchAtEverySequence) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomHistory history(seed);
    for (int i = 0; i < kSteps; ++i) history.step();
    State state;
    PodRecount recount;
    for (const Event& event : history.events()) {
      recount.see(event, state.policy);
      apply(state, event);
      const std::string wrong = compare(state, recount);
      ASSERT_EQ(wrong, "") << "at sequence " << event.sequence << ", fact " << event.fact.index();
    }
  }
}

TEST(History, NoDecisionTakesRoomThatIsNotThereAtAnySequence) {
  std::size_t decisions = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomHistory history(seed);
    for (int i = 0; i < kSteps; ++i) history.step();
    State state;
    for (const Event& event : history.events()) {
      const bool decides =
          std::holds_alternative<BandwidthReserved>(event.fact) || std::holds_alternative<GrantRaised>(event.fact);
      const std::vector<Sum> before = decides ? rooms(state) : std::vector<Sum>();
      apply(state, event);
      if (!decides) continue;
      ++decisions;
      ASSERT_TRUE(takes_only_room(before, state)) << "at sequence " << event.sequence;
    }
  }
  EXPECT_GT(decisions, 150U);
}

// A history made of nothing but our decisions and what they need: nobody else binds, edits, or takes capacity away.
class OurHistory {
 public:
  explicit OurHistory(std::uint64_t seed) : random_(seed), world_(policy(random_)) {
    for (int i = 0; i < 3; ++i) add_node();
    for (const char* name : {"peers", "web", "single"}) {
      world_.workload(WorkloadKind::kStatefulSet, name, name == std::string("single") ? 1 : 2 + random_.below(5));
    }
  }

  void step() {
    switch (random_.below(12)) {
      case 0:
        return random_.one_in(4) ? add_node() : world_.begin_epoch();
      case 1:
      case 2:
      case 3:
        return add_pod();
      case 4:
      case 5:
      case 6:
        return schedule();
      case 7:
      case 8:
        return answer();
      case 9:
        world_.wake();
        return world_.pass_seconds(static_cast<std::int64_t>(random_.below(40)));
      case 10:
        return admit();
      default:
        return end();
    }
  }

  const std::vector<Event>& events() const { return world_.events(); }

 private:
  static Policy policy(RandomNumbers& random) {
    Policy policy;
    if (random.one_in(2)) policy.levels.push_back({"rack", both(400), {}});
    if (random.one_in(3)) policy.default_request = both(10);
    policy.scoring_seed = random.next();
    return policy;
  }

  void add_node() {
    const std::string name = "n" + std::to_string(nodes_++);
    const Rates network{megabits(100 + 50 * static_cast<std::int64_t>(random_.below(8))), megabits(300)};
    const bool small = random_.one_in(3);
    world_.edit_node(name, [&](NodeSeen& node) {
      node.allocatable_pods = small ? 4 : 0;
      if (!world_.state().policy.levels.empty()) node.level_values = {random_.one_in(2) ? "r1" : "r2"};
    });
    world_.edit_bandwidth(name, [&](BandwidthSeen& object) {
      object.network_ul = network.ul;
      object.network_dl = network.dl;
      object.local_ul = object.local_dl = megabits(500);
    });
  }

  void add_pod() {
    const std::string name = "p" + std::to_string(pods_++);
    world_.pod(name, random_.pick(std::vector<std::string>{"10M", "60M", "100M/20M", "150M", "", "/90M"}),
               random_.pick(std::vector<std::string>{"", "peers", "peers", "web", "single", "StatefulSet/unknown"}));
    waiting_.push_back(name);
  }

  std::string any_node() { return "n" + std::to_string(random_.below(nodes_)); }

  // Any node may be tried: the check of bind does not rely on that of filter.
  void schedule() {
    if (waiting_.empty()) return;
    const std::string pod = random_.pick(waiting_);
    std::string node = any_node();
    if (!random_.one_in(3)) {
      const FilterVerdict verdict = world_.filter(pod);
      if (verdict.named.empty()) return;
      node = world_.state().nodes.at(random_.pick(verdict.named)).name;
    }
    if (world_.bind(pod, node).outcome != BindVerdict::Outcome::kReserve) return;
    std::erase(waiting_, pod);
    reserved_.push_back(pod);
  }

  void answer() {
    if (reserved_.empty()) return;
    const std::string pod = random_.pick(reserved_);
    std::erase(reserved_, pod);
    if (random_.one_in(4)) {
      world_.refuse(pod);
      waiting_.push_back(pod);
    } else {
      world_.confirm(pod);
      bound_.push_back(pod);
    }
  }

  // An edit that was admitted comes, now and then late or never.
  void admit() {
    if (bound_.empty()) return;
    const std::string pod = random_.pick(bound_);
    PodSeen after = world_.shown(pod);
    after.fields.requests = requests(random_.pick(std::vector<std::string>{"20M", "120M", "300M", "80M/200M"}));
    const AdmissionVerdict verdict = decide_edited(world_.state(), world_.shown(pod), after);
    world_.record(verdict.facts);
    world_.follow_up();
    if (!verdict.allowed || random_.one_in(4)) return;
    world_.edit(pod, [&](PodSeen& seen) { seen.fields.requests = after.fields.requests; });
  }

  void end() {
    if (bound_.empty()) return;
    const std::string pod = random_.pick(bound_);
    if (random_.one_in(2)) return world_.terminate(pod);
    std::erase(bound_, pod);
    random_.one_in(2) ? world_.gone(pod) : world_.phase(pod, PodPhase::kSucceeded);
  }

  RandomNumbers random_;
  World world_;
  std::uint64_t nodes_ = 0, pods_ = 0;
  std::vector<std::string> waiting_, reserved_, bound_;
};

TEST(History, OfOurDecisionsAloneMakesNoRoomNegativeAtAnySequence) {
  std::size_t reserved = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    OurHistory history(seed);
    for (int i = 0; i < kSteps; ++i) history.step();
    State state;
    for (const Event& event : history.events()) {
      apply(state, event);
      reserved += std::holds_alternative<BandwidthReserved>(event.fact) ? 1 : 0;
      ASSERT_THAT(state.overcommitted, IsEmpty()) << "at sequence " << event.sequence;
      for (const Sum& room : rooms(state)) {
        ASSERT_TRUE(room.ul >= 0 && room.dl >= 0)
            << "at sequence " << event.sequence << ", fact " << event.fact.index();
      }
    }
  }
  EXPECT_GT(reserved, 500U);
}

// Whatever a watch has shown before may come again, in any order, and is no news.
TEST(History, DuplicatedAndReorderedEventsOfAWatchChangeNothing) {
  std::size_t repeated = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomHistory history(seed);
    std::vector<PodSeen> pods;
    std::vector<NodeSeen> nodes;
    bool was_restored = false;
    for (int i = 0; i < kSteps; ++i) {
      history.step();
      const State& state = history.state();
      const World& world = history.world();
      const StreamState& stream = state.stream(Stream::kPods);
      was_restored |= stream.restored;
      for (const Event& event : history.events()) {
        const auto* began = std::get_if<ResyncBegan>(&event.fact);
        was_restored |= began != nullptr && began->restored;
      }
      if (was_restored) break;  // after a restore from a backup older versions are news
      state.pods.for_each([&](PodNumber number, const Pod& pod) {
        const std::string name = pod.identity.space + "/" + pod.identity.name;
        if (!world.is_shown(name) || world.shown(name).identity.uid != pod.identity.uid) return;
        if (!state.called_only.contains(number)) pods.push_back(world.shown(name));
      });
      state.nodes.for_each([&](NodeNumber, const Node& node) {
        if (node.present) nodes.push_back(world.shown_node(node.name));
      });
      for (std::size_t k = 0; k < pods.size(); k += 1 + pods.size() / 20) {
        const std::vector<Fact> facts = decide_observed(state, ObservedBy::kWatch, Stream::kPods, pods[k]);
        ASSERT_THAT(facts, IsEmpty()) << pods[k].identity.uid << " at " << pods[k].resource_version;
        ++repeated;
      }
      if (state.stream(Stream::kNodes).resync_began != 0) continue;  // a watch begins again behind its list
      for (std::size_t k = 0; k < nodes.size(); k += 1 + nodes.size() / 20) {
        ASSERT_THAT(decide_observed(state, ObservedBy::kWatch, Stream::kNodes, nodes[k]), IsEmpty()) << nodes[k].name;
      }
    }
  }
  EXPECT_GT(repeated, 5'000U);
}

TEST(History, FoldedTwiceIsTheSameAndItsDigestIsTheOneFromScratch) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomHistory history(seed);
    for (int i = 0; i < kSteps; ++i) history.step();
    const State again = fold(history.events());
    ASSERT_EQ(again.digest, history.state().digest);
    ASSERT_EQ(digest_from_scratch(again), again.digest);
  }
}

}  // namespace
}  // namespace bw
