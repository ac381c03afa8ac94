// Wake-up (rule R15): a refused pod that fits again is told so at once, and one that does not is left alone.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "live_test.h"

namespace bw {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kRetry = "networking.vaclab.org/retry";

class WakeUpTest : public LiveTest {
 protected:
  // How long after the API server has shown a pod as gone it shows the next one as bound. Both moments are those of
  // one watch, so no poll rounds them.
  static Result<milliseconds> time_to_replace(const std::string& name) {
    const auto watching = BlockingApi::connect(plane().admin_kubeconfig());
    if (!watching) return watching.error();
    const PodView leaving = pod(name);
    std::set<std::string> bound;
    std::optional<steady_clock::time_point> released, taken;
    std::optional<Error> failed;
    const ApiRequest request{.target = "/api/v1/pods?watch=true", .accept = "", .content_type = "", .body = ""};
    const Result<void> watched = (*watching)->watch(
        request, std::chrono::seconds(20),
        [&] {
          if (const auto sent = cluster().delete_pods({leaving}); !sent) failed = sent.error();
        },
        [&](std::string_view line) {
          const auto now = steady_clock::now();
          constexpr std::string_view kObject = R"("object":)";
          const std::size_t at = line.find(kObject);
          if (failed || at == std::string_view::npos) return false;
          const std::size_t begin = at + kObject.size();
          const std::string object(line.substr(begin, line.rfind('}') - begin));
          const auto seen = read_pods(R"({"items":[)" + object + "]}");
          if (!seen || seen->size() != 1) {
            failed = Error{ErrorCode::kInvalid, "this is no watch event of a pod: " + std::string(line.substr(0, 200))};
            return false;
          }
          const PodView& pod = seen->front();
          if (line.starts_with(R"({"type":"DELETED")")) {
            if (pod.uid == leaving.uid) released = now;
          } else if (!pod.node.empty() && bound.insert(pod.uid).second && released) {
            taken = now;
          }
          return !taken;
        });
    if (failed) return *failed;
    if (!watched) return watched.error();
    if (!taken) return Error{ErrorCode::kUnavailable, "no pod was bound after " + name + " had gone"};
    return std::chrono::duration_cast<milliseconds>(*taken - *released);
  }
};

TEST_F(WakeUpTest, ARefusedPodIsBoundWithinTwoSecondsOfTheRoomItNeeds) {
  constexpr int kRounds = 21;
  create_nodes(3);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("pod-", 30 + kRounds, {.egress = "100M", .ingress = "100M"}));
  wait_for(30, kRounds);
  std::vector<milliseconds> times;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<PodView> all = pods();
    const auto leaving = std::find_if(all.begin(), all.end(), [](const PodView& pod) { return !pod.node.empty(); });
    ASSERT_NE(leaving, all.end());
    const auto took = time_to_replace(leaving->name);
    ASSERT_TRUE(took) << took.error().message;
    times.push_back(*took);
    wait_for(30, kRounds - 1 - round);
  }
  std::sort(times.begin(), times.end());
  const milliseconds median = times[times.size() / 2];
  std::printf("  bound after the room appeared: median %lld ms, at most %lld ms, of %zu wake-ups\n",
              static_cast<long long>(median.count()), static_cast<long long>(times.back().count()), times.size());
  RecordProperty("median_ms", static_cast<int>(median.count()));
  RecordProperty("most_ms", static_cast<int>(times.back().count()));
  EXPECT_LT(median, std::chrono::seconds(1));
  EXPECT_LE(times.back(), std::chrono::seconds(2));
  expect_strict(witness);
}

TEST_F(WakeUpTest, APodThatStillDoesNotFitIsNotWoken) {
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("pod-", 10, {.egress = "100M", .ingress = "100M"}));
  wait_for(10, 0);
  ASSERT_OK(cluster().create_pods("large-", 3, {.egress = "300M"}));
  wait_for(10, 3);
  ASSERT_OK(cluster().create_pods("small-", 1, {.egress = "100M"}));
  wait_for(10, 4);
  // It is younger than the large ones, which would need two more.
  ASSERT_OK(cluster().delete_pods({pod("pod-0")}));
  wait_for(10, 3);
  EXPECT_FALSE(pod("small-0").node.empty());
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(pod("large-" + std::to_string(i)).annotations.contains(kRetry)) << i;
  }
  // Room for one of them. kube-scheduler may have been faster than our wake-up, so only those that wait are looked at.
  ASSERT_OK(cluster().delete_pods({pod("pod-1"), pod("pod-2"), pod("pod-3")}));
  wait_for(8, 2);
  for (int i = 0; i < 3; ++i) {
    const PodView large = pod("large-" + std::to_string(i));
    EXPECT_TRUE(!large.node.empty() || !large.annotations.contains(kRetry)) << large.name;
  }
  expect_strict(witness);
}

TEST_F(WakeUpTest, ARaisedCapacityAndANewNodeWakeToo) {
  create_nodes(1);
  ASSERT_OK(cluster().create_pods("pod-", 16, {.egress = "100M"}));
  wait_for(10, 6);
  ASSERT_OK(cluster().set_network_capacity(node(0), 1200, 1000));
  wait_for(12, 4);
  ASSERT_OK(cluster().create("/api/v1/nodes", node_json(node(1), {})));
  wait_for(16, 0);
}

}  // namespace
}  // namespace bw
