#include "projections/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// ---- at creation (R3) ----

class CreatedTest : public testing::Test {
 protected:
  AdmissionVerdict created(const std::vector<RequestEntry>& entries) {
    PodSeen pod = pod_seen("a");
    pod.fields.requests = entries;
    return decide_created(world.state(), pod);
  }
  World world;
};

TEST_F(CreatedTest, AdmitsWhatIsAValidRequest) {
  for (const char* text : {"", "1k", "1P", "100M", "100M/50M", "1.5M", "500k", "/20M"}) {
    EXPECT_TRUE(created(requests(text)).allowed) << text;
  }
}

TEST_F(CreatedTest, RefusesWhatIsNoneInOneSentence) {
  for (const char* text : {"-20M", "999", "0", "1001T", "nonsense", "100M/0", "x/100M"}) {
    const AdmissionVerdict verdict = created(requests(text));
    EXPECT_FALSE(verdict.allowed) << text;
    EXPECT_THAT(verdict.refusal, HasSubstr("bandwidth request is invalid: kubernetes.io/")) << text;
    EXPECT_THAT(verdict.facts, IsEmpty());
  }
}

TEST_F(CreatedTest, RefusesDialectsThatDisagreeAndAdmitsThoseThatAgree) {
  std::vector<RequestEntry> entries = requests("100M");
  for (const RequestEntry& entry : requests("100", Dialect::kOvn)) entries.push_back(entry);
  EXPECT_TRUE(created(entries).allowed);
  entries.back() = request_entry(Dialect::kOvn, Direction::kDl, "50");
  EXPECT_THAT(created(entries).refusal, HasSubstr("disagree"));
}

TEST_F(CreatedTest, RefusesAPodThatNeedsADefaultWhichIsNone) {
  NamespaceSeen space = namespace_seen("net");
  space.default_dl = -1;
  world.space(space);
  EXPECT_TRUE(created(requests("100M")).allowed);
  EXPECT_THAT(created(requests("100M/")).refusal, HasSubstr("default-ingress-bandwidth"));
}

// ---- defaults (R12) ----

TEST(AdmissionDefaults, AreWrittenForDirectionsThatThePodDoesNotName) {
  Policy policy;
  policy.default_request = both(10);
  World world(policy);
  const auto defaults = [&](const PodSeen& pod) { return admission_defaults(world.state(), pod); };
  EXPECT_THAT(defaults(pod_seen("a")), ElementsAre(Pair("kubernetes.io/egress-bandwidth", "10M"),
                                                   Pair("kubernetes.io/ingress-bandwidth", "10M")));
  EXPECT_THAT(defaults(pod_seen("a", "100M/")), ElementsAre(Pair("kubernetes.io/ingress-bandwidth", "10M")));
  EXPECT_THAT(defaults(pod_seen("a", "100M")), IsEmpty());
  EXPECT_THAT(defaults(pod_seen("a", "nonsense/")), IsEmpty()) << "nothing is added to what is to be refused";
  NamespaceSeen space = namespace_seen("net");
  space.default_ul = 0;
  world.space(space);
  EXPECT_THAT(defaults(pod_seen("a")), ElementsAre(Pair("kubernetes.io/ingress-bandwidth", "10M")))
      << "a namespace sets the default aside";
}

TEST(AdmissionDefaults, AreInTheConfiguredDialectAndTheUnitOfIt) {
  Policy policy;
  policy.default_request = {1'500'000, 20'000'000};
  policy.write_dialect = Dialect::kOvn;
  World world(policy);
  EXPECT_THAT(admission_defaults(world.state(), pod_seen("a")),
              ElementsAre(Pair("ovn.kubernetes.io/egress_rate", "2"), Pair("ovn.kubernetes.io/ingress_rate", "20")));
}

// ---- edits (R5) ----

class EditedTest : public testing::Test {
 protected:
  EditedTest() {
    world.node("n1", 1000);
    world.node("n2", 1000);
    world.pod("a", "400M");
    world.run("a", "n1");
  }

  AdmissionVerdict edited(std::string_view pod, std::string_view request) {
    PodSeen after = world.shown(pod);
    after.fields.requests = requests(request);
    return decide_edited(world.state(), world.shown(pod), after);
  }

  World world;
};

TEST_F(EditedTest, GrowsWhereItFitsAndIsGrantedThatAtOnce) {
  const AdmissionVerdict verdict = edited("a", "1000M/500M");
  EXPECT_TRUE(verdict.allowed);
  EXPECT_THAT(verdict.facts, ElementsAre(Fact(GrantRaised{world.pod_number("a"), {megabits(1000), megabits(500)}})));
  world.record(verdict.facts);
  EXPECT_EQ(world.network("n1").used, (Rates{megabits(1000), megabits(500)})) << "before the watch shows the edit";
  EXPECT_EQ(world.local("n1").used, (Rates{megabits(1000), megabits(500)}));
  world.follow_up();
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("1000M/500M"); });
  for (const Event& event : world.events()) EXPECT_FALSE(std::holds_alternative<DriftBegan>(event.fact));
}

TEST_F(EditedTest, AnEditThatWasGrantedAndNeverCameIsDrift) {
  world.record(edited("a", "500M").facts);
  world.edit("a", [](PodSeen& pod) { pod.fields.phase = PodPhase::kRunning; });
  EXPECT_TRUE(world.pod_at("a").drifts);
  EXPECT_EQ(world.network("n1").used, both(500)) << "the larger counts";
}

TEST_F(EditedTest, DoesNotGrowWhereItDoesNotFit) {
  const AdmissionVerdict verdict = edited("a", "1001M/400M");
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.refusal,
            "insufficient network uplink bandwidth on node n1: the pod grows by ul 601000000 and dl 0 bit/s");
  EXPECT_THAT(verdict.facts, IsEmpty());
  EXPECT_THAT(edited("a", "400M/2G").refusal, HasSubstr("insufficient network downlink bandwidth"));
}

TEST_F(EditedTest, TwoEditsAreNotGivenTheSameRoom) {
  world.pod("b", "100M");
  world.run("b", "n1");
  const AdmissionVerdict first = edited("a", "700M");
  ASSERT_TRUE(first.allowed);
  EXPECT_TRUE(edited("b", "500M").allowed);
  world.record(first.facts);
  EXPECT_FALSE(edited("b", "500M").allowed);
  EXPECT_TRUE(edited("b", "300M").allowed);
  world.pod("c", "400M");
  EXPECT_EQ(world.bind("c", "n1").outcome, BindVerdict::Outcome::kRefuse);
}

TEST_F(EditedTest, ShrinkingIsAdmittedAndFreesNothing) {
  const AdmissionVerdict verdict = edited("a", "10M");
  EXPECT_TRUE(verdict.allowed);
  EXPECT_THAT(verdict.facts, IsEmpty());
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("10M"); });
  EXPECT_EQ(world.network("n1").used, both(400));
}

TEST_F(EditedTest, ADirectionThatIsNoLongerNamedStaysAsItWasGranted) {
  EXPECT_TRUE(edited("a", "").allowed);
  EXPECT_THAT(edited("a", "").facts, IsEmpty());
}

TEST_F(EditedTest, AnInvalidRequestIsRefusedBeforeAndAfterThePodIsPlaced) {
  world.pod("b", "100M");
  for (const char* pod : {"a", "b"}) EXPECT_THAT(edited(pod, "0").refusal, HasSubstr("bandwidth request is invalid"));
}

TEST_F(EditedTest, BeforeThePodIsPlacedAnyValidRequestIsAdmitted) {
  world.pod("b", "100M");
  const AdmissionVerdict verdict = edited("b", "900G");
  EXPECT_TRUE(verdict.allowed) << "it will fit nowhere, and wait";
  EXPECT_THAT(verdict.facts, IsEmpty());
}

TEST_F(EditedTest, AnEditOfSomethingElseIsAdmittedHoweverWrongTheRequest) {
  world.pod("b", "nonsense");
  world.place("b", "n2");
  EXPECT_TRUE(decide_edited(world.state(), world.shown("b"), world.shown("b")).allowed);
}

TEST_F(EditedTest, APodThatHasEndedMayAskForAnything) {
  PodSeen after = world.shown("a");
  after.fields.phase = PodPhase::kSucceeded;
  after.fields.requests = requests("900G");
  EXPECT_TRUE(decide_edited(world.state(), world.shown("a"), after).allowed);
}

TEST_F(EditedTest, TheGroupStaysOnceThePodIsPlaced) {
  world.pod("b", "100M");
  for (const char* pod : {"a", "b"}) {
    PodSeen after = world.shown(pod);
    after.fields.group = "g";
    EXPECT_EQ(decide_edited(world.state(), world.shown(pod), after).allowed, pod == std::string("b")) << pod;
  }
}

TEST_F(EditedTest, GrowthIsCheckedOnTheLinksThatTheGroupIsChargedOn) {
  world.node("n3", 100);
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* pod : {"p-0", "p-1"}) {
    world.pod(pod, "50M", "peers");
    ASSERT_TRUE(world.run(pod, "n3"));
  }
  EXPECT_TRUE(edited("p-0", "900M").allowed) << "colocated: only the local link carries it";
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.pod("p-2", "50M", "peers");
  ASSERT_TRUE(world.run("p-2", "n2"));
  EXPECT_THAT(edited("p-0", "900M").refusal, HasSubstr("insufficient network uplink bandwidth on node n3"));
  EXPECT_THAT(edited("p-2", "900M").facts, testing::SizeIs(1));
}

TEST_F(EditedTest, GrowthIsCheckedOnUplinksToo) {
  Policy policy = world.state().policy;
  policy.levels = {{"rack", both(500), {}}};
  world.begin_epoch(policy);
  for (const char* node : {"n1", "n2"}) {
    world.edit_node(node, [](NodeSeen& seen) { seen.level_values = {"r1"}; });
  }
  EXPECT_TRUE(edited("a", "500M").allowed);
  EXPECT_THAT(edited("a", "600M").refusal, HasSubstr("insufficient bandwidth above the node"));
}

TEST_F(EditedTest, NothingGrowsOnAnOvercommittedLink) {
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(300); });
  EXPECT_THAT(edited("a", "400M/500M").refusal, HasSubstr("link is overcommitted"));
}

TEST_F(EditedTest, WhatDriftedAlreadyIsGrantedWithoutMoreRoom) {
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("2G"); });
  ASSERT_TRUE(world.network("n1").overcommitted);
  EXPECT_TRUE(edited("a", "1G").allowed) << "less than what counts already";
  EXPECT_FALSE(edited("a", "3G").allowed);
}

TEST_F(EditedTest, TheNextSendOfABindingRestatesARaisedGrant) {
  world.pod("b", "100M");
  ASSERT_EQ(world.bind("b", "n1").outcome, BindVerdict::Outcome::kReserve);
  world.record(edited("b", "200M").facts);
  world.edit("b", [](PodSeen& pod) { pod.fields.requests = requests("200M"); });
  world.confirm("b");
  EXPECT_EQ(world.shown("b").fields.granted, both(200));
  EXPECT_EQ(world.network("n1").used, both(600));
}

TEST(GrantRaised, AfterThePodHasGoneChangesNothing) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  const PodNumber number = world.pod_number("a");
  world.phase("a", PodPhase::kSucceeded);
  world.record(GrantRaised{number, both(500)});
  EXPECT_EQ(world.network("n1").used, Rates{});
}

}  // namespace
}  // namespace bw
