#include "controller/binding_fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outputs.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kPost = "POST /api/v1/namespaces/net/pods/a/binding?timeout=2s";
constexpr const char* kGet = "GET /api/v1/namespaces/net/pods/a";

class BindingTest : public testing::Test {
 protected:
  BindingTest() {
    world.node("n1", 1000);
    world.node("n2", 1000);
    world.pod("a", "100M");
    world.bind("a", "n1");
    fsm.call_waits(world.state(), world.pod_number("a"), 1, now_ns);
  }

  // Everything is durable unless said otherwise.
  Outputs run(bool may_send = true) { return run_until(world.state().applied, may_send); }
  Outputs run_until(Sequence durable, bool may_send = true) {
    Outputs outputs;
    fsm.run(world.state(), durable, may_send, now_ns, next_request, outputs);
    return outputs;
  }

  // The answer to the last request; its facts are recorded, and run() is called as the controller does.
  Outputs answer(const Result<ApiResponse>& result) {
    Outputs outputs;
    world.record(fsm.answered(world.state(), next_request - 1, result, reader, now_ns, outputs));
    for (Output& output : run()) outputs.push_back(std::move(output));
    return outputs;
  }

  // The pod as the API server has it.
  Result<ApiResponse> pod_as(const char* version, const std::string& spec = "", const std::string& uid = "uid-net-a") {
    return reply(200, R"({"metadata":{"name":"a","namespace":"net","uid":")" + uid + R"(","resourceVersion":")" +
                          version +
                          R"(","annotations":{"kubernetes.io/egress-bandwidth":"100M",)"
                          R"("kubernetes.io/ingress-bandwidth":"100M"}},"spec":{)" +
                          spec + R"(},"status":{"phase":"Pending"}})" + std::string(64, ' '));
  }

  // Until it wants to go on by itself.
  void wait() { now_ns = fsm.wake_at_ns().value(); }
  bool is_reserved() { return world.pod_at("a").placement && !world.pod_at("a").placement->settled; }

  World world;
  ObjectReader reader;
  BindingFsm fsm{7};
  RequestId next_request = 1;
  std::int64_t now_ns = seconds(1000);
};

TEST_F(BindingTest, WaitsForTheReservationToBeDurable) {
  const Sequence reserved_at = world.pod_at("a").placement->reserved_at;
  EXPECT_THAT(sent(run_until(reserved_at - 1)), IsEmpty());
  EXPECT_THAT(sent(run_until(reserved_at)), ElementsAre(kPost));
}

TEST_F(BindingTest, SendsNothingUnlessThisReplicaMay) { EXPECT_THAT(sent(run(false)), IsEmpty()); }

TEST_F(BindingTest, CarriesUidVersionAndAShorterTimeoutThanTheSchedulers) {
  const SendRequest send = all<SendRequest>(run()).at(0);
  EXPECT_THAT(send.what.body, HasSubstr(R"("uid":"uid-net-a")"));
  EXPECT_THAT(send.what.body, HasSubstr(R"("resourceVersion":")" + std::to_string(world.pod_at("a").resource_version)));
  EXPECT_LT(send.what.timeout_ms, 5'000);
}

TEST_F(BindingTest, IsSentOnceAndAnsweredWhenTheServerHasAccepted) {
  run();
  EXPECT_THAT(sent(run()), IsEmpty()) << "one is under way";
  const Outputs outputs = answer(reply(201));
  ASSERT_THAT(all<AnswerCall>(outputs), SizeIs(1));
  EXPECT_EQ(all<AnswerCall>(outputs)[0].body, R"({"Error":""})");
  EXPECT_TRUE(world.pod_at("a").placement->settled);
  EXPECT_EQ(fsm.confirmed(), 1U);
  EXPECT_EQ(fsm.in_flight(), 0U);
}

TEST_F(BindingTest, IsAnsweredAlsoWhenTheWatchSaysItFirst) {
  run();
  world.confirm("a");
  EXPECT_THAT(all<AnswerCall>(run()), SizeIs(1));
  EXPECT_FALSE(fsm.owns(1)) << "nobody waits for the answer any more";
}

TEST_F(BindingTest, AnUnknownOutcomeKeepsTheReservationAndSendsTheSameAgain) {
  run();
  const Outputs outputs = answer(broke());
  ASSERT_THAT(all<AnswerCall>(outputs), SizeIs(1)) << "the scheduler is told, and will ask again";
  EXPECT_THAT(all<AnswerCall>(outputs)[0].body, HasSubstr("the reservation stays"));
  EXPECT_TRUE(is_reserved());
  EXPECT_THAT(sent(outputs), IsEmpty()) << "not at once";
  wait();
  EXPECT_THAT(sent(run()), ElementsAre(kPost));
  answer(reply(201));
  EXPECT_TRUE(world.pod_at("a").placement->settled);
}

TEST_F(BindingTest, ACallWaitsNoLongerThanTheScheduler) {
  run();
  now_ns += seconds(4);
  const Outputs outputs = run();
  ASSERT_THAT(all<AnswerCall>(outputs), SizeIs(1));
  EXPECT_THAT(all<AnswerCall>(outputs)[0].body, HasSubstr("not known yet"));
  EXPECT_TRUE(is_reserved());
  EXPECT_FALSE(fsm.calls_wait());
}

TEST_F(BindingTest, ARefusalWithNothingElseUnderWayEndsTheReservation) {
  run();
  const Outputs outputs = answer(reply(403, R"({"kind":"Status","message":"quota says no","code":403})"));
  EXPECT_FALSE(world.pod_at("a").placement);
  EXPECT_THAT(all<AnswerCall>(outputs).at(0).body, HasSubstr("quota says no"));
  EXPECT_EQ(world.network("n1").used, Rates{});
}

TEST_F(BindingTest, AnErrorSettlesOnlyItsOwnSend) {
  run();
  answer(broke());  // may have reached the server
  wait();
  run();
  const Outputs outputs = answer(reply(403, "no"));
  EXPECT_TRUE(is_reserved()) << "the first send may still succeed";
  wait();
  EXPECT_THAT(sent(run()), ElementsAre(kGet)) << "so the pod is read";
  // It is unbound at the version that the open send was made for: that one may still come.
  answer(pod_as(std::to_string(world.pod_at("a").resource_version).c_str()));
  EXPECT_TRUE(is_reserved());
}

TEST_F(BindingTest, ARefusalAfterARestartDoesNotSettleWhatTheProcessBeforeMayHaveSent) {
  world.begin_epoch();
  BindingFsm restarted{7};
  Outputs outputs;
  restarted.run(world.state(), world.state().applied, true, now_ns, next_request, outputs);
  ASSERT_THAT(sent(outputs), ElementsAre(kPost));
  world.record(restarted.answered(world.state(), next_request - 1, reply(403, "no"), reader, now_ns, outputs));
  EXPECT_TRUE(is_reserved());
}

TEST_F(BindingTest, OnceThePodIsSeenUnboundAtAHigherVersionAnOldSendCannotSucceed) {
  run();
  answer(broke());
  wait();
  world.edit("a", [](PodSeen& pod) { pod.fields.priority = 5; });
  EXPECT_THAT(sent(run()), ElementsAre(kPost));
  answer(reply(403, "no"));
  EXPECT_FALSE(world.pod_at("a").placement) << "the first send bears a version that is gone";
}

TEST_F(BindingTest, ASendThatNeverLeftIsNotOpen) {
  run();
  answer(never_left());
  wait();
  run();
  answer(reply(403, "no"));
  EXPECT_FALSE(world.pod_at("a").placement);
}

TEST_F(BindingTest, AfterAConflictThePodIsReadAndTheBindingSentWithItsVersion) {
  run();
  EXPECT_THAT(sent(answer(reply(409, "the object has been modified"))), ElementsAre(kGet)) << "at once";
  const std::string version = std::to_string(world.version() + 5);
  const Outputs outputs = answer(pod_as(version.c_str()));
  ASSERT_THAT(sent(outputs), ElementsAre(kPost));
  EXPECT_THAT(all<SendRequest>(outputs)[0].what.body, HasSubstr(R"("resourceVersion":")" + version));
}

TEST_F(BindingTest, AfterAConflictAPodThatIsBoundIsSettled) {
  run();
  answer(reply(409));
  const Outputs outputs = answer(pod_as(std::to_string(world.version() + 5).c_str(), R"("nodeName":"n1")"));
  EXPECT_THAT(sent(outputs), IsEmpty());
  EXPECT_EQ(all<AnswerCall>(outputs).at(0).body, R"({"Error":""})");
}

TEST_F(BindingTest, AfterAConflictAPodThatAnotherBoundElsewhereIsThere) {
  run();
  answer(reply(409));
  const Outputs outputs = answer(pod_as(std::to_string(world.version() + 5).c_str(), R"("nodeName":"n2")"));
  EXPECT_THAT(all<AnswerCall>(outputs).at(0).body, HasSubstr(R"({"Error":")"));
  EXPECT_NE(all<AnswerCall>(outputs).at(0).body, R"({"Error":""})");
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_EQ(world.network("n2").used, both(100));
}

TEST_F(BindingTest, APodThatIsGoneOrHasASuccessorOfItsNameIsReleased) {
  run();
  answer(reply(409));
  answer(pod_as("900", "", "another-uid"));
  EXPECT_FALSE(world.pod_at("a").placement);
  world.bind("a", "n1");
  run();
  answer(reply(404, R"({"kind":"Status","message":"pods \"a\" not found","code":404})"));
  EXPECT_FALSE(world.pod_at("a").placement);
}

TEST_F(BindingTest, WaitsAsLongAsTheServerAsks) {
  run();
  answer(reply(429, "", 7));
  EXPECT_GE(fsm.wake_at_ns().value() - now_ns, seconds(7));
  EXPECT_TRUE(is_reserved());
}

TEST_F(BindingTest, ASecondCallForTheSamePodJoinsTheFirst) {
  fsm.call_waits(world.state(), world.pod_number("a"), 2, now_ns);
  EXPECT_THAT(sent(run()), SizeIs(1));
  EXPECT_THAT(all<AnswerCall>(answer(reply(201))), SizeIs(2));
}

TEST_F(BindingTest, AReplicaThatLeadsNoMoreTellsThoseWhoWait) {
  run();
  Outputs outputs;
  fsm.give_up_calls(outputs);
  EXPECT_THAT(all<AnswerCall>(outputs).at(0).body, HasSubstr("leads no more"));
  EXPECT_TRUE(is_reserved());
}

TEST_F(BindingTest, AfterARestartWhatIsOwedIsSentThoughNobodyWaits) {
  BindingFsm fresh{8};
  Outputs outputs;
  fresh.run(world.state(), world.state().applied, true, now_ns, next_request, outputs);
  EXPECT_THAT(sent(outputs), ElementsAre(kPost));
}

TEST_F(BindingTest, AnAnswerForAnEarlierReservationOfThePodChangesNothing) {
  run();
  const RequestId first = next_request - 1;
  world.refuse("a");
  run();
  world.bind("a", "n2");
  run();
  Outputs outputs;
  if (fsm.owns(first)) {
    EXPECT_THAT(fsm.answered(world.state(), first, reply(403, "no"), reader, now_ns, outputs), IsEmpty());
  }
  EXPECT_TRUE(is_reserved());
}

// 9, 10: a refused or lost bind neither leaks a reservation nor frees one that may still become true.
TEST_F(BindingTest, PeerDefect09And10NoReservationLeaksAndNoneIsLost) {
  run();
  answer(reply(500, "etcd has no leader"));
  EXPECT_TRUE(is_reserved());
  for (int i = 0; i < 5; ++i) {
    wait();
    run();
    answer(broke());
    EXPECT_TRUE(is_reserved());
    EXPECT_EQ(world.network("n1").used, both(100));
  }
  world.gone("a");
  run();
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_EQ(fsm.wake_at_ns(), std::nullopt);
}

}  // namespace
}  // namespace bw
