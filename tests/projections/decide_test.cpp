// Filter, prioritize and bind.
#include "projections/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "projections/effects.h"
#include "projections/offered.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

using Outcome = BindVerdict::Outcome;

template <class Kind>
const Kind& only(const std::vector<Fact>& facts) {
  EXPECT_EQ(facts.size(), 1U);
  return std::get<Kind>(facts.at(0));
}

auto Refused(NodeNumber node, Reason reason) {
  return AllOf(Field(&RefusedNode::node, node), Field(&RefusedNode::fit, Field(&Fit::reason, reason)));
}

class DecideTest : public testing::Test {
 protected:
  std::vector<std::string> fitting(std::string_view pod, const std::vector<std::string>& offered = {}) {
    return world.names_of(world.filter(pod, offered).named);
  }
  Reason reason(std::string_view pod, std::string_view node) {
    const FilterVerdict verdict = world.filter(pod, {std::string(node)});
    return verdict.refused.empty() ? Reason::kFits : verdict.refused[0].fit.reason;
  }

  World world;
};

// ---- filter: which nodes ----

TEST_F(DecideTest, FilterNamesTheNodesThatFit) {
  world.node("n1", 1'000);
  world.node("n2", 500);
  world.pod("a", "600M");
  EXPECT_THAT(fitting("a"), ElementsAre("n1"));
  EXPECT_THAT(fitting("a", {"n2"}), IsEmpty());
}

TEST_F(DecideTest, FilterGivesAPodThatAsksForNothingEveryNodeBack) {
  world.node("n1", 0);
  world.bare_node("n2");
  world.pod("a");
  const FilterVerdict verdict = world.filter("a", {"n1", "n2", "unknown"});
  EXPECT_TRUE(verdict.all);
  EXPECT_EQ(only<FilterDecided>(verdict.facts).fitting, 3U);
}

TEST_F(DecideTest, AnOvercommittedLinkRefusesAllButThoseThatAskForNothing) {
  world.node("n1");
  world.pod("a", "1500M");
  world.place("a", "n1");
  world.pod("b", "1k");
  world.pod("c");
  EXPECT_EQ(reason("b", "n1"), Reason::kLinkOvercommitted);
  EXPECT_TRUE(world.filter("c").all);
}

TEST_F(DecideTest, EveryNodeHasTheFirstReasonThatApplies) {
  world.node("fits");
  world.bare_node("bare");
  world.node("local-ul");
  world.edit_bandwidth("local-ul", [](BandwidthSeen& object) { object.local_ul = megabits(10); });
  world.node("local-dl");
  world.edit_bandwidth("local-dl", [](BandwidthSeen& object) {
    object.local_dl = megabits(10);
    object.network_ul = megabits(10);
  });
  world.node("network-ul");
  world.edit_bandwidth("network-ul", [](BandwidthSeen& object) { object.network_ul = megabits(10); });
  world.node("network-dl");
  world.edit_bandwidth("network-dl", [](BandwidthSeen& object) {
    object.network_dl = megabits(10);
    object.max_interfaces = 0;
  });
  world.node("interfaces");
  world.edit_bandwidth("interfaces", [](BandwidthSeen& object) { object.max_interfaces = 0; });
  world.pod("a", "100M");
  EXPECT_EQ(reason("a", "fits"), Reason::kFits);
  EXPECT_EQ(reason("a", "bare"), Reason::kNoCapacityRecorded);
  EXPECT_EQ(reason("a", "local-ul"), Reason::kLocalUplink);
  EXPECT_EQ(reason("a", "local-dl"), Reason::kLocalDownlink);
  EXPECT_EQ(reason("a", "network-ul"), Reason::kNetworkUplink);
  EXPECT_EQ(reason("a", "network-dl"), Reason::kNetworkDownlink);
  EXPECT_EQ(reason("a", "interfaces"), Reason::kInterfaceLimit);
  world.pod("bad", "-5");
  EXPECT_EQ(reason("bad", "bare"), Reason::kInvalidRequest) << "before all others";
}

TEST_F(DecideTest, AnUnknownNodeHasNoCapacityRecorded) {
  world.node("n1", 10);
  world.pod("a", "100M");
  const FilterVerdict verdict = world.filter("a", {"n1", "new"});
  EXPECT_EQ(verdict.unknown_reason, Reason::kNoCapacityRecorded);
  EXPECT_THAT(only<FilterDecided>(verdict.facts).refusals,
              ElementsAre(RefusalCount{Reason::kNoCapacityRecorded, 1}, RefusalCount{Reason::kNetworkUplink, 1}));
}

TEST_F(DecideTest, ANodeThatHasGoneHasNoCapacityRecorded) {
  world.node("n1", 1'000);
  world.pod("a", "100M");
  world.node_gone("n1");
  EXPECT_EQ(reason("a", "n1"), Reason::kNoCapacityRecorded);
}

TEST_F(DecideTest, AMemberThatWouldOvercommitTheNodeOfTheOthersIsRefused) {
  world.node("n1");
  world.node("n2");
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const char* pod : {"p-0", "p-1"}) {
    world.pod(pod, "600M", "peers");
    ASSERT_TRUE(world.run(pod, "n1"));
  }
  world.pod("p-2", "600M", "peers");
  EXPECT_EQ(reason("p-2", "n2"), Reason::kGroupNetwork);
  EXPECT_THAT(fitting("p-2"), ElementsAre("n1"));
}

TEST_F(DecideTest, AGroupThatIsInItsOwnWayIsSaidToBeStuck) {
  world.node("n1");
  world.node("n2");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.local_ul = object.local_dl = megabits(1'300); });
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* pod : {"p-0", "p-1"}) {
    world.pod(pod, "600M", "peers");
    ASSERT_TRUE(world.run(pod, "n1"));
  }
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.pod("p-2", "600M", "peers");
  const FilterVerdict verdict = world.filter("p-2");
  ASSERT_EQ(verdict.facts.size(), 2U);
  EXPECT_EQ(std::get<GroupStuck>(verdict.facts[1]),
            (GroupStuck{world.pod_number("p-2"), world.node_number("n1"), both(200)}));
}

TEST_F(DecideTest, FilterNamesNoMoreThanTheCandidates) {
  Policy policy;
  policy.candidates = 8;
  world.begin_epoch(policy);
  for (int i = 0; i < 40; ++i) world.node("n" + std::to_string(i));
  world.pod("a", "100M");
  const FilterVerdict verdict = world.filter("a");
  EXPECT_EQ(verdict.named.size(), 8U);
  EXPECT_TRUE(std::is_sorted(verdict.named.begin(), verdict.named.end()));
  EXPECT_EQ(only<FilterDecided>(verdict.facts).fitting, 40U);
  EXPECT_EQ(only<FilterDecided>(verdict.facts).named, 8U);
  EXPECT_THAT(verdict.refused, IsEmpty());
}

// ---- filter: what is recorded ----

TEST_F(DecideTest, WhatWasOfferedCanBeReadFromTheJournal) {
  for (const char* node : {"n1", "n2", "n3", "n4"}) world.node(node);
  world.pod("a", "100M");
  for (const std::vector<std::string>& offered :
       {std::vector<std::string>{"n1", "n3"}, {"n1", "n2", "n3", "n4"}, {"n4"}, {"n1", "n2", "n4"}}) {
    const State before = fold(world.events());
    const FilterVerdict verdict = world.filter("a", offered);
    NodeSet expected;
    for (const std::string& name : offered) expected.insert(world.node_number(name));
    const NodeSet read = resolve_offered(before, std::get<FilterDecided>(verdict.facts.at(0)).offered);
    EXPECT_EQ(read, expected);
    EXPECT_EQ(world.state().last_offered, expected);
  }
}

TEST_F(DecideTest, ACallThatRepeatsTheLastOneIsAShortRecord) {
  world.node("n1", 10);
  world.pod("a", "100M");
  const Sequence first = world.state().applied + 1;
  world.filter("a");
  const FilterVerdict again = world.filter("a");
  EXPECT_EQ(only<FilterRepeated>(again.facts), (FilterRepeated{world.pod_number("a"), 2, first}));
  EXPECT_EQ(again.refused.size(), 1U) << "the answer is a whole one";
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(500); });
  const FilterVerdict other = world.filter("a");
  EXPECT_EQ(only<FilterDecided>(other.facts).attempt, 3U) << "another reason is another verdict";
}

TEST_F(DecideTest, ARepetitionAfterTheRefusalWasForgottenIsRecordedInFull) {
  world.node("n1", 100);
  world.pod("filler", "100M");
  ASSERT_TRUE(world.run("filler", "n1"));
  world.pod("a", "100M");
  world.filter("a");
  world.gone("filler");
  ASSERT_EQ(world.bind("a", "n1").outcome, Outcome::kReserve) << "another scheduler asked for no nodes first";
  world.refuse("a");
  world.pod("filler", "100M");
  ASSERT_TRUE(world.run("filler", "n1"));
  world.filter("a");
  EXPECT_TRUE(world.state().refused.contains(world.pod_number("a"))) << "else nobody would ever wake it";
}

TEST_F(DecideTest, ARepetitionThatFitsEndsARefusalKnownByTheCondition) {
  world.node("n1");
  world.pod("a", "100M");
  world.filter("a");
  world.edit("a", [](PodSeen& pod) { pod.fields.refused = true; });
  world.begin_epoch();
  ASSERT_TRUE(world.state().refused.contains(world.pod_number("a")));
  world.filter("a");
  EXPECT_FALSE(world.state().refused.contains(world.pod_number("a")));
}

TEST_F(DecideTest, ARepetitionAfterARestartTellsWhatWasOffered) {
  world.node("n1", 10);
  world.node("n2", 1'000);
  world.pod("a", "100M");
  world.filter("a", {"n1"});
  world.begin_epoch();
  world.filter("a", {"n1"});
  const Pod& pod = world.pod_at("a");
  ASSERT_TRUE(pod.refusal && pod.refusal->offered);
  EXPECT_FALSE(pod.refusal->offered->contains(world.node_number("n2")));
}

// ---- prioritize ----

TEST_F(DecideTest, PrioritizeGivesTheBestTenTheirOrder) {
  for (int i = 0; i < 12; ++i) world.node("n" + std::to_string(10 + i), 1'000 + 100 * i);
  world.pod("a", "500M");
  world.filter("a");
  const PrioritizeVerdict verdict = world.prioritize("a");
  ASSERT_EQ(verdict.scores.size(), 10U);
  for (std::size_t rank = 0; rank < 10; ++rank) {
    EXPECT_EQ(world.state().nodes.at(verdict.scores[rank].first).name, "n" + std::to_string(21 - rank));
    EXPECT_EQ(verdict.scores[rank].second, 10 - rank);
  }
}

TEST_F(DecideTest, PrioritizeRefersToTheFilterThatNamedTheNodes) {
  world.node("n1");
  world.node("n2");
  world.pod("a", "100M");
  const Sequence filter = world.state().applied + 1;
  world.filter("a");
  const PrioritizeVerdict same = world.prioritize("a");
  EXPECT_EQ(only<PrioritizeDecided>(same.facts).offered, (NodeSetDelta{NodeSetDelta::Base::kNamed, {}, {}}));
  EXPECT_EQ(only<PrioritizeDecided>(same.facts).filter, filter);
  const PrioritizeVerdict fewer = world.prioritize("a", {"n1"});
  EXPECT_NE(only<PrioritizeDecided>(fewer.facts).offered.base, NodeSetDelta::Base::kNamed);
}

TEST_F(DecideTest, PrioritizeHasNoPreferenceForAPodThatAsksForNothing) {
  world.node("n1");
  world.node("n2");
  world.pod("a");
  EXPECT_TRUE(world.prioritize("a").scores.empty());
}

// ---- bind ----

TEST_F(DecideTest, BindChecksAgainAndReserves) {
  world.node("n1");
  for (const char* pod : {"a", "b"}) {
    world.pod(pod, "600M");
    EXPECT_THAT(fitting(pod), ElementsAre("n1"));
  }
  EXPECT_EQ(world.bind("a", "n1").outcome, Outcome::kReserve);
  const BindVerdict second = world.bind("b", "n1");
  EXPECT_EQ(second.outcome, Outcome::kRefuse);
  EXPECT_EQ(second.refusal, "insufficient network uplink bandwidth n1");
  EXPECT_EQ(only<BindRefused>(second.facts).reason, Reason::kNetworkUplink);
}

TEST_F(DecideTest, BindIsIdempotentByUidAndNode) {
  world.node("n1");
  world.node("n2");
  world.pod("a", "100M");
  world.bind("a", "n1");
  const BindVerdict again = world.bind("a", "n1");
  EXPECT_EQ(again.outcome, Outcome::kJoin);
  EXPECT_THAT(again.facts, IsEmpty());
  EXPECT_EQ(world.bind("a", "n2").refusal, "the pod is reserved on node n1");
  world.confirm("a");
  EXPECT_EQ(world.bind("a", "n1").outcome, Outcome::kDone);
  EXPECT_EQ(world.bind("a", "n2").refusal, "the pod is bound to node n1");
  EXPECT_EQ(world.network("n1").used, both(100));
}

TEST_F(DecideTest, AReservedPodFitsOnlyWhereItIsReserved) {
  world.node("n1");
  world.node("n2");
  world.pod("a", "100M");
  world.bind("a", "n1");
  EXPECT_THAT(fitting("a"), ElementsAre("n1"));
  const FilterVerdict elsewhere = world.filter("a", {"n2", "unknown"});
  EXPECT_THAT(elsewhere.refused, ElementsAre(Refused(world.node_number("n2"), Reason::kReservedElsewhere)));
  EXPECT_EQ(elsewhere.unknown_reason, Reason::kReservedElsewhere);
}

TEST_F(DecideTest, AReservedPodThatBecameInvalidHasOneReasonEverywhere) {
  world.node("n1");
  world.node("n2");
  world.pod("a", "100M");
  world.bind("a", "n1");
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("-5"); });
  const FilterVerdict elsewhere = world.filter("a", {"n2", "unknown"});
  EXPECT_THAT(elsewhere.refused, ElementsAre(Refused(world.node_number("n2"), Reason::kReservedElsewhere)));
  EXPECT_EQ(elsewhere.unknown_reason, Reason::kReservedElsewhere);
}

TEST_F(DecideTest, BindRefusesWhatCannotBeBound) {
  world.node("n1");
  EXPECT_EQ(world.bind("uid-of-nobody", "n1").refusal, "the pod is gone, or has not been seen yet");
  world.pod("leaving", "100M");
  world.terminate("leaving");
  EXPECT_EQ(world.bind("leaving", "n1").refusal, "the pod is being deleted");
  world.pod("done", "100M");
  world.phase("done", PodPhase::kFailed);
  EXPECT_EQ(world.bind("done", "n1").refusal, "the pod has ended");
  world.pod("bad", "-5");
  EXPECT_THAT(world.bind("bad", "n1").refusal, HasSubstr("\"-5\" is not a rate from 1k to 1P"));
  world.pod("a", "100M");
  EXPECT_EQ(world.bind("a", "unknown").refusal, "no bandwidth capacity recorded for node unknown");
}

TEST_F(DecideTest, APodThatAsksForNothingBindsToANodeThatNobodyHasShown) {
  world.pod("a");
  EXPECT_EQ(world.bind("a", "unknown").outcome, Outcome::kReserve);
  EXPECT_EQ(world.state().nodes.at(world.node_number("unknown")).pods.size(), 1U);
}

TEST_F(DecideTest, WhatIsGrantedIsFrozenInTheReservation) {
  Policy policy;
  policy.default_request = {0, megabits(7)};
  world.begin_epoch(policy);
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  world.pod("a", "100M/", "peers");
  const BindVerdict verdict = world.bind("a", "n1");
  const auto& reserved = only<BandwidthReserved>(verdict.facts);
  EXPECT_EQ(reserved.granted, (Rates{megabits(100), megabits(7)}));
  EXPECT_FALSE(reserved.default_ul);
  EXPECT_TRUE(reserved.default_dl);
  EXPECT_EQ(reserved.group.kind, GroupRef::Kind::kWorkload);
  EXPECT_FALSE(reserved.all_links);
}

TEST_F(DecideTest, TheNewerOfCallAndWatchIsTheRequest) {
  world.node("n1");
  world.pod("a", "100M");
  world.edit(
      "a", [](PodSeen& pod) { pod.fields.requests = requests("200M"); }, ObservedBy::kFilterCall);
  world.filter("a");
  EXPECT_EQ(only<BandwidthReserved>(world.bind("a", "n1").facts).granted, both(200));
}

// ---- timers ----

TEST_F(DecideTest, ADeadlineIsAFactOnlyOnceItHasPassed) {
  world.node("n1");
  const Timestamp until{world.now().ns + kNanosecondsPerSecond};
  world.edit_bandwidth("n1", [&](BandwidthSeen& object) { object.kept_back = {{"run", {}, both(1), until}}; });
  EXPECT_EQ(next_deadline(world.state()), until);
  EXPECT_THAT(decide_deadlines(world.state(), {until.ns - 1}), IsEmpty());
  EXPECT_EQ(decide_deadlines(world.state(), until).size(), 1U);
}

}  // namespace
}  // namespace bw
