// What a pod asks for, as the cluster sees it (rules R2, R3, R5, R12): the dialects, the refusal, the defaults that are
// granted, and what the Binding writes to the pod.
#include <map>
#include <string>

#include "live_test.h"

namespace bw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kEgress = "kubernetes.io/egress-bandwidth";
constexpr const char* kIngress = "kubernetes.io/ingress-bandwidth";
constexpr const char* kGranted = "networking.vaclab.org/granted";

class RequestTest : public LiveTest {
 protected:
  static std::string text_of(const PodView& pod, const std::string& annotation) {
    const auto found = pod.annotations.find(annotation);
    return found == pod.annotations.end() ? "" : found->second;
  }
  static BitsPerSecond rate_of(const PodView& pod, const std::string& annotation) {
    return read_quantity(text_of(pod, annotation)).value_or(-1);
  }
  void wait_for_used_network(std::int64_t ul, std::int64_t dl) {
    wait_for_bandwidth(node(0), "shows the defaults", [&](const BandwidthView& object) {
      return object.used.network == LinkView{ul, dl};
    });
  }
};

TEST_F(RequestTest, EveryDialectIsReadAndTheGrantSaysWhatWasUnderstood) {
  create_nodes(1);
  struct Case {
    std::map<std::string, std::string> annotations;
    std::string granted;
  };
  const Case cases[] = {
      {{{kEgress, "1.5M"}, {kIngress, "500k"}}, "ul=1500000,dl=500000"},
      {{{kEgress, "1000000"}, {kIngress, "1Mi"}}, "ul=1000000,dl=1048576"},
      {{{"ovn.kubernetes.io/egress_rate", "30"}, {"ovn.kubernetes.io/ingress_rate", "40"}}, "ul=30000000,dl=40000000"},
      {{{"qos.projectcalico.org/egressBandwidth", "50M"}, {"qos.projectcalico.org/ingressBandwidth", "60M"}},
       "ul=50000000,dl=60000000"},
      // Directions of different dialects add up to one request; the same said twice is said once.
      {{{kEgress, "70M"}, {"ovn.kubernetes.io/ingress_rate", "80"}}, "ul=70000000,dl=80000000"},
      {{{kEgress, "90M"}, {"ovn.kubernetes.io/egress_rate", "90"}}, "ul=90000000,dl=0"},
  };
  int number = 0;
  for (const Case& one : cases) {
    ASSERT_OK(cluster().create_pods("dialect-" + std::to_string(number++) + "-", 1, {.annotations = one.annotations}));
  }
  wait_for(static_cast<int>(std::size(cases)), 0);
  number = 0;
  for (const Case& one : cases) {
    const PodView bound = pod("dialect-" + std::to_string(number++) + "-0");
    EXPECT_EQ(text_of(bound, kGranted), one.granted) << bound.name;
    // The CNI shapes what the ledger charged: what the pod said is said again, and nothing else.
    for (const auto& [key, value] : one.annotations) {
      const auto asked = read_quantity(value);
      EXPECT_EQ(read_quantity(text_of(bound, key)), asked) << bound.name << " " << key;
    }
  }
  // 1.5 + 1 + 30 + 50 + 70 + 90 and 0.5 + 1.048576 + 40 + 60 + 80, rounded up once.
  const BandwidthView shown = wait_for_bandwidth(node(0), "shows them all", [](const BandwidthView& object) {
    return object.used.network == LinkView{243, 182};
  });
  EXPECT_EQ(shown.available.network, (LinkView{757, 818}));  // rounded down
}

TEST_F(RequestTest, AnInvalidRequestIsRefusedForThatReasonAlone) {
  create_nodes(3);
  ASSERT_OK(cluster().create_pods("full-", 30, {.egress = "100M"}));
  wait_for(30, 0);
  ASSERT_OK(cluster().create_pods("disagrees-", 1,
                                  {.egress = "100M", .annotations = {{"ovn.kubernetes.io/egress_rate", "200"}}}));
  ASSERT_OK(cluster().create_pods("too-small-", 1, {.ingress = "999"}));
  ASSERT_OK(cluster().create_pods("no-room-", 1, {.egress = "100M"}));
  wait_for(30, 3);
  for (const char* name : {"disagrees-0", "too-small-0"}) {
    const PodView refused = pod(name);
    EXPECT_EQ(refused.scheduled_reason, "Unschedulable");
    EXPECT_THAT(refused.scheduled_message, HasSubstr("0/3 nodes are available: 3 bandwidth request is invalid."));
    EXPECT_THAT(refused.scheduled_message, Not(HasSubstr("insufficient")));
    wait_for_event("BandwidthRequestInvalid", name);
  }
  EXPECT_THAT(pod("no-room-0").scheduled_message,
              HasSubstr("0/3 nodes are available: 3 insufficient network uplink bandwidth."));
  // Neither is charged anything.
  for (int i = 0; i < 3; ++i) {
    wait_for_bandwidth(node(i), "shows those that were granted, and no more", [](const BandwidthView& object) {
      return object.used.network == LinkView{1000, 0};
    });
  }
}

TEST_F(RequestTest, DefaultsAreGrantedAndWrittenToThePod) {
  configure("requests: {default: {ulMbps: 10, dlMbps: 20}}\n");
  create_nodes(1);
  ASSERT_OK(
      plane().apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: generous, annotations: "
                    "{networking.vaclab.org/default-egress-bandwidth: 300M}}\n"));
  ASSERT_OK(cluster().create_pods("plain-", 1, {}));
  ASSERT_OK(cluster().create_pods("half-", 1, {.egress = "40M"}));
  ASSERT_OK(cluster().create_pods("generous-", 1, {}, "generous"));
  wait_for(3, 0);
  struct Case {
    PodView pod;
    BitsPerSecond ul, dl;
  };
  const Case cases[] = {
      {pod("plain-0"), 10'000'000, 20'000'000},
      {pod("half-0"), 40'000'000, 20'000'000},
      {pod("generous-0", "generous"), 300'000'000, 20'000'000},  // the namespace's wins, in the direction it names
  };
  for (const Case& one : cases) {
    EXPECT_EQ(rate_of(one.pod, kEgress), one.ul) << one.pod.name;
    EXPECT_EQ(rate_of(one.pod, kIngress), one.dl) << one.pod.name;
    EXPECT_EQ(text_of(one.pod, kGranted), "ul=" + std::to_string(one.ul) + ",dl=" + std::to_string(one.dl));
  }
  wait_for_used_network(350, 60);
  // A default is a request like any other: it is refused where it does not fit.
  ASSERT_OK(cluster().create_pods("more-", 3, {}, "generous"));
  wait_for(5, 1);
  wait_for_used_network(950, 100);
  ASSERT_OK(plane().apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: generous}\n"));
}

}  // namespace
}  // namespace bw
