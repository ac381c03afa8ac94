#include "kube/observe.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "projections/reason.h"
#include "projections/time_text.h"
#include "sample_objects.h"

namespace bw {
namespace {

PodSeen pod_of(std::string_view json) {
  ObjectReader reader;
  ObjectSeen seen = reader.observe(Stream::kPods, json);
  if (const auto* unreadable = std::get_if<UnreadableSeen>(&seen)) ADD_FAILURE() << unreadable->problem;
  return std::holds_alternative<PodSeen>(seen) ? std::get<PodSeen>(seen) : PodSeen{};
}

UnreadableSeen unreadable_of(std::string_view json) {
  ObjectReader reader;
  ObjectSeen seen = reader.observe(Stream::kPods, json);
  if (!std::holds_alternative<UnreadableSeen>(seen)) ADD_FAILURE() << "readable: " << json;
  return std::holds_alternative<UnreadableSeen>(seen) ? std::get<UnreadableSeen>(seen) : UnreadableSeen{};
}

TEST(ObservePod, ReadsAFullPodOfACluster) {
  PodSeen expected;
  expected.identity = {"shop", "web-0", "0b6f6a3e-8f5c-4a0e-9d1f-1f2e3d4c5b6a"};
  expected.resource_version = 48213;
  expected.node_name = "worker-17";
  expected.controller =
      OwnerSeen{WorkloadKind::kStatefulSet, "StatefulSet", "web", "7c1d2e3f-4a5b-6c7d-8e9f-0a1b2c3d4e5f"};
  expected.fields.phase = PodPhase::kRunning;
  expected.fields.interfaces = 3;
  expected.fields.priority = 1000;
  expected.fields.created = parse_rfc3339("2026-07-01T10:00:00Z").value();
  expected.fields.group = "shop-front";
  expected.fields.network_charge = NetworkCharge::kAlways;
  expected.fields.requests = {{Dialect::kKubernetes, Direction::kUl, 100'000'000, ""},
                              {Dialect::kKubernetes, Direction::kDl, 50'000'000, ""}};
  expected.fields.granted = Rates{100'000'000, 50'000'000};
  expected.fields.term = 7;
  expected.fields.retry = 3;
  EXPECT_EQ(pod_of(kFullPod), expected);
}

TEST(ObservePod, ReadsTheLeastThatAPodHas) {
  PodSeen expected;
  expected.identity = {"ns", "p", "u"};
  expected.resource_version = 5;
  EXPECT_EQ(pod_of(small_pod()), expected);
  // With kind and apiVersion, spaces, another order, and null for what is absent.
  EXPECT_EQ(pod_of(R"( {"status" : {"phase":"Pending", "conditions":null}, "kind":"Pod", "apiVersion":"v1",
                        "spec":{"nodeName":null, "priority":null, "schedulingGates":null, "hostNetwork":null},
                        "metadata":{"deletionTimestamp":null, "annotations":null, "ownerReferences":null,
                                    "resourceVersion":"5", "uid":"u", "namespace":"ns", "name":"p"}} )"),
            expected);
}

TEST(ObservePod, KnowsPhases) {
  const std::vector<std::pair<std::string, PodPhase>> cases{
      {"Pending", PodPhase::kPending}, {"Running", PodPhase::kRunning}, {"Succeeded", PodPhase::kSucceeded},
      {"Failed", PodPhase::kFailed},   {"Unknown", PodPhase::kUnknown}, {"Later", PodPhase::kUnknown}};
  for (const auto& [text, phase] : cases) {
    EXPECT_EQ(pod_of(small_pod("", "", R"(,"phase":")" + text + '"')).fields.phase, phase) << text;
  }
}

TEST(ObservePod, SeesThatAPodIsTerminatingGatedOrOnTheHostNetwork) {
  EXPECT_TRUE(pod_of(small_pod(R"(,"deletionTimestamp":"2026-07-01T10:00:00Z")")).fields.terminating);
  EXPECT_TRUE(pod_of(small_pod("", R"(,"schedulingGates":[{"name":"a"}])")).fields.gated);
  EXPECT_FALSE(pod_of(small_pod("", R"(,"schedulingGates":[])")).fields.gated);
  const PodSeen host =
      pod_of(small_pod(R"(,"annotations":{"k8s.v1.cni.cncf.io/networks":"a,b"})", R"(,"hostNetwork":true)"));
  EXPECT_TRUE(host.fields.host_network);
  EXPECT_EQ(host.fields.interfaces, 0U);
  EXPECT_EQ(pod_of(small_pod("", R"(,"priority":-2147483648)")).fields.priority, INT32_MIN);
}

TEST(ObservePod, CountsAsRefusedOnlyWithOneOfOurReasons) {
  const auto refused = [](const std::string& status, const std::string& message) {
    return pod_of(small_pod("", "",
                            R"(,"conditions":[{"type":"Other","status":"False","message":"link is overcommitted"},)"
                            R"({"type":"PodScheduled","status":")" +
                                status + R"(","reason":"Unschedulable","message":")" + message + "\"}]"))
        .fields.refused;
  };
  for (std::size_t reason = 1; reason < kReasonCount; ++reason) {
    const std::string text(reason_text(static_cast<Reason>(reason)));
    EXPECT_TRUE(refused("False", "0/5 nodes are available: 2 Insufficient cpu, 3 " + text + ". preemption: 0/5"))
        << text;
  }
  EXPECT_FALSE(refused("True", "insufficient network uplink bandwidth"));
  EXPECT_FALSE(refused("False", "0/5 nodes are available: 5 Insufficient cpu."));
  EXPECT_FALSE(refused("False", ""));
}

TEST(ObservePod, TakesTheControllerAndKnowsItsKindByItsGroup) {
  const auto owner = [](const std::string& api_version, const std::string& kind, const std::string& controller) {
    return pod_of(small_pod(R"(,"ownerReferences":[{"apiVersion":")" + api_version + R"(","kind":")" + kind +
                            R"(","name":"o","uid":"ou")" + controller + "}]"))
        .controller;
  };
  const std::string yes = R"(,"controller":true)";
  EXPECT_EQ(owner("apps/v1", "ReplicaSet", yes), (OwnerSeen{WorkloadKind::kReplicaSet, "ReplicaSet", "o", "ou"}));
  EXPECT_EQ(owner("apps/v1", "DaemonSet", yes)->kind, WorkloadKind::kDaemonSet);
  EXPECT_EQ(owner("batch/v1", "Job", yes)->kind, WorkloadKind::kJob);
  EXPECT_EQ(owner("batch.volcano.sh/v1alpha1", "Job", yes), (OwnerSeen{WorkloadKind::kOther, "Job", "o", "ou"}));
  EXPECT_EQ(owner("v1", "ReplicationController", yes)->kind, WorkloadKind::kOther);
  EXPECT_FALSE(owner("apps/v1", "ReplicaSet", R"(,"controller":false)"));
  EXPECT_FALSE(owner("apps/v1", "ReplicaSet", ""));
}

TEST(ObservePod, OrdersRequestsWhateverTheOrderOfTheAnnotations) {
  const std::vector<RequestEntry> expected{{Dialect::kKubernetes, Direction::kUl, 1'000'000, ""},
                                           {Dialect::kOvn, Direction::kUl, 1'000'000, ""},
                                           {Dialect::kOvn, Direction::kDl, std::nullopt, "1.5"},
                                           {Dialect::kCalico, Direction::kDl, 1'500'000, ""}};
  const std::string a = R"("qos.projectcalico.org/ingressBandwidth":"1500k")";
  const std::string b = R"("ovn.kubernetes.io/ingress_rate":"1.5","ovn.kubernetes.io/egress_rate":"1")";
  const std::string c = R"("kubernetes.io/egress-bandwidth":"1M")";
  EXPECT_EQ(pod_of(annotated_pod(a + "," + b + "," + c)).fields.requests, expected);
  EXPECT_EQ(pod_of(annotated_pod(c + "," + b + "," + a)).fields.requests, expected);
}

TEST(ObservePod, UnescapesKeysAndValues) {
  const PodSeen pod = pod_of(annotated_pod(R"("kubernetes.io\/egress\u002dbandwidth":"1\u004d")"));
  ASSERT_EQ(pod.fields.requests.size(), 1U);
  EXPECT_EQ(pod.fields.requests[0].rate, 1'000'000);
}

TEST(ObservePod, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string json;
    std::string problem;  // part of it
  };
  const std::vector<Case> cases{
      {"", "not JSON"},
      {"null", "the object"},
      {"[1]", "the object"},
      {R"({"metadata":{"name":"p")", "JSON"},
      {small_pod() + "{}", "followed by something else"},
      {R"({"spec":{}})", "metadata.name is missing"},
      {R"({"metadata":{"name":"p","namespace":"ns","resourceVersion":"5"}})", "metadata.uid is missing"},
      {R"({"metadata":{"name":"p","namespace":"ns","uid":"u"}})", "metadata.resourceVersion is missing"},
      {R"({"metadata":{"name":"p","uid":"u","resourceVersion":"5"}})", "metadata.namespace is missing"},
      {R"({"metadata":[]})", "metadata is not an object"},
      {R"({"metadata":{"name":7}})", "metadata.name is not a string"},
      {small_pod(R"(,"resourceVersion":"abc")"), "metadata.resourceVersion is not a decimal number"},
      {small_pod(R"(,"resourceVersion":"0")"), "metadata.resourceVersion is not a decimal number"},
      {small_pod(R"(,"resourceVersion":"18446744073709551616")"), "metadata.resourceVersion is not a decimal number"},
      {small_pod(R"(,"resourceVersion":"-5")"), "metadata.resourceVersion is not a decimal number"},
      {small_pod(R"(,"resourceVersion":5)"), "metadata.resourceVersion is not a string"},
      {small_pod(R"(,"creationTimestamp":"yesterday")"), "metadata.creationTimestamp \"yesterday\" is not a time"},
      {small_pod(R"(,"annotations":{"a":1})"), "metadata.annotations is not a string"},
      {small_pod(R"(,"ownerReferences":[{"controller":true,"kind":"Job"}])"),
       "metadata.ownerReferences names a controller"},
      {small_pod(R"(,"ownerReferences":[{"controller":"yes"}])"), "metadata.ownerReferences is neither true nor false"},
      {small_pod("", R"(,"nodeName":{})"), "spec.nodeName is not a string"},
      {small_pod("", R"(,"hostNetwork":1)"), "spec.hostNetwork is neither true nor false"},
      {small_pod("", R"(,"priority":1.5)"), "spec.priority is not a whole number"},
      {small_pod("", R"(,"priority":2147483648)"), "spec.priority is not from -2147483648 to 2147483647"},
      {small_pod("", R"(,"schedulingGates":{})"), "spec.schedulingGates is not a list"},
      {small_pod("", "", R"(,"phase":3)"), "status.phase is not a string"},
      {small_pod("", "", R"(,"conditions":[3])"), "status.conditions is not an object"},
  };
  for (const Case& one : cases) {
    const UnreadableSeen seen = unreadable_of(one.json);
    EXPECT_NE(seen.problem.find(one.problem), std::string::npos) << one.json << "\n  said: " << seen.problem;
  }
}

TEST(ObservePod, NamesTheUnreadablePodAsFarAsItCan) {
  const UnreadableSeen seen = unreadable_of(small_pod("", R"(,"priority":"high")"));
  EXPECT_EQ(seen.space, "ns");
  EXPECT_EQ(seen.name, "p");
  EXPECT_EQ(seen.resource_version, 5U);
}

TEST(ObservePod, ReadsOneObjectAfterAnother) {
  ObjectReader reader;
  EXPECT_TRUE(std::holds_alternative<UnreadableSeen>(reader.observe(Stream::kPods, R"({"metadata":)")));
  EXPECT_EQ(reader.observe(Stream::kPods, kFullPod), ObjectSeen(pod_of(kFullPod)));
  EXPECT_EQ(reader.observe(Stream::kPods, small_pod()), ObjectSeen(pod_of(small_pod())));
  EXPECT_EQ(reader.observe(Stream::kPods, kFullPod), ObjectSeen(pod_of(kFullPod)));
}

// Whatever is cut off, the reader says so and does not read past the end.
TEST(ObservePod, SurvivesEveryTruncation) {
  ObjectReader reader;
  for (std::size_t size = 0; size < kFullPod.size(); ++size) {
    const std::string part(kFullPod.substr(0, size));
    EXPECT_TRUE(std::holds_alternative<UnreadableSeen>(reader.observe(Stream::kPods, part))) << size;
  }
}

TEST(ObserveKey, ReadsUidAndVersionOnly) {
  ObjectReader reader;
  EXPECT_EQ(reader.observe_key(kFullPod).value(), (ObjectKey{"0b6f6a3e-8f5c-4a0e-9d1f-1f2e3d4c5b6a", 48213}));
  EXPECT_EQ(reader.observe_key(R"({"spec":7,"metadata":{"resourceVersion":"5","uid":"u"}})").value(),
            (ObjectKey{"u", 5}));
  for (const char* json :
       {"", "7", "{}", R"({"metadata":{"uid":"u"}})", R"({"metadata":{"uid":"u","resourceVersion":"x"}})",
        R"({"metadata":{"uid":"","resourceVersion":"5"}})"}) {
    EXPECT_FALSE(reader.observe_key(json)) << json;
  }
}

}  // namespace
}  // namespace bw
