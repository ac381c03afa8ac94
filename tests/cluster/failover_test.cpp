// Fail-over (rules R9, R14): three replicas, and the leader is killed, stopped for longer than its lease, or cut off
// from the API server in the middle of a burst. At no poll does a link carry more than its capacity, and in the end
// all is bound that fits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "outcome.h"
#include "tests/support/capacity_watch.h"
#include "tests/support/cluster.h"
#include "tests/support/control_plane.h"
#include "tests/support/replay_check.h"
#include "tests/support/replicas.h"
#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kReplicas = 3;
constexpr int kNodes = 20;
constexpr int kFit = 10 * kNodes;

// One control plane for all tests; replicas, nodes and a scheduler of its own for each.
class FailoverTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>("failover-test");
    std::filesystem::create_directories(folder_->path() / "control-plane");
    auto plane = ControlPlane::start(folder_->path() / "control-plane");
    ASSERT_TRUE(plane) << plane.error().message;
    plane_ = std::move(*plane);
    ASSERT_OK(plane_->install());
    auto cluster = Cluster::connect(plane_->admin_kubeconfig());
    ASSERT_TRUE(cluster) << cluster.error().message;
    cluster_ = std::move(*cluster);
  }

  static void TearDownTestSuite() {
    cluster_.reset();
    plane_.reset();
    if (::testing::UnitTest::GetInstance()->Failed()) {
      folder_->keep();
      std::fprintf(stderr, "logs and journals are in %s\n", folder_->path().c_str());
    }
    folder_.reset();
  }

  void SetUp() override {
    ASSERT_NE(cluster_, nullptr);
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_OK(cluster_->create_nodes(prefix(), kNodes));
    auto replicas = Replicas::start(*plane_, folder_->path() / name, kReplicas);
    ASSERT_TRUE(replicas) << replicas.error().message;
    replicas_ = std::move(*replicas);
    ASSERT_OK(wait_until("all nodes have their Bandwidth object", seconds(60), [&]() -> Result<bool> {
      const auto objects = cluster_->bandwidths();
      if (!objects) return objects.error();
      return std::count_if(objects->begin(), objects->end(), [&](const BandwidthView& object) {
               return object.name.starts_with(prefix()) && object.has_status;
             }) == kNodes;
    }));
    SchedulerOptions scheduler;
    scheduler.extender_url = replicas_->extender_url();
    ASSERT_OK(plane_->start_scheduler(scheduler));
    witness_ = std::make_unique<CapacityWatch>(
        plane_->admin_kubeconfig(),
        LinkCapacities{.usual = {.ul = 1000 * kBitsPerMegabit, .dl = 1000 * kBitsPerMegabit}});
  }

  void TearDown() override {
    witness_.reset();
    if (cluster_ == nullptr) return;
    if (replicas_ != nullptr) plane_->stop("default-scheduler");
    EXPECT_TRUE(cluster_->wipe());  // also after a set-up that failed: the next test counts what is there
    replicas_.reset();
  }

  // Twice as many pods as fit, all there when the scheduler sees the first; returns once some are bound.
  void burst() {
    ChildProcess& scheduler = plane_->component("default-scheduler");
    scheduler.pause();
    const Result<void> created = cluster_->create_pods("pod-", 2 * kFit, {.egress = "100M", .ingress = "100M"});
    scheduler.resume();
    ASSERT_OK(created);
    ASSERT_OK(wait_until("the burst has begun", seconds(60), [&]() -> Result<bool> { return bound() >= 20; }));
  }

  static int bound() {
    const auto pods = cluster_->pods();
    if (!pods) return -1;
    return static_cast<int>(
        std::count_if(pods->begin(), pods->end(), [](const PodView& pod) { return !pod.node.empty(); }));
  }

  // Waits for another leader, and says how long nobody decided.
  void expect_successor(int before, steady_clock::time_point since, const char* what, seconds patience = seconds(60)) {
    ASSERT_OK(wait_until("another replica decides", patience, [&]() -> Result<bool> {
      const std::optional<int> now = replicas_->holder();
      return now && *now != before && replicas_->serving() == now;
    }));
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - since);
    std::printf("  leader %s: the next one decides after %lld ms\n", what, static_cast<long long>(took.count()));
    RecordProperty("served_again_ms", static_cast<int>(took.count()));
  }

  // All that fits is bound and no more, in the eyes of the cluster and of the leader's journal.
  void expect_full_and_strict() {
    ASSERT_OK(wait_until("all that fits is bound", seconds(120), [&]() -> Result<bool> {
      const int now = bound();
      if (now > kFit) return Error{ErrorCode::kInvalid, "too many pods are bound: " + std::to_string(now)};
      return now == kFit;
    }));
    ASSERT_OK(wait_until("the objects show it", seconds(30), [&]() -> Result<bool> {
      const auto objects = cluster_->bandwidths();
      if (!objects) return objects.error();
      return std::all_of(objects->begin(), objects->end(), [&](const BandwidthView& object) {
        return !object.name.starts_with(prefix()) ||
               (object.used.network == LinkView{1000, 1000} && object.pods == 10 && !object.overcommitted);
      });
    }));
    const CapacityWatch::Findings findings = witness_->finish();
    EXPECT_EQ(findings.worst, 0) << "bit/s above its capacity, on " << findings.worst_node;
    EXPECT_EQ(findings.most_bound, kFit);
    EXPECT_GT(findings.polls, 10);
    EXPECT_EQ(findings.failed_polls, 0) << findings.last_error;
    for (int i = 0; i < kReplicas; ++i) {
      if (!replicas_->daemon(i).process().running()) continue;
      const auto report = replay_verify(replicas_->daemon(i).journal());
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_TRUE(report->holds()) << "replica " << i << ": " << report->result << ", " << report->refold;
    }
  }

  static std::string prefix() {
    return "f" + std::to_string(::testing::UnitTest::GetInstance()->current_test_info()->line()) + "-";
  }

  static inline std::unique_ptr<TemporaryFolder> folder_;
  static inline std::unique_ptr<ControlPlane> plane_;
  static inline std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Replicas> replicas_;
  std::unique_ptr<CapacityWatch> witness_;
};

TEST_F(FailoverTest, AllReplicasAreReadyAndOneOfThemDecides) {
  const std::optional<int> leader = replicas_->holder();
  ASSERT_TRUE(leader);
  for (int i = 0; i < kReplicas; ++i) {
    const auto ready = replicas_->daemon(i).get("/readyz");
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->status, 200) << i;
    if (i == *leader) continue;
    // A follower that is asked by mistake says who leads.
    const auto asked = send_local(
        replicas_->daemon(i).extender_port(), "POST", "/scheduler/filter", "Content-Type: application/json\r\n",
        R"({"Pod":{"metadata":{"name":"x","namespace":"default","uid":"u"}},"NodeNames":[]})");
    ASSERT_TRUE(asked) << asked.error().message;
    EXPECT_EQ(asked->status, 503);
    EXPECT_THAT(asked->body, ::testing::HasSubstr("bandwidth-controller-" + std::to_string(*leader)));
  }
}

TEST_F(FailoverTest, TheLeaderIsKilledInABurst) {
  burst();
  const int leader = replicas_->holder().value_or(0);
  const auto since = steady_clock::now();
  replicas_->daemon(leader).kill();
  EXPECT_LT(bound(), kFit) << "the burst was over before the kill";
  expect_successor(leader, since, "killed");
  ASSERT_OK(replicas_->daemon(leader).start_again());
  expect_full_and_strict();
}

// Before a new leader decides, each pod that waits must bear its term, so that no Binding of the one before counts.
TEST_F(FailoverTest, FiveThousandPodsWaitWhenTheLeaderIsKilled) {
  constexpr int kWaiting = 5000;
  ASSERT_OK(
      cluster_->create_pods("waits-", kWaiting, {.egress = "100M", .ingress = "100M", .scheduler = "nobody-yet"}));
  const int leader = replicas_->holder().value_or(0);
  const auto since = steady_clock::now();
  replicas_->daemon(leader).kill();
  expect_successor(leader, since, "killed with 5,000 pods waiting", seconds(180));
  const auto pods = cluster_->pods();
  ASSERT_TRUE(pods) << pods.error().message;
  EXPECT_EQ(std::count_if(pods->begin(), pods->end(),
                          [](const PodView& pod) { return pod.annotations.contains("networking.vaclab.org/term"); }),
            kWaiting);
  ASSERT_OK(replicas_->daemon(leader).start_again());
  witness_->finish();
}

TEST_F(FailoverTest, TheLeaderIsStoppedForLongerThanItsLeaseAndGoesOn) {
  burst();
  const int leader = replicas_->holder().value_or(0);
  const auto since = steady_clock::now();
  replicas_->daemon(leader).pause();
  EXPECT_LT(bound(), kFit) << "the burst was over before the stop";
  expect_successor(leader, since, "stopped");
  // It wakes with calls of the scheduler in its sockets and Bindings half done, and believes that it leads.
  replicas_->daemon(leader).resume();
  expect_full_and_strict();
}

TEST_F(FailoverTest, TheLeaderIsCutOffFromTheApiServerInABurst) {
  burst();
  const int leader = replicas_->holder().value_or(0);
  const auto since = steady_clock::now();
  replicas_->set_path(leader, TcpForwarder::Path::kCut);
  EXPECT_LT(bound(), kFit) << "the burst was over before the cut";
  expect_successor(leader, since, "cut off");
  replicas_->set_path(leader, TcpForwarder::Path::kOpen);
  expect_full_and_strict();
}

TEST_F(FailoverTest, WhatTheLeaderSentArrivesAfterItsSuccessorHasBegun) {
  burst();
  const int leader = replicas_->holder().value_or(0);
  const auto since = steady_clock::now();
  // Its Bindings are under way and stay there until another leads.
  replicas_->set_path(leader, TcpForwarder::Path::kHeld);
  EXPECT_LT(bound(), kFit) << "the burst was over before the path was held";
  expect_successor(leader, since, "held up");
  replicas_->set_path(leader, TcpForwarder::Path::kOpen);
  expect_full_and_strict();
}

}  // namespace
}  // namespace bw
