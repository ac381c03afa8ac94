#include "controller/scheduler_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "driven_controller.h"

namespace bw {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class SchedulerDoorTest : public testing::Test {
 protected:
  SchedulerDoorTest() {
    daemon.node("n1");
    daemon.node("n2");
    daemon.serve();
  }
  Json answer(CallId call) { return Json::parse(daemon.answer(call)->body); }
  const DecisionCounts& counts() const { return daemon.controller().decisions(); }

  MemoryJournal journal;
  DrivenController daemon{journal};
};

TEST_F(SchedulerDoorTest, FilterNamesWhatFits) {
  const Json reply = answer(daemon.filter(DrivenController::pod("a", "100M"), R"(["n1","n2"])"));
  EXPECT_EQ(reply["NodeNames"], Json::array({"n1", "n2"}));
  EXPECT_EQ(counts().filters, 1U);
  EXPECT_EQ(counts().offered, 2U);
}

TEST_F(SchedulerDoorTest, FilterGivesEachNodeItsReasonWhereNoneFits) {
  const Json reply = answer(daemon.filter(DrivenController::pod("a", "2G"), R"(["n1","n9"])"));
  EXPECT_TRUE(reply["NodeNames"].is_null() || reply["NodeNames"].empty());
  EXPECT_EQ(reply["FailedAndUnresolvableNodes"]["n1"], "insufficient network uplink bandwidth");
  EXPECT_EQ(reply["FailedAndUnresolvableNodes"]["n9"], "no bandwidth capacity recorded for node");
  EXPECT_EQ(counts().filters_refused, 1U);
  EXPECT_EQ(counts().refusals[static_cast<std::size_t>(Reason::kNetworkUplink)], 1U);
}

TEST_F(SchedulerDoorTest, ARefusalForUnknownNodesAloneIsCountedWithItsReason) {
  answer(daemon.filter(DrivenController::pod("a", "100M"), R"(["n9"])"));
  EXPECT_EQ(counts().refusals[static_cast<std::size_t>(Reason::kNoCapacityRecorded)], 1U);
}

TEST_F(SchedulerDoorTest, APodThatAsksForNothingGetsEveryNodeBackAlsoUnknownOnes) {
  std::string pod = DrivenController::pod("a", "1M");
  pod.replace(pod.find(",\"annotations\""), pod.find("}", pod.find("annotations")) + 1 - pod.find(",\"annotations\""),
              "");
  EXPECT_EQ(answer(daemon.filter(pod, R"(["n9","n1"])"))["NodeNames"], Json::array({"n9", "n1"}));
}

TEST_F(SchedulerDoorTest, TheCallsPodIsTheRequestWhereItIsNewerThanTheWatchs) {
  std::string newer = DrivenController::pod("a", "2G");
  newer.replace(newer.find(R"("resourceVersion":"5")"), 21, R"("resourceVersion":"6")");
  daemon.filter(DrivenController::pod("a", "100M"));
  EXPECT_TRUE(answer(daemon.filter(newer)).contains("FailedAndUnresolvableNodes"));
  const Json old = answer(daemon.filter(DrivenController::pod("a", "100M")));
  EXPECT_EQ(old["FailedAndUnresolvableNodes"]["n1"], "insufficient network uplink bandwidth") << "no older one";
}

TEST_F(SchedulerDoorTest, PrioritizeScoresTheNamed) {
  daemon.filter(DrivenController::pod("a", "100M"), R"(["n1","n2"])");
  const Json reply = answer(daemon.call(
      Route::kPrioritize, R"({"Pod":)" + DrivenController::pod("a", "100M") + R"(,"NodeNames":["n1","n2"]})"));
  ASSERT_EQ(reply.size(), 2U);
  EXPECT_EQ(reply[0]["Score"].get<int>() + reply[1]["Score"].get<int>(), 19);
}

TEST_F(SchedulerDoorTest, PreemptHandsTheVictimsBack) {
  const Json reply = answer(daemon.call(
      Route::kPreempt, R"({"Pod":)" + DrivenController::pod("a", "100M") +
                           R"(,"NodeNameToMetaVictims":{"n1":{"Pods":[{"UID":"v"}],"NumPDBViolations":1}}})"));
  EXPECT_EQ(reply["NodeNameToMetaVictims"]["n1"]["Pods"][0]["UID"], "v");
  EXPECT_EQ(reply["NodeNameToMetaVictims"]["n1"]["NumPDBViolations"], 1);
  EXPECT_EQ(counts().preempts, 1U);
}

TEST_F(SchedulerDoorTest, WhatCannotBeReadIsRefusedAndTheNextCallServed) {
  for (const Route route : {Route::kFilter, Route::kPrioritize, Route::kBind, Route::kPreempt}) {
    for (const char* body : {"", "{", "[]", "7", R"({"Pod":7})"}) {
      EXPECT_EQ(daemon.answer(daemon.call(route, body))->status, 400) << body;
    }
  }
  EXPECT_EQ(counts().bad_requests, 20U);
  EXPECT_EQ(daemon.answer(daemon.filter(DrivenController::pod("a", "100M")))->status, 200);
}

TEST_F(SchedulerDoorTest, APodThatCannotBeReadIsAnErrorOfTheCallAndNoRefusal) {
  std::string pod = DrivenController::pod("a", "100M");
  pod.replace(pod.find(R"("spec":{})"), 9, R"("spec":{"hostNetwork":"x"})");
  const Json reply = answer(daemon.filter(pod));
  EXPECT_THAT(reply["Error"].get<std::string>(), HasSubstr("spec.hostNetwork"));
}

TEST_F(SchedulerDoorTest, BindIsIdempotentByUidAndNode) {
  daemon.filter(DrivenController::pod("a", "100M"), R"(["n1","n2"])");
  const CallId first = daemon.bind("a", "n1");
  const CallId again = daemon.bind("a", "n1");
  const CallId elsewhere = daemon.bind("a", "n2");
  EXPECT_THAT(answer(elsewhere)["Error"].get<std::string>(), HasSubstr("reserved on node n1"));
  daemon.make_durable();
  ASSERT_EQ(daemon.bindings().size(), 1U);
  daemon.answer_binding(reply(201));
  EXPECT_EQ(answer(first)["Error"], "");
  EXPECT_EQ(answer(again)["Error"], "");
  EXPECT_EQ(answer(daemon.bind("a", "n1"))["Error"], "") << "bound already";
  EXPECT_EQ(daemon.bindings().size(), 0U);
}

TEST_F(SchedulerDoorTest, BindOfAPodThatNobodyHasSeenIsRefused) {
  EXPECT_THAT(answer(daemon.bind("nobody", "n1"))["Error"].get<std::string>(), HasSubstr("has not been seen"));
}

}  // namespace
}  // namespace bw
