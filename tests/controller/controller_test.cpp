#include "controller/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "driven_controller.h"

namespace bw {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Json = nlohmann::json;

class ControllerTest : public testing::Test {
 protected:
  ControllerTest() { daemon.node("n1"); }

  MemoryJournal journal;
  DrivenController daemon{journal};
};

// ---- beginning ----

TEST_F(ControllerTest, IsReadyOnlyAfterTheFirstSyncIsDurable) {
  daemon.start();
  EXPECT_FALSE(daemon.controller().ready()) << "listed, and not on disk";
  EXPECT_THAT(daemon.controller().not_serving_because(), HasSubstr("being listed"));
  daemon.make_durable();
  EXPECT_TRUE(daemon.controller().ready());
  EXPECT_EQ(daemon.controller().not_serving_because(), "ready");
}

TEST_F(ControllerTest, IsNotReadyWhileAListFails) {
  daemon.script("/apis/batch/v1/jobs", reply(500, "no"));
  daemon.serve();
  EXPECT_FALSE(daemon.controller().ready());
}

TEST_F(ControllerTest, TheSchedulerIsTurnedAwayUntilThen) {
  daemon.start();
  const AnswerCall* answer = daemon.answer(daemon.filter(DrivenController::pod("a", "100M")));
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->status, 503);
  EXPECT_FALSE(daemon.controller().state().find_pod("uid-a"));
}

TEST_F(ControllerTest, EndsWithASentenceWhereTheResourceIsMissing) {
  daemon.script("/apis/networking.vaclab.org/v1/bandwidths", reply(404));
  daemon.start();
  ASSERT_TRUE(daemon.finished());
  EXPECT_EQ(daemon.finished()->exit_code, 1);
  EXPECT_THAT(daemon.finished()->sentence, HasSubstr("deploy/crd.yaml"));
  EXPECT_EQ(journal.bounds().head.sequence, 0U) << "nothing was begun";
}

// ---- the gate: nothing is shown before it is durable ----

TEST_F(ControllerTest, ABindingIsSentOnceItsReservationIsDurable) {
  daemon.serve();
  const std::string pod = DrivenController::pod("a", "100M");
  const AnswerCall* filtered = daemon.answer(daemon.filter(pod));
  ASSERT_NE(filtered, nullptr) << "filter promises nothing and waits for nothing";
  EXPECT_EQ(Json::parse(filtered->body)["NodeNames"], Json::array({"n1"}));
  const CallId bind = daemon.bind("a", "n1");
  EXPECT_THAT(daemon.bindings(), IsEmpty());
  EXPECT_EQ(daemon.answer(bind), nullptr);
  daemon.make_durable();
  ASSERT_THAT(daemon.bindings(), SizeIs(1));
  EXPECT_EQ(daemon.answer(bind), nullptr) << "the API server has not said yes";
  daemon.answer_binding(reply(201));
  ASSERT_NE(daemon.answer(bind), nullptr);
  EXPECT_EQ(daemon.answer(bind)->body, R"({"Error":""})");
}

TEST_F(ControllerTest, AReaderIsAnsweredOnceWhatItSeesIsDurable) {
  daemon.serve();
  daemon.filter(DrivenController::pod("a", "100M"));
  daemon.bind("a", "n1");
  const CallId nodes = daemon.call(Route::kNodes, "");
  EXPECT_EQ(daemon.answer(nodes), nullptr);
  daemon.make_durable();
  ASSERT_NE(daemon.answer(nodes), nullptr);
  const Json body = Json::parse(daemon.answer(nodes)->body);
  EXPECT_LE(body["sequence"], daemon.controller().durable());
  EXPECT_EQ(body["nodes"][0]["used"]["network"]["ulBitsPerSecond"], 100'000'000);
}

TEST_F(ControllerTest, AStatusIsWrittenOnceWhatItShowsIsDurable) {
  daemon.serve();
  daemon.pass(seconds(60));
  daemon.make_durable();
  const std::size_t before = daemon.count("/bandwidths/n1/status");
  EXPECT_GE(before, 1U);
  daemon.filter(DrivenController::pod("a", "100M"));
  daemon.bind("a", "n1");
  daemon.pass(seconds(60));
  EXPECT_EQ(daemon.count("/bandwidths/n1/status"), before);
  daemon.make_durable();
  daemon.pass(seconds(60));
  daemon.make_durable();
  EXPECT_GT(daemon.count("/bandwidths/n1/status"), before);
}

TEST_F(ControllerTest, TwoPodsAreNotGivenTheSameRoom) {
  daemon.serve();
  for (const char* name : {"a", "b"}) daemon.filter(DrivenController::pod(name, "600M"));
  daemon.bind("a", "n1");
  const AnswerCall* second = daemon.answer(daemon.bind("b", "n1"));
  ASSERT_NE(second, nullptr);
  EXPECT_THAT(second->body, HasSubstr("insufficient network uplink bandwidth n1"));
  EXPECT_EQ(daemon.controller().decisions().binds_refused, 1U);
}

// ---- reading ----

TEST_F(ControllerTest, ServesTheReadApi) {
  daemon.existing(DrivenController::pod("a", "2G"));
  daemon.serve();
  daemon.filter(DrivenController::pod("a", "2G"));
  const CallId pods = daemon.call(Route::kPods, "");
  const CallId links = daemon.call(Route::kLinks, "");
  const CallId explained = daemon.call(Route::kExplain, "", "net", "a");
  const CallId unknown = daemon.call(Route::kExplain, "", "net", "nobody");
  daemon.make_durable();
  EXPECT_EQ(Json::parse(daemon.answer(pods)->body)["pods"][0]["podName"], "a");
  EXPECT_TRUE(Json::parse(daemon.answer(links)->body).contains("uplinks"));
  const Json explanation = Json::parse(daemon.answer(explained)->body);
  EXPECT_EQ(explanation["nodes"][0]["link"], "network");
  EXPECT_EQ(explanation["nodes"][0]["lacking"]["ulBitsPerSecond"], 1'000'000'000);
  EXPECT_EQ(daemon.answer(unknown)->status, 404);
}

TEST_F(ControllerTest, ExplainsTheLastAttemptBesideWhatHoldsNow) {
  daemon.serve();
  daemon.filter(DrivenController::pod("a", "2G"));
  daemon.filter(DrivenController::pod("b", "100M"));
  daemon.bind("b", "n1");
  const CallId refused = daemon.call(Route::kExplain, "", "net", "a");
  const CallId placed = daemon.call(Route::kExplain, "", "net", "b");
  daemon.make_durable();
  const Json explanation = Json::parse(daemon.answer(refused)->body);
  EXPECT_EQ(explanation["nodes"][0]["lacking"]["ulBitsPerSecond"], 1'100'000'000);
  ASSERT_THAT(explanation["lastAttemptNodes"], SizeIs(1));
  EXPECT_EQ(explanation["lastAttemptNodes"][0]["name"], "n1");
  EXPECT_EQ(explanation["lastAttemptNodes"][0]["link"], "network");
  EXPECT_EQ(explanation["lastAttemptNodes"][0]["lacking"]["ulBitsPerSecond"], 1'000'000'000);
  EXPECT_FALSE(Json::parse(daemon.answer(placed)->body).contains("lastAttemptNodes"));
}

// ---- what the auditor finds ----

TEST_F(ControllerTest, AReplicaWhoseJournalDiffersSaysSoAndDecidesNoMore) {
  daemon.serve();
  daemon.filter(DrivenController::pod("a", "100M"));
  const CallId bind = daemon.bind("a", "n1");
  AuditReported report;
  report.difference = "after event 7 the live state is not what the journal says";
  daemon.step(report);
  daemon.make_durable();
  EXPECT_FALSE(daemon.controller().ready());
  EXPECT_THAT(daemon.controller().not_serving_because(), HasSubstr("after event 7"));
  EXPECT_EQ(daemon.answer(daemon.filter(DrivenController::pod("b", "100M")))->status, 503);
  EXPECT_THAT(daemon.answer(bind)->body, HasSubstr("leads no more"));
  EXPECT_THAT(daemon.bindings(), IsEmpty()) << "nothing is bound on the strength of such a state";
  EXPECT_EQ(daemon.count("POST /apis/events.k8s.io/v1/namespaces/default/"), 1U);
  daemon.pass(seconds(60));
  EXPECT_EQ(daemon.count("POST /apis/events.k8s.io/v1/namespaces/default/"), 1U) << "it is said once";
}

TEST(ControllerElection, AReplicaWhoseJournalDiffersLetsTheLeaseGo) {
  MemoryJournal journal;
  ControllerOptions options;
  options.leadership.elected = true;
  options.leadership.lease.space = "default";
  options.leadership.lease.identity = "bwcontroller-0_0123456789abcdef";
  DrivenController daemon(journal, options);
  daemon.node("n1");
  daemon.keep_lease();
  daemon.serve();
  daemon.pass(seconds(1));
  daemon.make_durable();
  ASSERT_TRUE(daemon.controller().serves()) << daemon.controller().not_serving_because();
  ASSERT_NE(daemon.controller().state().term_began, 0U);
  AuditReported report;
  report.difference = "the chain does not hold at event 7";
  daemon.step(report);
  daemon.make_durable();
  EXPECT_EQ(daemon.controller().state().term_began, 0U);
  EXPECT_THAT(daemon.lease(), HasSubstr(R"("holderIdentity":"")"));
  const std::size_t asked = daemon.count("/leases/");
  daemon.pass(seconds(60));
  EXPECT_EQ(daemon.count("/leases/"), asked) << "it does not try again";
}

// ---- a full disk ----

TEST_F(ControllerTest, DecidesNothingWhileTheDiskIsFullAndRecordsTheRest) {
  constexpr std::uint64_t kMiB = 1 << 20;
  daemon.serve();
  daemon.step(SpaceMeasured{500 * kMiB, true, ""});
  daemon.filter(DrivenController::pod("a", "100M"));
  daemon.step(SpaceMeasured{10 * kMiB, true, ""});
  EXPECT_TRUE(daemon.controller().state().suspended);
  const Sequence suspended = daemon.controller().state().applied;
  for (const CallId call : {daemon.filter(DrivenController::pod("b", "100M")), daemon.bind("a", "n1")}) {
    ASSERT_NE(daemon.answer(call), nullptr);
    EXPECT_EQ(daemon.answer(call)->status, 503);
    EXPECT_THAT(daemon.answer(call)->body, HasSubstr("not now"));
  }
  EXPECT_EQ(daemon.controller().state().applied, suspended) << "decisions are not journaled";
  EXPECT_TRUE(daemon.controller().ready()) << "what is released and observed is";
  daemon.step(SpaceMeasured{500 * kMiB, true, ""});
  EXPECT_FALSE(daemon.controller().state().suspended);
  EXPECT_EQ(daemon.answer(daemon.filter(DrivenController::pod("b", "100M")))->status, 200);
}

TEST_F(ControllerTest, AFullDiskIsFoundAgainAfterARestart) {
  daemon.serve();
  daemon.step(SpaceMeasured{0, true, ""});
  daemon.make_durable();
  DrivenController again(journal);
  again.node("n1");
  again.start();
  again.step(SpaceMeasured{0, false, ""});
  again.make_durable();
  EXPECT_TRUE(again.controller().state().suspended);
  EXPECT_EQ(again.answer(again.filter(DrivenController::pod("a", "100M")))->status, 503);
}

// ---- restart ----

TEST_F(ControllerTest, AfterACrashTheSameBindingIsSentAgain) {
  daemon.serve();
  daemon.filter(DrivenController::pod("a", "100M"));
  daemon.bind("a", "n1");
  daemon.make_durable();
  ASSERT_THAT(daemon.bindings(), SizeIs(1));
  const std::string body = daemon.bindings()[0].what.body;

  DrivenController again(journal);
  again.node("n1");
  again.existing(DrivenController::pod("a", "100M"));
  again.serve();
  again.pass(seconds(1));
  again.make_durable();
  ASSERT_THAT(again.bindings(), SizeIs(1)) << again.controller().not_serving_because();
  EXPECT_EQ(again.bindings()[0].what.body, body);
  EXPECT_EQ(again.controller().state().ledger.place(PlaceNumber{1}).link.used.ul, 100'000'000);
}

// ---- take-over ----

class TakeOverTest : public testing::Test {
 protected:
  // As one that finds the Lease in its own name, whoever put it there.
  std::unique_ptr<DrivenController> holder() {
    ControllerOptions options;
    options.leadership.elected = true;
    options.leadership.lease.space = "bandwidth";
    options.leadership.lease.identity = "me";
    auto daemon = std::make_unique<DrivenController>(journal, std::move(options));
    daemon->node("n1");
    daemon->script(std::string(kLease) + "/bandwidth-controller",
                   reply(200, R"({"metadata":{"resourceVersion":"9"},"spec":{"holderIdentity":"me",)"
                              R"("leaseTransitions":4}})"));
    daemon->existing(DrivenController::pod("a", "100M"));
    return daemon;
  }
  // The patched pod, as the API server answers it.
  static Result<ApiResponse> fenced() {
    return reply(200, R"({"metadata":{"name":"a","namespace":"net","uid":"uid-a","resourceVersion":"8","annotations":)"
                      R"({"kubernetes.io/egress-bandwidth":"100M","kubernetes.io/ingress-bandwidth":"100M",)"
                      R"("networking.vaclab.org/term":"5"}},"spec":{},"status":{"phase":"Pending"}})" +
                          std::string(64, ' '));
  }

  static constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/bandwidth/leases";
  static constexpr const char* kPod = "/api/v1/namespaces/net/pods/a";
  MemoryJournal journal;
};

TEST_F(TakeOverTest, ThatACrashBrokeOffIsMadeAgain) {
  const auto first = holder();
  first->script(kPod, reply(503));
  first->serve();
  ASSERT_TRUE(first->controller().state().taking_over);

  const auto second = holder();
  second->script(kPod, reply(503));
  second->serve();
  EXPECT_FALSE(second->controller().serves()) << "a Binding of the leader before is not fenced yet";

  const auto third = holder();
  third->script(kPod, fenced());
  third->serve();
  EXPECT_TRUE(third->controller().serves()) << third->controller().not_serving_because();
}

TEST_F(TakeOverTest, ThatHasEndedIsNotMadeAgainAfterARestart) {
  const auto first = holder();
  first->script(kPod, fenced());
  first->serve();
  ASSERT_TRUE(first->controller().serves());

  const auto second = holder();
  second->script(kPod, reply(503));
  second->serve();
  EXPECT_TRUE(second->controller().serves()) << second->controller().not_serving_because();
  EXPECT_EQ(second->count("PATCH " + std::string(kPod)), 0U);
}

TEST_F(TakeOverTest, ThatALostLeaseEndsAsksForNoTicks) {
  const auto daemon = holder();
  daemon->script(kPod, reply(503));  // it is due again a little later
  daemon->serve();
  ASSERT_FALSE(daemon->controller().serves());
  daemon->script(kLease, reply(500));
  for (int i = 0; i < 3; ++i) daemon->pass(seconds(30));
  ASSERT_EQ(daemon->controller().state().term_began, 0U) << "it leads no more";
  const std::optional<std::int64_t> wake = daemon->controller().wake_at_ns();
  ASSERT_TRUE(wake.has_value());
  EXPECT_GT(*wake, daemon->now_ns());
}

// ---- the end ----

TEST_F(ControllerTest, AnOrderlyStopBindsWhatIsReservedAndReservesNothingMore) {
  daemon.serve();
  for (const char* name : {"a", "b"}) daemon.filter(DrivenController::pod(name, "100M"));
  daemon.bind("a", "n1");
  daemon.make_durable();
  ASSERT_THAT(daemon.bindings(), SizeIs(1));
  const CallId second = daemon.bind("b", "n1");
  daemon.step(StopAsked{});
  EXPECT_GE(daemon.closed_watches(), kStreamCount);
  EXPECT_EQ(daemon.answer(daemon.filter(DrivenController::pod("c", "1M")))->status, 503);
  EXPECT_EQ(daemon.answer(daemon.bind("c", "n1"))->status, 503);
  daemon.make_durable();
  EXPECT_THAT(daemon.bindings(), SizeIs(2));
  EXPECT_FALSE(daemon.finished());
  daemon.answer_binding(reply(201));
  EXPECT_FALSE(daemon.finished()) << "one is under way";
  daemon.answer_binding(reply(201));
  daemon.make_durable();
  ASSERT_TRUE(daemon.finished());
  EXPECT_EQ(daemon.finished()->exit_code, 0);
  EXPECT_EQ(daemon.finished()->sentence, "");
  EXPECT_EQ(daemon.answer(second)->body, R"({"Error":""})");
  EXPECT_EQ(journal.bounds().head.sequence, daemon.controller().state().applied);
}

TEST_F(ControllerTest, AStopDoesNotWaitForAnAnswerForEver) {
  daemon.serve();
  daemon.filter(DrivenController::pod("a", "100M"));
  daemon.bind("a", "n1");
  daemon.make_durable();
  daemon.step(StopAsked{});
  daemon.pass(seconds(6));
  daemon.make_durable();
  ASSERT_TRUE(daemon.finished());
  EXPECT_EQ(daemon.finished()->exit_code, 0);
}

TEST_F(ControllerTest, AStopBeforeItWasReadyEndsToo) {
  daemon.script("/apis/batch/v1/jobs", broke());
  daemon.start();
  daemon.step(StopAsked{});
  daemon.make_durable();
  ASSERT_TRUE(daemon.finished());
  EXPECT_EQ(daemon.finished()->exit_code, 0);
}

}  // namespace
}  // namespace bw
