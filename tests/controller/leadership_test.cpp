#include "controller/leadership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outputs.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Change = Leadership::Change;
using Role = Leadership::Role;

class LeadershipTest : public testing::Test {
 protected:
  static LeadershipOptions options() {
    LeadershipOptions options;
    options.elected = true;
    options.lease.space = "bandwidth";
    options.lease.identity = "pod-a_journal";
    options.pod_space = "bandwidth";
    options.pod_name = "pod-a";
    return options;
  }
  Instant now() const { return {{now_ns}, now_ns}; }
  Change run() {
    outputs.clear();
    return leadership.run(now(), next_request, outputs);
  }
  void answer(RequestId request, const Result<ApiResponse>& result) {
    outputs.clear();
    leadership.answered(request, result, now(), next_request, outputs);
  }
  static Result<ApiResponse> lease(const std::string& holder, int transitions, const std::string& version) {
    return reply(200, R"({"metadata":{"resourceVersion":")" + version + R"("},"spec":{"holderIdentity":")" + holder +
                          R"(","leaseTransitions":)" + std::to_string(transitions) + "}}");
  }

  Leadership leadership{options(), 7};
  Outputs outputs;
  RequestId next_request = 1;
  std::int64_t now_ns = seconds(1000);
};

TEST_F(LeadershipTest, AloneItLeadsWithoutALease) {
  Leadership alone{LeadershipOptions{}, 7};
  EXPECT_EQ(alone.run(now(), next_request, outputs), Change::kNone);
  EXPECT_EQ(alone.role(), Role::kLeads);
  EXPECT_TRUE(alone.may_send(now_ns));
  EXPECT_THAT(outputs, IsEmpty());
}

TEST_F(LeadershipTest, AnotherLeads) {
  run();
  EXPECT_EQ(leadership.role(), Role::kUnknown);
  answer(1, lease("pod-b_other", 4, "9"));
  EXPECT_EQ(run(), Change::kNone);
  EXPECT_EQ(leadership.role(), Role::kFollows);
  EXPECT_FALSE(leadership.may_send(now_ns));
  EXPECT_EQ(leadership.leader(), "pod-b_other");
}

TEST_F(LeadershipTest, TakesOverBeginsATermAndMovesTheLabel) {
  run();
  answer(1, lease("pod-b_other", 4, "9"));
  run();
  now_ns += seconds(20);
  run();
  ASSERT_TRUE(leadership.owns(2));
  answer(2, lease("pod-b_other", 4, "9"));
  ASSERT_TRUE(leadership.owns(3));
  answer(3, lease("pod-a_journal", 5, "10"));
  EXPECT_EQ(run(), Change::kTermBegan);
  EXPECT_EQ(leadership.role(), Role::kTakesOver) << "it decides only when the take-over is complete";
  EXPECT_EQ(leadership.term(), 6U);
  EXPECT_THAT(sent(outputs), ElementsAre("PATCH /api/v1/namespaces/bandwidth/pods/pod-a",
                                         "PATCH /api/v1/namespaces/bandwidth/pods/pod-b"));
  leadership.lead();
  EXPECT_EQ(leadership.role(), Role::kLeads);
  EXPECT_EQ(run(), Change::kNone);
}

TEST_F(LeadershipTest, ARestartedHolderGoesOn) {
  run();
  answer(1, lease("pod-a_journal", 4, "9"));
  answer(2, lease("pod-a_journal", 4, "10"));
  EXPECT_EQ(run(), Change::kTermBegan);
  EXPECT_TRUE(leadership.continued());
}

TEST_F(LeadershipTest, ALeaseThatIsNotRenewedEndsTheTerm) {
  run();
  answer(1, lease("", 4, "9"));
  answer(2, lease("pod-a_journal", 5, "10"));
  run();
  leadership.lead();
  EXPECT_TRUE(leadership.may_send(now_ns));
  now_ns += seconds(10);
  EXPECT_FALSE(leadership.may_send(now_ns)) << "before anything else happens";
  EXPECT_EQ(run(), Change::kTermEnded);
  EXPECT_EQ(leadership.role(), Role::kFollows);
}

TEST_F(LeadershipTest, ALabelThatCouldNotBeSetIsSaidAndNoMore) {
  run();
  answer(1, lease("", 4, "9"));
  answer(2, lease("pod-a_journal", 5, "10"));
  run();
  answer(3, reply(403, "no"));
  EXPECT_THAT(all<LogLine>(outputs).at(0).text, HasSubstr("role label"));
  EXPECT_EQ(leadership.role(), Role::kTakesOver);
}

TEST_F(LeadershipTest, TroubleIsSaidOnce) {
  run();
  answer(1, broke());
  EXPECT_EQ(all<LogLine>(outputs).size(), 1U);
  now_ns += seconds(10);
  run();
  EXPECT_THAT(all<LogLine>(outputs), IsEmpty());
  answer(2, broke());
  EXPECT_THAT(all<LogLine>(outputs), IsEmpty()) << "the same as before";
}

TEST_F(LeadershipTest, GivesTheLeaseUpAtAnOrderlyStop) {
  run();
  answer(1, lease("", 4, "9"));
  answer(2, lease("pod-a_journal", 5, "10"));
  run();
  outputs.clear();
  leadership.release(now(), next_request, outputs);
  const std::vector<SendRequest> requests = all<SendRequest>(outputs);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests.back().what.body, HasSubstr(R"("holderIdentity":"")"));
  EXPECT_TRUE(leadership.busy());
}

}  // namespace
}  // namespace bw
