// The harness proves itself here, without our daemon: a control plane that schedules, and manifests that the real API
// server accepts and enforces.
#include "tests/support/control_plane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "outcome.h"
#include "tests/support/capacity_watch.h"
#include "tests/support/child_process.h"
#include "tests/support/cluster.h"
#include "tests/support/programs.h"
#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ControlPlaneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto plane = ControlPlane::start(folder_.path());
    ASSERT_TRUE(plane) << plane.error().message;
    plane_ = std::move(*plane);
    ASSERT_OK(plane_->install());
    auto cluster = Cluster::connect(plane_->admin_kubeconfig());
    ASSERT_TRUE(cluster) << cluster.error().message;
    cluster_ = std::move(*cluster);
  }

  void wait_for_bound(int count) {
    ASSERT_OK(wait_until(std::to_string(count) + " pods run", seconds(60), [&]() -> Result<bool> {
      if (const auto health = plane_->healthy(); !health) return health.error();
      const auto pods = cluster_->pods();
      if (!pods) return pods.error();
      return std::count_if(pods->begin(), pods->end(),
                           [](const PodView& pod) { return !pod.node.empty() && pod.phase == "Running"; }) == count;
    }));
  }

  // "" when the administrator may, or else what the server says.
  std::string apply(const std::string& yaml) { return message_of(plane_->apply(yaml)); }

  std::string may_daemon(const std::string& verb, const std::string& resource, const std::string& subresource = "",
                         const std::string& space = "default") {
    const auto answer = plane_->kubectl({"auth", "can-i", verb, resource, "--subresource=" + subresource, "-n", space,
                                         "--kubeconfig", plane_->daemon_kubeconfig().string()});
    return answer ? answer->standard_output : answer.error().message;
  }

  TemporaryFolder folder_{"control-plane-test"};
  std::unique_ptr<ControlPlane> plane_;
  std::unique_ptr<Cluster> cluster_;
};

std::string bandwidth(const std::string& spec) {
  return "apiVersion: networking.vaclab.org/v1\nkind: Bandwidth\nmetadata: {name: node-0}\nspec: " + spec + "\n";
}

TEST_F(ControlPlaneTest, TheRealSchedulerPlacesPodsOnNodesThatKwokPlays) {
  ASSERT_OK(cluster_->create_nodes("node-", 5, {.allocatable_pods = 4}));
  ASSERT_OK(plane_->start_scheduler({}));
  ASSERT_OK(cluster_->create_pods("pod-", 20, {.egress = "100M", .ingress = "50M"}));
  wait_for_bound(20);

  const auto use = recount(*cluster_->pods());
  ASSERT_EQ(use.size(), 5u);
  for (const auto& [node, sum] : use) {
    EXPECT_EQ(sum.pods, 4) << node;
    EXPECT_EQ(sum.rates, (Rates{.ul = 400'000'000, .dl = 200'000'000})) << node;
  }
  const auto nodes = cluster_->nodes();
  ASSERT_TRUE(nodes);
  for (const NodeView& node : *nodes) EXPECT_TRUE(node.ready) << node.name;
}

TEST_F(ControlPlaneTest, AWorkloadGrowsAndItsDeletedPodsAreReplaced) {
  ASSERT_OK(cluster_->create_nodes("node-", 2));
  ASSERT_OK(plane_->start_scheduler({}));
  ASSERT_OK(cluster_->create_workload(WorkloadKind::kStatefulSet, "load", 10, {.egress = "1M"}));
  wait_for_bound(10);
  ASSERT_OK(cluster_->scale_workload(WorkloadKind::kStatefulSet, "load", 12));
  wait_for_bound(12);
  const auto pods = cluster_->pods();
  ASSERT_TRUE(pods);
  ASSERT_OK(cluster_->delete_pods({pods->front()}));
  wait_for_bound(12);
  const auto after = cluster_->pods();
  EXPECT_TRUE(
      std::none_of(after->begin(), after->end(), [&](const PodView& pod) { return pod.uid == pods->front().uid; }));
}

TEST_F(ControlPlaneTest, TheWatchSeesANodeThatCarriesTooMuch) {
  ASSERT_OK(cluster_->create_nodes("node-", 1));
  CapacityWatch watch(plane_->admin_kubeconfig(), {.usual = {.ul = 1'000'000'000, .dl = 1'000'000'000}});
  ASSERT_OK(cluster_->create_pods("fits-", 10, {.egress = "100M", .ingress = "50M", .node = "node-0"}));
  ASSERT_OK(
      wait_until("the watch has looked", seconds(10), [&]() -> Result<bool> { return watch.findings().polls > 2; }));
  EXPECT_EQ(watch.findings().worst, 0);
  ASSERT_OK(cluster_->create_pods("too-much-", 1, {.egress = "30M", .node = "node-0"}));
  const CapacityWatch::Findings findings = watch.finish();
  EXPECT_EQ(findings.worst, 30'000'000);
  EXPECT_EQ(findings.worst_node, "node-0");
  EXPECT_EQ(findings.failed_polls, 0) << findings.last_error;
}

TEST_F(ControlPlaneTest, TheCrdAcceptsEveryFieldOfTheSpec) {
  EXPECT_EQ(apply(bandwidth("{}")), "");
  EXPECT_EQ(
      apply(bandwidth(R"({capacity: {local: {ulMbps: 20000, dlMbps: 20000}, network: {ulMbps: 0, dlMbps: 1000000000}},
      interfaces: {max: 32}, reservations: [{name: host, network: {ulMbps: 50, dlMbps: 50}, until: "2026-12-01T00:00:00Z"},
      {name: run, local: {ulMbps: 1}}]})")),
      "");
  const auto stored = plane_->kubectl({"get", "bw", "node-0", "-o", "jsonpath={.spec}"});
  ASSERT_TRUE(stored);
  EXPECT_THAT(stored->standard_output,
              AllOf(HasSubstr(R"("network":{"dlMbps":1000000000,"ulMbps":0})"), HasSubstr(R"("interfaces":{"max":32})"),
                    HasSubstr(R"("until":"2026-12-01T00:00:00Z")")));
}

TEST_F(ControlPlaneTest, TheManifestOfTheReplicasIsAcceptedWithoutAWarning) {
  const auto applied = plane_->kubectl(
      {"apply", "--dry-run=server", "--validate=strict", "-f", repository_file("deploy/statefulset.yaml").string()});
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->exit_code, 0);
  EXPECT_EQ(applied->standard_error, "");
  EXPECT_THAT(applied->standard_output, HasSubstr("statefulset.apps/bandwidth-controller created"));
}

TEST_F(ControlPlaneTest, TheConfigurationInTheManifestIsOne) {
  const auto config = plane_->kubectl({"create", "--dry-run=client", "-o", "jsonpath={.data.config\\.yaml}", "-f",
                                       repository_file("deploy/statefulset.yaml").string()});
  ASSERT_TRUE(config);
  const std::filesystem::path file = plane_->folder() / "shipped.yaml";
  std::ofstream(file) << config->standard_output;
  const auto program = product_program("bwcontroller");
  ASSERT_TRUE(program) << program.error().message;
  const auto checked = run({.program = *program, .arguments = {"--check-config", "--config", file.string()}});
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->exit_code, 0) << checked->standard_error;
  EXPECT_THAT(checked->standard_output, HasSubstr("certFile: \"/etc/bandwidth/extender/tls.crt\""));
}

TEST_F(ControlPlaneTest, TheCrdRefusesWhatMakesNoSense) {
  EXPECT_THAT(apply(bandwidth("{capacity: {network: {ulMbps: -1}}}")),
              AllOf(HasSubstr("spec.capacity.network.ulMbps"), HasSubstr("bandwidth cannot be negative")));
  EXPECT_THAT(apply(bandwidth("{reservations: [{name: a, local: {dlMbps: -1}}]}")),
              HasSubstr("bandwidth cannot be negative"));
  EXPECT_THAT(apply(bandwidth("{interfaces: {max: -1}}")), HasSubstr("the number of interfaces cannot be negative"));
  EXPECT_THAT(apply(bandwidth("{capacity: {network: {ulMbps: 1000000001}}}")),
              HasSubstr("less than or equal to 1000000000"));
  EXPECT_THAT(apply(bandwidth("{capacity: {network: {ulMbps: 1.5}}}")), HasSubstr("must be of type integer"));
  EXPECT_THAT(apply(bandwidth("{reservations: [{name: a}]}")), HasSubstr("a reservation needs local, network or both"));
  EXPECT_THAT(apply(bandwidth("{reservations: [{name: a, network: {ulMbps: 1}, until: tomorrow}]}")),
              HasSubstr("date-time"));
  EXPECT_THAT(apply(bandwidth("{reservations: [{name: a, network: {}}, {name: a, network: {}}]}")),
              HasSubstr("Duplicate value"));
  EXPECT_THAT(apply(bandwidth("{capacityy: {}}")), HasSubstr("unknown field"));
}

TEST_F(ControlPlaneTest, TheStatusIsShownInColumns) {
  ASSERT_EQ(apply(bandwidth("{}")), "");
  const std::string links = R"({"local":{"ulMbps":20000,"dlMbps":20001},"network":{"ulMbps":1000,"dlMbps":900}})";
  const std::string status =
      R"({"status":{"observedGeneration":1,"capacity":)" + links + R"(,"keptBack":)" + links +
      R"(,"used":{"local":{"ulMbps":3,"dlMbps":4},"network":{"ulMbps":1,"dlMbps":2}},"available":)" + links +
      R"(,"interfaces":{"used":7,"max":32},"podCount":5,"reservationsOmitted":0,
      "reservations":[{"namespace":"a","podName":"b","podUid":"c","group":{"kind":"Job","name":"j"},"ulMbps":2000000000,
      "dlMbps":0,"links":["local","network"],"phase":"Bound"}],
      "conditions":[{"type":"Overcommitted","status":"False","reason":"Fits","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}],
      "journal":{"id":"00","term":1,"sequence":1234,"headHash":"00"},"updatedAt":"2026-01-01T00:00:00Z"}})";
  const auto patched = plane_->kubectl({"patch", "bw", "node-0", "--subresource=status", "--type=merge", "-p", status});
  ASSERT_EQ(patched->exit_code, 0) << patched->standard_error;
  EXPECT_EQ(patched->standard_error, "");  // a field that the schema does not know would be a warning

  const auto views = cluster_->bandwidths();
  ASSERT_TRUE(views);
  EXPECT_EQ(views->front().used.network, (LinkView{1, 2}));
  EXPECT_EQ(views->front().pods, 5);
  EXPECT_EQ(views->front().sequence, 1234u);
  const auto table = plane_->kubectl({"get", "bw"});
  ASSERT_TRUE(table);
  EXPECT_THAT(table->standard_output,
              ::testing::ContainsRegex(
                  "NAME +UL +DL +UUL +UDL +PODS +OVERCOMMITTED +AGE\nnode-0 +1000 +900 +1 +2 +5 +False +"));
  EXPECT_THAT(plane_->kubectl({"get", "bw", "-o", "wide"})->standard_output, HasSubstr("20001"));
}

TEST_F(ControlPlaneTest, TheDaemonMayDoWhatItNeedsAndNoMore) {
  EXPECT_EQ(may_daemon("patch", "pods"), "yes\n");
  EXPECT_EQ(may_daemon("create", "pods", "binding"), "yes\n");
  EXPECT_EQ(may_daemon("watch", "nodes"), "yes\n");
  EXPECT_EQ(may_daemon("list", "statefulsets.apps"), "yes\n");
  EXPECT_EQ(may_daemon("list", "jobs.batch"), "yes\n");
  EXPECT_EQ(may_daemon("delete", "bandwidths.networking.vaclab.org"), "yes\n");
  EXPECT_EQ(may_daemon("patch", "bandwidths.networking.vaclab.org", "status"), "yes\n");
  EXPECT_EQ(may_daemon("create", "events.events.k8s.io"), "yes\n");
  EXPECT_EQ(may_daemon("update", "leases/bandwidth-controller", "", "bandwidth-system"), "yes\n");

  EXPECT_EQ(may_daemon("delete", "pods"), "no\n");
  EXPECT_EQ(may_daemon("create", "pods"), "no\n");
  EXPECT_EQ(may_daemon("patch", "nodes"), "no\n");
  EXPECT_EQ(may_daemon("update", "bandwidths.networking.vaclab.org"), "no\n");
  EXPECT_EQ(may_daemon("get", "secrets"), "no\n");
  EXPECT_EQ(may_daemon("update", "leases/other", "", "bandwidth-system"), "no\n");
  EXPECT_EQ(may_daemon("create", "leases", "", "kube-system"), "no\n");
}

TEST_F(ControlPlaneTest, AComponentThatEndedIsNamedWithTheEndOfItsLog) {
  ASSERT_OK(plane_->healthy());
  plane_->component("kwok").kill();
  EXPECT_THAT(message_of(plane_->healthy()), HasSubstr("kwok ended with exit code 137; the end of "));
  ASSERT_OK(plane_->restart("kwok"));
  ASSERT_OK(plane_->healthy());
}

TEST_F(ControlPlaneTest, SurvivesARestartOfTheApiServer) {
  ASSERT_OK(cluster_->create_nodes("node-", 1));
  plane_->component("kube-apiserver").kill();
  EXPECT_FALSE(cluster_->nodes());
  ASSERT_OK(plane_->restart("kube-apiserver"));
  ASSERT_OK(wait_until("the API server answers again", seconds(60),
                       [&]() -> Result<bool> { return cluster_->nodes().has_value(); }));
  EXPECT_EQ(cluster_->nodes()->size(), 1u);
}

}  // namespace
}  // namespace bw
