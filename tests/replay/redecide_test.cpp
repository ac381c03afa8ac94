#include "replay/redecide.h"

#include <gtest/gtest.h>

#include "projections/admission.h"
#include "replay/fact_json.h"
#include "story.h"
#include "tests/support/random_history.h"

namespace bw::replay {
namespace {

// What the redecider says of each event, in order.
std::vector<Redecided> redecided(const std::vector<Event>& events) {
  State state;
  Redecider redecider;
  std::vector<Redecided> said;
  for (const Event& event : events) {
    said.push_back(redecider.check(state, event));
    apply(state, event);
  }
  return said;
}

Redecided last_of(const World& world) { return redecided(world.events()).back(); }

// Whether it notices that this event is not what was decided.
Redecided said_of(const World& world, Sequence sequence, const std::function<void(Fact&)>& falsify) {
  std::vector<Event> events = world.events();
  events.resize(sequence);
  falsify(events.back().fact);
  return redecided(events).back();
}

Sequence last_sequence_of(const World& world, const std::string& kind) {
  Sequence found = 0;
  for (const Event& event : world.events()) {
    if (fact_kind(event.fact) == kind) found = event.sequence;
  }
  EXPECT_NE(found, 0U) << "there is no " << kind;
  return found;
}

TEST(Redecider, MakesEveryDecisionOfAStoryAgain) {
  const World world = small_story();
  for (const Redecided said : redecided(world.events())) EXPECT_NE(said, Redecided::kDiffers);
  const std::vector<Redecided> said = redecided(world.events());
  for (const Sequence decision : {10, 11, 12, 16}) EXPECT_EQ(said[decision - 1], Redecided::kSame) << decision;
  EXPECT_EQ(std::count(said.begin(), said.end(), Redecided::kSame), 4);
}

TEST(Redecider, NoticesAnotherAnswerToTheScheduler) {
  World world = small_story();
  const auto falsified = [&](const std::string& kind, const std::function<void(Fact&)>& falsify) {
    return said_of(world, last_sequence_of(world, kind), falsify);
  };
  const auto differs = Redecided::kDiffers;
  EXPECT_EQ(falsified("FilterDecided", [](Fact& fact) { std::get<FilterDecided>(fact).fitting = 1; }), differs);
  EXPECT_EQ(falsified("FilterDecided", [](Fact& fact) { std::get<FilterDecided>(fact).named_hash ^= 1; }), differs);
  EXPECT_EQ(falsified("PrioritizeDecided", [](Fact& fact) { std::get<PrioritizeDecided>(fact).scores_hash ^= 1; }),
            differs);
  EXPECT_EQ(falsified("BandwidthReserved", [](Fact& fact) { std::get<BandwidthReserved>(fact).granted.ul -= 1; }),
            differs);
  EXPECT_EQ(falsified("BandwidthReserved", [](Fact& fact) { std::get<BandwidthReserved>(fact).all_links = false; }),
            differs);
  world.filter("b");
  EXPECT_EQ(last_of(world), Redecided::kSame);
  EXPECT_EQ(falsified("FilterRepeated", [](Fact& fact) { std::get<FilterRepeated>(fact).previous -= 1; }), differs);
  world.bind("b", "n1");
  EXPECT_EQ(last_of(world), Redecided::kSame);
  EXPECT_EQ(falsified("BindRefused", [](Fact& fact) { std::get<BindRefused>(fact).reason = Reason::kAboveNode; }),
            differs);
}

TEST(Redecider, NoticesAGrantThatWasNotToBeRaised) {
  World world = small_story();  // a has 600 of the 1000 of n1
  PodSeen edited = world.shown("a");
  edited.fields.requests = requests("1000M/");
  world.record(decide_edited(world.state(), world.shown("a"), edited).facts);
  EXPECT_EQ(last_of(world), Redecided::kSame);
  const auto more = [](Fact& fact) { std::get<GrantRaised>(fact).granted.ul += 1; };
  EXPECT_EQ(said_of(world, last_sequence_of(world, "GrantRaised"), more), Redecided::kDiffers);
  const auto less = [](Fact& fact) { std::get<GrantRaised>(fact).granted.dl = megabits(1); };
  EXPECT_EQ(said_of(world, last_sequence_of(world, "GrantRaised"), less), Redecided::kDiffers);
}

TEST(Redecider, NoticesOtherWakeUps) {
  World world;
  world.node("n1", 1000);
  world.pod("big", "900M");
  world.run("big", "n1");
  for (const char* name : {"p", "q", "r"}) {
    world.pod(name, "300M");
    world.filter(name);
  }
  world.gone("big");
  ASSERT_EQ(world.wake().size(), 3U);
  const Sequence last = world.state().applied;
  const std::vector<Redecided> said = redecided(world.events());
  for (Sequence at = last - 2; at <= last; ++at) EXPECT_EQ(said[at - 1], Redecided::kSame) << at;
  const auto other_pod = [](Fact& fact) { std::get<PodWoken>(fact).pod = PodNumber{3}; };
  EXPECT_EQ(said_of(world, last - 1, other_pod), Redecided::kDiffers);
  EXPECT_EQ(said_of(world, last, [](Fact& fact) { std::get<PodWoken>(fact).retry = 5; }), Redecided::kDiffers);

  World none;
  none.node("n1", 1000);
  none.pod("p", "3000M");
  none.filter("p");
  none.record(PodWoken{none.pod_number("p"), 1});
  EXPECT_EQ(last_of(none), Redecided::kDiffers);
}

TEST(Redecider, CannotTellWakeUpsOfAClockThatWasBehind) {
  World world;
  world.node("n1", 1000);
  world.pod("p", "3000M");
  world.filter("p");
  std::vector<Event> events = world.events();
  Event event = events.back();
  for (Fact fact : {Fact(ClockSteppedBack{5}), Fact(PodWoken{world.pod_number("p"), 1})}) {
    event.sequence += 1;
    event.fact = std::move(fact);
    events.push_back(event);
  }
  EXPECT_EQ(redecided(events).back(), Redecided::kNotKnown);
}

TEST(Redecider, NoticesConditionsAndDeadlinesThatWereNot) {
  World world;
  world.node("n1", 100);
  world.pod("a", "200M");
  world.place("a", "n1");
  EXPECT_EQ(last_of(world), Redecided::kSame);  // LinkOvercommitted
  const LinkName local{LinkName::Kind::kLocal, world.node_number("n1"), {}};
  const auto other_link = [&](Fact& fact) { std::get<LinkOvercommitted>(fact).link = local; };
  EXPECT_EQ(said_of(world, last_sequence_of(world, "LinkOvercommitted"), other_link), Redecided::kDiffers);
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("50M"); });
  EXPECT_EQ(last_of(world), Redecided::kSame);  // DriftBegan
  world.record(DeadlinePassed{});
  EXPECT_EQ(last_of(world), Redecided::kDiffers);  // of none
}

TEST(Redecider, LeavesDecisionsOfOtherRulesAlone) {
  World world = small_story();
  world.record(EpochBegan{"older", kRulesVersion + 1, {}, ""});
  world.node("n3", 100);
  world.filter("b");
  EXPECT_EQ(last_of(world), Redecided::kNotKnown);
  world.begin_epoch();
  world.filter("b");  // repeats the one that other rules decided
  EXPECT_EQ(last_of(world), Redecided::kNotKnown);
}

TEST(Redecider, MakesEveryDecisionOfRandomHistoriesAgain) {
  std::size_t decisions = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    RandomHistory history(seed);
    for (int step = 0; step < 300; ++step) history.step();
    const std::vector<Redecided> said = redecided(history.events());
    for (std::size_t i = 0; i < said.size(); ++i) {
      ASSERT_NE(said[i], Redecided::kDiffers)
          << "seed " << seed << ", event " << i + 1 << ", " << fact_kind(history.events()[i].fact);
      if (said[i] == Redecided::kSame) ++decisions;
    }
  }
  EXPECT_GT(decisions, 3000U);  // the histories hold some
}

}  // namespace
}  // namespace bw::replay
