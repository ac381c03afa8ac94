// Gaps: what the recorder could not see, and that it says so. A watch that resumes after a restart has missed nothing;
// one that cannot, since etcd has compacted what came in between, has, and no audit passes over that.
#include <nlohmann/json.hpp>
#include <string>

#include "live_test.h"
#include "tests/support/local_http.h"
#include "tests/support/programs.h"
#include "tests/support/replay_check.h"

namespace bw {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kHolds = 0;
constexpr int kUnknown = 3;

class GapTest : public LiveTest {
 protected:
  // `bwreplay audit` of the journal from one event to another, as a person runs it.
  static Output audit(Sequence from, Sequence to) {
    const auto program = product_program("bwreplay");
    EXPECT_TRUE(program);
    const auto output = run({.program = *program,
                             .arguments = {"audit", "--journal", daemon().journal().string(), "--from",
                                           std::to_string(from), "--to", std::to_string(to)}});
    EXPECT_TRUE(output) << output.error().message;
    return output ? *output : Output{.exit_code = -1};
  }

  static Sequence last_event() {
    const auto report = replay_verify(daemon().journal());
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->last_sequence : 0;
  }

  static std::vector<LoggedFact> gaps_since(Sequence sequence) {
    const auto facts = replay_log(daemon().journal(), "GapOpened");
    EXPECT_TRUE(facts) << facts.error().message;
    std::vector<LoggedFact> later;
    for (const LoggedFact& fact : facts ? *facts : std::vector<LoggedFact>()) {
      if (fact.sequence > sequence) later.push_back(fact);
    }
    return later;
  }

  static nlohmann::json etcd(const std::string& path, const std::string& body) {
    const auto answer = send_local(plane().etcd_port(), "POST", path, "Content-Type: application/json\r\n", body);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? nlohmann::json::parse(answer->body, nullptr, false) : nlohmann::json();
  }

  // etcd forgets all but the newest revision, and the API server starts again: its own memory of events is gone too.
  static void forget_history() {
    const nlohmann::json newest = etcd("/v3/kv/range", R"({"key":"AA==","limit":"1"})");
    ASSERT_TRUE(newest.contains("header")) << newest.dump();
    const nlohmann::json done =
        etcd("/v3/kv/compaction",
             R"({"revision":")" + newest["header"]["revision"].get<std::string>() + R"(","physical":true})");
    ASSERT_TRUE(done.contains("header")) << done.dump();
    ASSERT_OK(plane().restart("kube-apiserver"));
    wait("the API server is ready", [&]() -> Result<bool> {
      const auto answer = plane().kubectl({"get", "--raw", "/readyz"});
      return answer && answer->exit_code == 0;
    });
  }

  void changes_while_nobody_looks() {
    ASSERT_OK(cluster().delete_pods({pod("pod-0"), pod("pod-1")}));
    ASSERT_OK(cluster().create_pods("by-hand-", 1, {.egress = "300M", .node = node(0)}));
  }
};

TEST_F(GapTest, ARestartThatResumesItsWatchesIsNoGap) {
  create_nodes(2);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("pod-", 8, {.egress = "100M"}));
  wait_for(8, 0);
  const Sequence before = last_event();
  ASSERT_EQ(daemon().stop(), 0);
  changes_while_nobody_looks();
  ASSERT_OK(daemon().start_again());
  ASSERT_OK(cluster().create_pods("more-", 20, {.egress = "100M"}));
  wait_for(7 + 11, 9);  // nine of the twenty hundreds are taken: six, and three by one
  expect_strict(witness);
  EXPECT_THAT(gaps_since(before), IsEmpty());
  const Output passed = audit(before, last_event());
  EXPECT_EQ(passed.exit_code, kHolds) << passed.standard_output << passed.standard_error;
  EXPECT_THAT(passed.standard_output, HasSubstr("pass"));
}

TEST_F(GapTest, AKillIsNoGapEither) {
  create_nodes(1);
  ASSERT_OK(cluster().create_pods("pod-", 8, {.egress = "100M"}));
  wait_for(8, 0);
  const Sequence before = last_event();
  daemon().kill();
  changes_while_nobody_looks();
  ASSERT_OK(daemon().start_again());
  wait_for_bandwidth(node(0), "counts what came meanwhile",
                     [](const BandwidthView& object) { return object.used.network.ul == 900; });
  EXPECT_THAT(gaps_since(before), IsEmpty());
  EXPECT_EQ(audit(before, last_event()).exit_code, kHolds);
}

TEST_F(GapTest, AWatchThatCannotResumeIsAGapAndTheAuditSaysUnknown) {
  create_nodes(1);
  ASSERT_OK(cluster().create_pods("pod-", 8, {.egress = "100M"}));
  wait_for(8, 0);
  wait_for_bandwidth(node(0), "uses 800", [](const BandwidthView& object) { return object.used.network.ul == 800; });
  const Sequence earlier = last_event();
  ASSERT_OK(cluster().delete_pods({pod("pod-7")}));
  wait_for_bandwidth(node(0), "uses 700", [](const BandwidthView& object) { return object.used.network.ul == 700; });
  const Sequence before = last_event();
  ASSERT_EQ(daemon().stop(), 0);
  changes_while_nobody_looks();
  forget_history();
  ASSERT_OK(daemon().start_again());
  // What it missed is found by listing.
  wait_for_bandwidth(node(0), "counts what came meanwhile",
                     [](const BandwidthView& object) { return object.used.network.ul == 800; });
  const std::vector<LoggedFact> gaps = gaps_since(before);
  ASSERT_FALSE(gaps.empty());
  bool pods_named = false;
  for (const LoggedFact& gap : gaps) pods_named |= gap.json.find("ods") != std::string::npos;
  EXPECT_TRUE(pods_named);
  const Sequence after = last_event();
  ASSERT_OK(cluster().create_pods("more-", 5, {.egress = "100M"}));
  wait_for(8, 3);
  const Sequence end = last_event();

  const Output touched = audit(earlier, end);
  EXPECT_EQ(touched.exit_code, kUnknown) << touched.standard_output << touched.standard_error;
  EXPECT_THAT(touched.standard_output, HasSubstr("unknown"));
  // What lies wholly before or after is as certain as ever.
  EXPECT_EQ(audit(after, end).exit_code, kHolds) << audit(after, end).standard_output;
}

}  // namespace
}  // namespace bw
