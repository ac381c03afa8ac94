#include "tests/support/cluster_view.h"

#include <gtest/gtest.h>

#include "tests/support/manifests.h"

namespace bw {
namespace {

TEST(ReadQuantity, KnowsTheSuffixesAndRoundsUp) {
  EXPECT_EQ(read_quantity("100M"), 100'000'000);
  EXPECT_EQ(read_quantity("1000000"), 1'000'000);
  EXPECT_EQ(read_quantity("1.5M"), 1'500'000);
  EXPECT_EQ(read_quantity("500k"), 500'000);
  EXPECT_EQ(read_quantity("1Gi"), 1'073'741'824);
  EXPECT_EQ(read_quantity("1P"), 1'000'000'000'000'000);
  EXPECT_EQ(read_quantity("0.0000001M"), 1);
}

TEST(ReadQuantity, RefusesWhatIsNone) {
  for (const char* text : {"", "M", "-1M", "1.2.3", "1K", "fast", "1M1", "99999999999999999999"}) {
    EXPECT_EQ(read_quantity(text), std::nullopt) << text;
  }
}

std::string list_of(const std::string& item) { return R"({"items":[)" + item + "]}"; }

TEST(ReadPods, ReadsWhatManifestsWrite) {
  const auto pods = read_pods(list_of(pod_json("space", "pod", {.egress = "100M", .ingress = "50M", .node = "n"})));
  ASSERT_TRUE(pods);
  ASSERT_EQ(pods->size(), 1u);
  EXPECT_EQ(pods->front().space, "space");
  EXPECT_EQ(pods->front().name, "pod");
  EXPECT_EQ(pods->front().node, "n");
  EXPECT_EQ(pods->front().request, (Rates{.ul = 100'000'000, .dl = 50'000'000}));
}

TEST(ReadPods, ReadsTheConditionOfThatType) {
  const auto pods = read_pods(list_of(R"({"metadata":{"name":"p","annotations":{"ovn.kubernetes.io/egress_rate":"7"},
      "deletionTimestamp":"2026-01-01T00:00:00Z"},"status":{"conditions":[{"type":"Ready","reason":"no"},
      {"type":"PodScheduled","reason":"Unschedulable","message":"0/1 nodes are available"}]}})"));
  ASSERT_TRUE(pods);
  EXPECT_EQ(pods->front().scheduled_reason, "Unschedulable");
  EXPECT_EQ(pods->front().scheduled_message, "0/1 nodes are available");
  EXPECT_EQ(pods->front().request.ul, 7'000'000);
  EXPECT_TRUE(pods->front().terminating);
}

TEST(ReadPods, RefusesAnythingElse) {
  EXPECT_FALSE(read_pods("{}"));
  EXPECT_FALSE(read_pods("not json"));
}

TEST(ReadBandwidths, ReadsTheStatus) {
  const auto objects = read_bandwidths(list_of(R"({"metadata":{"name":"n"},"status":{
      "capacity":{"network":{"ulMbps":1000,"dlMbps":900}},"used":{"network":{"ulMbps":101,"dlMbps":2},"local":{"ulMbps":3}},
      "podCount":4,"conditions":[{"type":"Overcommitted","status":"True"}],"journal":{"id":"ab","sequence":17}}})"));
  ASSERT_TRUE(objects);
  const BandwidthView& view = objects->front();
  EXPECT_EQ(view.capacity.network, (LinkView{1000, 900}));
  EXPECT_EQ(view.used.network, (LinkView{101, 2}));
  EXPECT_EQ(view.used.local, (LinkView{3, 0}));
  EXPECT_EQ(view.pods, 4);
  EXPECT_TRUE(view.has_status);
  EXPECT_TRUE(view.overcommitted);
  EXPECT_EQ(view.sequence, 17u);
}

TEST(ReadPods, FindsTheDeploymentBehindAReplicaSet) {
  const auto owner = [](const std::string& labels) {
    const auto pods = read_pods(list_of(R"({"metadata":{"name":"p","labels":)" + labels + R"(,"ownerReferences":[
        {"kind":"ReplicaSet","name":"web-5f7b","controller":true}]}})"));
    return pods ? pods->front().owner : pods.error().message;
  };
  EXPECT_EQ(owner(R"({"pod-template-hash":"5f7b"})"), "Deployment/web");
  EXPECT_EQ(owner("{}"), "ReplicaSet/web-5f7b");
}

TEST(RecountSpread, LeavesOutGroupsThatAreOnOneNode) {
  const Rates each{.ul = 100, .dl = 10};
  const std::map<std::string, std::string> named{{"networking.vaclab.org/group", "g"}};
  const auto nodes = recount_spread({
      {.name = "together-0", .node = "a", .owner = "StatefulSet/together", .request = each},
      {.name = "together-1", .node = "a", .owner = "StatefulSet/together", .request = each},
      {.name = "together-2", .owner = "StatefulSet/together", .request = each},
      {.name = "spread-0", .node = "a", .owner = "StatefulSet/spread", .request = each},
      {.name = "spread-1", .node = "b", .owner = "StatefulSet/spread", .request = each},
      {.name = "named-0", .node = "b", .owner = "StatefulSet/x", .request = each, .annotations = named},
      {.name = "named-1", .node = "b", .owner = "StatefulSet/y", .request = each, .annotations = named},
      {.name = "single-0", .node = "b", .owner = "StatefulSet/single", .request = each},
      {.name = "nobodys", .node = "b", .request = each},
  });
  EXPECT_EQ(nodes.at("a").rates, (Rates{.ul = 100, .dl = 10}));
  EXPECT_EQ(nodes.at("b").rates, (Rates{.ul = 300, .dl = 30}));
}

TEST(Recount, CountsBoundPodsUntilTheyHaveFinished) {
  const Rates each{.ul = 100, .dl = 10};
  const auto nodes = recount({
      {.name = "running", .node = "a", .phase = "Running", .request = each},
      {.name = "just-bound", .node = "a", .phase = "Pending", .request = each},
      {.name = "terminating", .node = "a", .phase = "Running", .terminating = true, .request = each},
      {.name = "done", .node = "a", .phase = "Succeeded", .request = each},
      {.name = "failed", .node = "a", .phase = "Failed", .request = each},
      {.name = "pending", .node = "", .phase = "Pending", .request = each},
      {.name = "elsewhere", .node = "b", .phase = "Running", .request = each},
  });
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes.at("a").pods, 3);
  EXPECT_EQ(nodes.at("a").rates, (Rates{.ul = 300, .dl = 30}));
  EXPECT_EQ(nodes.at("b").pods, 1);
}

}  // namespace
}  // namespace bw
