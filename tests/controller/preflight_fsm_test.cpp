#include "controller/preflight_fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outputs.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kHash(64, 'a');
const std::string kId = "00000000000000000000000000000007";

class PreflightTest : public testing::Test {
 protected:
  void begin(const std::string& cluster = "", const std::string& lease_space = "bandwidth") {
    PreflightFsm::Known known;
    known.cluster = cluster;
    known.journal.bytes[15] = 7;
    known.lease_space = lease_space;
    known.lease_name = "bandwidth-controller";
    fsm.emplace(known, 7);
    outputs.clear();
    fsm->start(next_request, outputs);
  }
  // The request that follows the answer; "" if there is none.
  std::string answer(const Result<ApiResponse>& result) {
    outputs.clear();
    fsm->answered(result, now_ns, next_request, outputs);
    return sent(outputs).empty() ? "" : sent(outputs).at(0);
  }
  static Result<ApiResponse> cluster(const std::string& uid) {
    return reply(200, R"({"metadata":{"name":"kube-system","uid":")" + uid + R"(","resourceVersion":"4"}})" +
                          std::string(64, ' '));
  }
  static Result<ApiResponse> statuses(const std::string& journal) {
    return reply(200, R"({"items":[{"metadata":{"name":"n1"}},{"status":{"journal":)" + journal + "}}]}");
  }

  std::optional<PreflightFsm> fsm;
  Outputs outputs;
  RequestId next_request = 1;
  std::int64_t now_ns = seconds(1000);
};

TEST_F(PreflightTest, AsksForTheResourceTheClusterAndTheLeaseInTurn) {
  begin();
  EXPECT_THAT(sent(outputs), ElementsAre(HasSubstr("GET /apis/networking.vaclab.org/v1/bandwidths")));
  EXPECT_EQ(answer(reply(200, R"({"items":[]})")), "GET /api/v1/namespaces/kube-system");
  EXPECT_THAT(answer(cluster("c")), HasSubstr("/namespaces/bandwidth/leases/bandwidth-controller"));
  EXPECT_FALSE(fsm->passed());
  answer(reply(404));
  EXPECT_TRUE(fsm->passed());
  EXPECT_EQ(fsm->cluster(), "c");
  EXPECT_EQ(fsm->refusal(), std::nullopt);
}

TEST_F(PreflightTest, WithoutAnElectionThereIsNoLease) {
  begin("", "");
  answer(reply(200, "{}"));
  answer(cluster("c"));
  EXPECT_TRUE(fsm->passed());
}

TEST_F(PreflightTest, RefusesInOneSentenceThatSaysWhatToDo) {
  begin();
  answer(reply(404));
  EXPECT_THAT(fsm->refusal().value(), HasSubstr("kubectl apply -f deploy/crd.yaml"));
  begin();
  answer(reply(403));
  EXPECT_THAT(fsm->refusal().value(), HasSubstr("kubectl apply -f deploy/rbac.yaml"));
  begin();
  answer(reply(200, "{}"));
  answer(reply(403));
  EXPECT_THAT(fsm->refusal().value(), HasSubstr("kube-system"));
  begin();
  answer(reply(200, "{}"));
  answer(cluster("c"));
  answer(reply(403));
  EXPECT_THAT(fsm->refusal().value(), HasSubstr("Leases in namespace bandwidth"));
}

TEST_F(PreflightTest, RefusesAJournalOfAnotherCluster) {
  begin("ours");
  answer(reply(200, "{}"));
  answer(cluster("another"));
  EXPECT_THAT(fsm->refusal().value(), HasSubstr("belongs to another cluster"));
  begin("ours");
  answer(reply(200, "{}"));
  answer(cluster("ours"));
  EXPECT_EQ(fsm->refusal(), std::nullopt);
}

TEST_F(PreflightTest, AsksAgainWhileTheServerIsAway) {
  begin();
  for (const Result<ApiResponse>& failed : {broke(), never_left(), reply(500), reply(401)}) {
    EXPECT_EQ(answer(failed), "");
    EXPECT_THAT(all<LogLine>(outputs), SizeIs(1));
    ASSERT_TRUE(fsm->wake_at_ns());
    now_ns = *fsm->wake_at_ns();
    outputs.clear();
    fsm->tick(now_ns, next_request, outputs);
    EXPECT_THAT(sent(outputs), SizeIs(1));
  }
  EXPECT_EQ(fsm->refusal(), std::nullopt);
}

TEST_F(PreflightTest, FindsTheNewestHeadOfThisJournalInStatusesAndLease) {
  begin();
  answer(statuses(R"({"id":")" + kId + R"(","sequence":41,"headHash":")" + kHash + "\"}"));
  answer(cluster("c"));
  answer(reply(200,
               R"({"metadata":{"annotations":{"networking.vaclab.org/journal":")" + kId + ":50:" + kHash + R"("}}})"));
  ASSERT_TRUE(fsm->known_head());
  EXPECT_EQ(fsm->known_head()->head.sequence, 50U);
}

TEST_F(PreflightTest, HeadsOfOtherJournalsAndWhatIsNoneAreNothing) {
  for (const std::string& journal :
       {R"({"id":"ffffffffffffffffffffffffffffffff","sequence":41,"headHash":")" + kHash + "\"}", std::string("7"),
        R"({"id":")" + kId + R"(","sequence":"x","headHash":7})", std::string("null")}) {
    begin();
    answer(statuses(journal));
    answer(cluster("c"));
    answer(reply(200, "not JSON"));
    EXPECT_TRUE(fsm->passed());
    EXPECT_EQ(fsm->known_head(), std::nullopt) << journal;
  }
}

}  // namespace
}  // namespace bw
