#include "replay/fact_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "story.h"
#include "tests/support/random_event.h"

namespace bw::replay {
namespace {

constexpr Timestamp kNewYear{1'767'225'600 * kNanosecondsPerSecond};

// A state that knows n1 (number 0), pod net/p (0) and StatefulSet net/peers (0).
class FactJson : public testing::Test {
 protected:
  FactJson() {
    world_.node("n1", 1000);
    world_.workload(WorkloadKind::kStatefulSet, "peers", 3);
    world_.pod("p", "100M", "peers");
  }

  std::string text(const Fact& fact) const {
    seen_.insert(fact.index());
    return fact_kind(fact) + " " + fact_json(world_.state(), fact).dump();
  }

  World world_;
  mutable std::set<std::size_t> seen_;
};

TEST_F(FactJson, HasAFormForEveryKind) {
  const PodNumber p{0};
  const NodeNumber n1{0};
  const WorkloadNumber peers{0};
  JournalId id;
  id.bytes[15] = 0x0f;
  Sha256 hash{};
  hash[0] = 0xab;
  const std::string hash_text = "ab" + std::string(62, '0');
  const std::string id_text = std::string(31, '0') + "f";
  const std::string rates = R"("ulBitsPerSecond":1000000,"dlBitsPerSecond":2000000)";
  const Rates one_two{1'000'000, 2'000'000};

  EXPECT_EQ(text(UnknownFact{999}), R"(UnknownFact {"number":999})");
  EXPECT_EQ(text(JournalCreated{id}), R"(JournalCreated {"id":")" + id_text + R"("})");
  EXPECT_EQ(text(ClusterIdentified{"uid-c"}), R"(ClusterIdentified {"uid":"uid-c"})");
  EXPECT_EQ(text(EpochBegan{"bandwidth 1.0", 3, {}, "kind: X\n"}),
            R"(EpochBegan {"binary":"bandwidth 1.0","rulesVersion":3,"configuration":"kind: X\n"})");
  EXPECT_EQ(text(TermBegan{4, "bw-0", true}), R"(TermBegan {"term":4,"holder":"bw-0","continued":true})");
  EXPECT_EQ(text(TermEnded{"lost"}), R"(TermEnded {"reason":"lost"})");
  EXPECT_EQ(text(TakeOverEnded{}), "TakeOverEnded {}");
  EXPECT_EQ(text(ClockSteppedBack{5}), R"(ClockSteppedBack {"byNanoseconds":5})");
  EXPECT_EQ(text(DeadlinePassed{}), "DeadlinePassed {}");
  EXPECT_EQ(text(SnapshotTaken{7, hash, hash, 255, 1, "7.snapshot"}),
            R"(SnapshotTaken {"of":7,"headHash":")" + hash_text + R"(","fileHash":")" + hash_text +
                R"(","digest":"00000000000000ff","rulesVersion":1,"file":"7.snapshot"})");
  EXPECT_EQ(text(HistoryCut{8, hash, 9}),
            R"(HistoryCut {"first":8,"previousHash":")" + hash_text + R"(","snapshot":9})");
  EXPECT_EQ(text(HistoryLost{id, {5, hash}, {6, hash}}),
            R"(HistoryLost {"oldId":")" + id_text + R"(","lastReadable":{"sequence":5,"headHash":")" + hash_text +
                R"("},"knownHead":{"sequence":6,"headHash":")" + hash_text + R"("}})");
  EXPECT_EQ(text(TailDropped{12, "torn"}), R"(TailDropped {"bytes":12,"detail":"torn"})");
  EXPECT_EQ(text(DecisionsSuspended{"no room"}), R"(DecisionsSuspended {"reason":"no room"})");
  EXPECT_EQ(text(DecisionsResumed{}), "DecisionsResumed {}");
  EXPECT_EQ(text(ResyncBegan{Stream::kPods, false}), R"(ResyncBegan {"stream":"pods"})");
  EXPECT_EQ(text(ResyncBegan{Stream::kJobs, true}), R"(ResyncBegan {"stream":"jobs","restored":true})");
  EXPECT_EQ(text(ResyncEnded{Stream::kNodes, 41}), R"(ResyncEnded {"stream":"nodes","resourceVersion":41})");
  EXPECT_EQ(text(BookmarkObserved{Stream::kDaemonSets, 42}),
            R"(BookmarkObserved {"stream":"daemonsets","resourceVersion":42})");
  EXPECT_EQ(
      text(GapOpened{Stream::kPods, kNewYear, 17, "410"}),
      R"(GapOpened {"stream":"pods","since":"2026-01-01T00:00:00.000000000Z","sinceSequence":17,"reason":"410"})");
  EXPECT_EQ(text(GapClosed{Stream::kPods, 1, 2, 3}), R"(GapClosed {"stream":"pods","changed":1,"added":2,"gone":3})");
  EXPECT_EQ(text(NodeNumbered{NodeNumber{9}, "n9"}), R"(NodeNumbered {"node":"n9"})");
  EXPECT_EQ(text(NodeObserved{n1, "uid", 3, true, 110, {"r1", "z"}}),
            R"(NodeObserved {"node":"n1","uid":"uid","resourceVersion":3,"unschedulable":true,"allocatablePods":110,)"
            R"("levels":["r1","z"]})");
  EXPECT_EQ(text(NodeGone{n1, 4}), R"(NodeGone {"node":"n1","resourceVersion":4})");
  EXPECT_EQ(text(NodeGone{n1, 0}), R"(NodeGone {"node":"n1"})");
  EXPECT_EQ(text(WorkloadNumbered{WorkloadNumber{5}, WorkloadKind::kJob, "Job", "net", "j", "uid-j"}),
            R"(WorkloadNumbered {"kind":"Job","namespace":"net","name":"j","uid":"uid-j"})");
  EXPECT_EQ(text(WorkloadObserved{peers, 6, peers, 3}),
            R"(WorkloadObserved {"workload":"StatefulSet net/peers","resourceVersion":6,)"
            R"("controller":"StatefulSet net/peers","wanted":3})");
  EXPECT_EQ(text(WorkloadGone{peers, 7}), R"(WorkloadGone {"workload":"StatefulSet net/peers","resourceVersion":7})");
  EXPECT_EQ(text(NamespaceObserved{"net", 8, 1000, -1}),
            R"(NamespaceObserved {"namespace":"net","resourceVersion":8,"defaultUlBitsPerSecond":1000,)"
            R"("defaultDlBitsPerSecond":-1})");
  EXPECT_EQ(text(NamespaceGone{"net", 9}), R"(NamespaceGone {"namespace":"net","resourceVersion":9})");
  EXPECT_EQ(text(PodGone{p, 10}), R"(PodGone {"pod":"net/p","resourceVersion":10})");
  EXPECT_EQ(text(ObjectUnchanged{Stream::kPods, 0, 11}), R"(ObjectUnchanged {"pod":"net/p","resourceVersion":11})");
  EXPECT_EQ(text(ObjectUnchanged{Stream::kNodes, 0, 12}), R"(ObjectUnchanged {"node":"n1","resourceVersion":12})");
  EXPECT_EQ(text(BandwidthObserved{n1, "uid", 13, 2, 1, {}, {}, 4, 32, {{"host", one_two, one_two, kNewYear}}}),
            R"(BandwidthObserved {"node":"n1","resourceVersion":13,"generation":2,"capacity":)"
            R"({"localUlBitsPerSecond":1,"networkDlBitsPerSecond":4},"maxInterfaces":32,"keptBack":[{"name":"host",)"
            R"("local":{)" +
                rates + R"(},"network":{)" + rates + R"(},"until":"2026-01-01T00:00:00.000000000Z"}]})");
  EXPECT_EQ(text(BandwidthGone{n1, 14}), R"(BandwidthGone {"node":"n1","resourceVersion":14})");
  EXPECT_EQ(
      text(ObjectUnreadable{Stream::kPods, "net", "x", 15, "no name"}),
      R"(ObjectUnreadable {"stream":"pods","namespace":"net","name":"x","resourceVersion":15,"problem":"no name"})");
  EXPECT_EQ(text(FilterDecided{p,
                               2,
                               {NodeSetDelta::Base::kSchedulable, {}, {"nx"}},
                               0,
                               0,
                               0,
                               {{Reason::kNetworkUplink, 1}, {Reason::kNoCapacityRecorded, 1}}}),
            R"(FilterDecided {"pod":"net/p","attempt":2,"offered":2,"fitting":0,"named":0,"unknownNodes":["nx"],)"
            R"("refused":{"insufficient network uplink bandwidth":1,"no bandwidth capacity recorded for node":1}})");
  EXPECT_EQ(text(FilterRepeated{p, 3, 17}), R"(FilterRepeated {"pod":"net/p","attempt":3,"previous":17})");
  EXPECT_EQ(text(PrioritizeDecided{p, 17, {}, 0}), R"(PrioritizeDecided {"pod":"net/p","filter":17})");
  EXPECT_EQ(text(BandwidthReserved{p, n1, one_two, true, true, {GroupRef::Kind::kWorkload, peers, {}}, false}),
            R"(BandwidthReserved {"pod":"net/p","node":"n1",)" + rates +
                R"(,"group":"StatefulSet net/peers","byDefault":["ul","dl"]})");
  EXPECT_EQ(text(BandwidthReserved{p, n1, one_two, false, false, {GroupRef::Kind::kNamed, {}, "g"}, true}),
            R"(BandwidthReserved {"pod":"net/p","node":"n1",)" + rates + R"(,"group":"g","allLinks":true})");
  EXPECT_EQ(text(BindRefused{"uid-x", "n7", Reason::kNoCapacityRecorded}),
            R"(BindRefused {"podUid":"uid-x","node":"n7","reason":"no bandwidth capacity recorded for node"})");
  EXPECT_EQ(text(BindingConfirmed{p, n1}), R"(BindingConfirmed {"pod":"net/p","node":"n1"})");
  EXPECT_EQ(text(BindingRefused{p, n1, 409, "conflict"}),
            R"(BindingRefused {"pod":"net/p","node":"n1","status":409,"message":"conflict"})");
  EXPECT_EQ(text(PodWoken{p, 2}), R"(PodWoken {"pod":"net/p","retry":2})");
  EXPECT_EQ(text(LinkOvercommitted{{LinkName::Kind::kNetwork, n1, {}}}),
            R"(LinkOvercommitted {"node":"n1","link":"network"})");
  EXPECT_EQ(text(LinkOvercommitted{{LinkName::Kind::kUplink, {}, "z/r1"}}), R"(LinkOvercommitted {"uplink":"z/r1"})");
  EXPECT_EQ(text(LinkRecovered{{LinkName::Kind::kLocal, n1, {}}}), R"(LinkRecovered {"node":"n1","link":"local"})");
  EXPECT_EQ(text(DriftBegan{p, one_two}), R"(DriftBegan {"pod":"net/p",)" + rates + "}");
  EXPECT_EQ(text(DriftEnded{p}), R"(DriftEnded {"pod":"net/p"})");
  EXPECT_EQ(text(GroupStuck{p, n1, one_two}), R"(GroupStuck {"pod":"net/p","node":"n1",)" + rates + "}");

  EXPECT_EQ(text(GrantRaised{p, one_two}), R"(GrantRaised {"pod":"net/p",)" + rates + "}");

  PodObserved pod;
  pod.identity = PodIdentity{"net", "q", "uid-q"};
  pod.pod = PodNumber{1};
  pod.resource_version = 16;
  pod.by = ObservedBy::kList;
  pod.fields.node = n1;
  pod.fields.phase = PodPhase::kRunning;
  pod.fields.terminating = pod.fields.host_network = pod.fields.gated = pod.fields.refused = true;
  pod.fields.interfaces = 0;
  pod.fields.priority = -5;
  pod.fields.controller = peers;
  pod.fields.group = "g";
  pod.fields.network_charge = NetworkCharge::kAlways;
  pod.fields.requests = {{Dialect::kOvn, Direction::kUl, 1'000'000, {}}, {Dialect::kCalico, Direction::kDl, {}, "x"}};
  pod.fields.granted = one_two;
  pod.fields.term = 4;
  pod.fields.retry = 2;
  EXPECT_EQ(text(pod),
            R"(PodObserved {"pod":"net/q","uid":"uid-q","resourceVersion":16,"by":"list","phase":"Running",)"
            R"("node":"n1","terminating":true,"hostNetwork":true,"gated":true,"refused":true,"interfaces":0,)"
            R"("priority":-5,"controller":"StatefulSet net/peers","group":"g","networkCharge":"Always","requests":)"
            R"([{"dialect":"ovn.kubernetes.io","direction":"ul","bitsPerSecond":1000000},)"
            R"({"dialect":"qos.projectcalico.org","direction":"dl","invalid":"x"}],"granted":{)" +
                rates + R"(},"term":4,"retry":2})");

  EXPECT_EQ(seen_.size(), std::variant_size_v<Fact>) << "a kind has no line above";
}

TEST_F(FactJson, LeavesNumbersThatNobodyKnows) {
  EXPECT_EQ(text(PodGone{PodNumber{77}, 0}), R"(PodGone {"pod":77})");
  EXPECT_EQ(text(NodeGone{NodeNumber{77}, 0}), R"(NodeGone {"node":77})");
  EXPECT_EQ(text(WorkloadGone{WorkloadNumber{77}, 0}), R"(WorkloadGone {"workload":77})");
}

TEST_F(FactJson, KnowsThePodOfAFact) {
  const auto pod = [&](const Fact& fact) { return pod_of(world_.state(), fact); };
  EXPECT_EQ(pod(PodGone{PodNumber{0}, 0}), "net/p");
  EXPECT_EQ(pod(BindRefused{"uid-net-p", "n1", Reason::kFits}), "net/p");
  EXPECT_EQ(pod(BindRefused{"uid-of-nobody", "n1", Reason::kFits}), "");
  EXPECT_EQ(pod(ObjectUnchanged{Stream::kPods, 0, 1}), "net/p");
  EXPECT_EQ(pod(ObjectUnchanged{Stream::kNodes, 0, 1}), "");
  EXPECT_EQ(pod(NodeGone{NodeNumber{0}, 0}), "");
  PodObserved first;
  first.pod = PodNumber{5};
  first.identity = PodIdentity{"lab", "x", "uid-x"};
  EXPECT_EQ(pod(first), "lab/x");
}

TEST_F(FactJson, NamesEachKindOnce) {
  const std::vector<std::string> kinds = fact_kinds();
  EXPECT_EQ(kinds.size(), std::variant_size_v<Fact>);
  EXPECT_EQ(std::set<std::string>(kinds.begin(), kinds.end()).size(), kinds.size());
}

// Whatever the fields hold, and whether or not the state knows the numbers.
TEST_F(FactJson, TakesAnyFact) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomEvents random(seed);
    for (std::size_t kind = RandomEvents::kFirstKind; kind < RandomEvents::kKindCount; ++kind) {
      const Fact fact = random.fact(kind);
      EXPECT_TRUE(fact_json(world_.state(), fact).is_object()) << fact_kind(fact) << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace bw::replay
