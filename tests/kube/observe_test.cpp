#include "kube/observe.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "projections/time_text.h"

namespace bw {
namespace {

std::string with_metadata(std::string_view more, std::string_view rest) {
  return R"({"metadata":{"name":"n","uid":"u","resourceVersion":"9")" + std::string(more) + "}" + std::string(rest) +
         "}";
}

std::string namespaced(std::string_view more, std::string_view rest) {
  return with_metadata(R"(,"namespace":"ns")" + std::string(more), rest);
}

std::string problem_of(Stream stream, std::string_view json) {
  ObjectReader reader;
  const ObjectSeen seen = reader.observe(stream, json);
  const auto* unreadable = std::get_if<UnreadableSeen>(&seen);
  return unreadable == nullptr ? "" : unreadable->problem;
}

TEST(ObserveNode, ReadsLabelsOfTheLevelsInTheirOrder) {
  ObjectReader reader({"topology.kubernetes.io/zone", "rack"});
  const std::string json = with_metadata(
      R"(,"labels":{"rack":"r1","other":"x","kubernetes.io/os":"linux"},"annotations":{"a":7})",
      R"(,"spec":{"podCIDR":"10.0.0.0/24","unschedulable":true,"taints":[]},"status":{"capacity":{"pods":"250"},)"
      R"("allocatable":{"cpu":"4","pods":"110","memory":"16Gi"},"images":[{"names":["a"]}]})");
  NodeSeen expected;
  expected.name = "n";
  expected.uid = "u";
  expected.resource_version = 9;
  expected.unschedulable = true;
  expected.allocatable_pods = 110;
  expected.level_values = {"", "r1"};
  EXPECT_EQ(reader.observe(Stream::kNodes, json), ObjectSeen(expected));
}

TEST(ObserveNode, NeedsNoMoreThanAName) {
  ObjectReader reader;
  NodeSeen expected;
  expected.name = "n";
  expected.uid = "u";
  expected.resource_version = 9;
  EXPECT_EQ(reader.observe(Stream::kNodes, with_metadata("", "")), ObjectSeen(expected));
}

TEST(ObserveNode, RefusesAnImpossibleNumberOfPods) {
  for (const char* pods : {"\"-1\"", "\"many\"", "\"3G\""}) {
    EXPECT_NE(
        problem_of(Stream::kNodes, with_metadata("", std::string(R"(,"status":{"allocatable":{"pods":)") + pods + "}}"))
            .find("status.allocatable.pods"),
        std::string::npos)
        << pods;
  }
}

TEST(ObserveNamespace, ReadsItsDefaults) {
  ObjectReader reader;
  const std::string json = with_metadata(R"(,"annotations":{"networking.vaclab.org/default-egress-bandwidth":"10M",)"
                                         R"("networking.vaclab.org/default-ingress-bandwidth":"x"})",
                                         R"(,"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"})");
  EXPECT_EQ(reader.observe(Stream::kNamespaces, json), ObjectSeen(NamespaceSeen{"n", "u", 9, 10'000'000, -1}));
  EXPECT_EQ(reader.observe(Stream::kNamespaces, with_metadata("", "")), ObjectSeen(NamespaceSeen{"n", "u", 9, {}, {}}));
}

TEST(ObserveWorkload, WantsWhatItsSpecSays) {
  struct Case {
    Stream stream;
    WorkloadKind kind;
    std::string spec;
    std::optional<std::uint32_t> wanted;
  };
  const std::vector<Case> cases{
      {Stream::kDeployments, WorkloadKind::kDeployment, R"("replicas":3)", 3},
      {Stream::kDeployments, WorkloadKind::kDeployment, R"("replicas":0)", 0},
      {Stream::kDeployments, WorkloadKind::kDeployment, "", 1},
      {Stream::kStatefulSets, WorkloadKind::kStatefulSet, R"("replicas":null,"serviceName":"s")", 1},
      {Stream::kStatefulSets, WorkloadKind::kStatefulSet, R"("replicas":5000)", 5000},
      {Stream::kJobs, WorkloadKind::kJob, "", 1},
      {Stream::kJobs, WorkloadKind::kJob, R"("parallelism":4)", 4},
      {Stream::kJobs, WorkloadKind::kJob, R"("parallelism":4,"completions":3)", 3},
      {Stream::kJobs, WorkloadKind::kJob, R"("parallelism":2,"completions":30)", 2},
      {Stream::kJobs, WorkloadKind::kJob, R"("completions":30)", 1},
      {Stream::kReplicaSets, WorkloadKind::kReplicaSet, R"("replicas":3)", std::nullopt},
      {Stream::kDaemonSets, WorkloadKind::kDaemonSet, "", std::nullopt},
  };
  ObjectReader reader;
  for (const Case& one : cases) {
    // The status says something else, and does not count.
    const std::string json = namespaced("", R"(,"spec":{)" + one.spec + R"(},"status":{"replicas":77})");
    EXPECT_EQ(reader.observe(one.stream, json), ObjectSeen(WorkloadSeen{one.kind, "ns", "n", "u", 9, {}, one.wanted}))
        << one.spec;
  }
}

TEST(ObserveWorkload, ReadsTheOwnerFromMetadataAlone) {
  ObjectReader reader;
  const std::string json =
      R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",)" +
      namespaced(R"(,"ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"d","uid":"du",)"
                 R"("controller":true}])",
                 "")
          .substr(1);
  EXPECT_EQ(reader.observe(Stream::kReplicaSets, json),
            ObjectSeen(WorkloadSeen{WorkloadKind::kReplicaSet,
                                    "ns",
                                    "n",
                                    "u",
                                    9,
                                    OwnerSeen{WorkloadKind::kDeployment, "Deployment", "d", "du"},
                                    {}}));
}

TEST(ObserveWorkload, RefusesNegativeCounts) {
  EXPECT_EQ(problem_of(Stream::kDeployments, namespaced("", R"(,"spec":{"replicas":-1})")),
            "spec.replicas is not from 0 to 2147483647");
  EXPECT_EQ(problem_of(Stream::kJobs, namespaced("", R"(,"spec":{"parallelism":"2"})")),
            "spec.parallelism is not a whole number");
  EXPECT_EQ(problem_of(Stream::kDeployments, with_metadata("", "")), "metadata.namespace is missing");
}

TEST(ObserveBandwidth, ReadsSpecAndWhereItsStatusCameFrom) {
  ObjectReader reader;
  const std::string json =
      R"({"apiVersion":"networking.vaclab.org/v1","kind":"Bandwidth",)" +
      with_metadata(
          R"(,"generation":3)",
          R"(,"spec":{"capacity":{"local":{"ulMbps":20000,"dlMbps":0},"network":{"ulMbps":1000}},)"
          R"("interfaces":{"max":32},)"
          R"("reservations":[{"name":"host-traffic","network":{"ulMbps":50,"dlMbps":60},)"
          R"("until":"2026-12-01T00:00:00Z"},)"
          R"({"name":"run","local":{"dlMbps":1}}]},)"
          R"("status":{"observedGeneration":2,"journal":{"id":"abc","term":1,"sequence":1234,"headHash":"00"},)"
          R"("used":{}})")
          .substr(1);
  BandwidthSeen expected;
  expected.name = "n";
  expected.uid = "u";
  expected.resource_version = 9;
  expected.generation = 3;
  expected.local_ul = 20'000 * kBitsPerMegabit;
  expected.local_dl = 0;
  expected.network_ul = 1'000 * kBitsPerMegabit;
  expected.max_interfaces = 32;
  expected.kept_back = {
      {"host-traffic", {}, {50 * kBitsPerMegabit, 60 * kBitsPerMegabit}, parse_rfc3339("2026-12-01T00:00:00Z").value()},
      {"run", {0, kBitsPerMegabit}, {}, std::nullopt}};
  expected.published_journal = "abc";
  expected.published_sequence = 1234;
  EXPECT_EQ(reader.observe(Stream::kBandwidths, json), ObjectSeen(expected));
}

TEST(ObserveBandwidth, AnEmptySpecDeclaresNothing) {
  ObjectReader reader;
  BandwidthSeen expected;
  expected.name = "n";
  expected.uid = "u";
  expected.resource_version = 9;
  EXPECT_EQ(reader.observe(Stream::kBandwidths, with_metadata("", R"(,"spec":{})")), ObjectSeen(expected));
  EXPECT_EQ(reader.observe(Stream::kBandwidths, with_metadata("", "")), ObjectSeen(expected));
}

TEST(ObserveBandwidth, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"("capacity":{"network":{"ulMbps":-1}})", "spec.capacity.network.ulMbps is not from 0 to 1000000000"},
      {R"("capacity":{"local":{"dlMbps":1000000001}})", "spec.capacity.local.dlMbps is not from 0 to 1000000000"},
      {R"("capacity":{"local":{"dlMbps":1.5}})", "spec.capacity.local.dlMbps is not a whole number"},
      {R"("capacity":{"local":{"dlMbps":"1"}})", "spec.capacity.local.dlMbps is not a whole number"},
      {R"("capacity":[])", "spec.capacity is not an object"},
      {R"("interfaces":{"max":-1})", "spec.interfaces.max is not from 0"},
      {R"("reservations":{})", "spec.reservations is not a list"},
      {R"("reservations":[{"name":"a"},{"network":{}}])", "spec.reservations[1].name is missing"},
      {R"("reservations":[{"name":"a","network":{"ulMbps":-3}}])", "spec.reservations[0].network.ulMbps is not from 0"},
      {R"("reservations":[{"name":"a","until":"soon"}])", "spec.reservations[0].until \"soon\" is not a time"},
      {R"("reservations":[{"name":"a","until":7}])", "spec.reservations[0].until is not a string"},
  };
  for (const auto& [spec, problem] : cases) {
    const std::string said = problem_of(Stream::kBandwidths, with_metadata("", R"(,"spec":{)" + spec + "}"));
    EXPECT_EQ(said.substr(0, problem.size()), problem) << spec;
  }
}

}  // namespace
}  // namespace bw
