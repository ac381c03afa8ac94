#include "kube/effect_request.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bw {
namespace {

const PodIdentity kPod{"shop", "web-0", "pod-uid"};

ApiRequest made(const Result<ApiRequest>& request) {
  if (!request) ADD_FAILURE() << request.error().message;
  return request ? *request : ApiRequest{};
}

TEST(EffectRequest, ABindingCarriesUidVersionAndTheGrantedRequest) {
  BindPod bind;
  bind.cause = 12;
  bind.pod = kPod;
  bind.node = "worker-17.example.com";
  bind.resource_version = 48213;
  bind.annotations = {{"kubernetes.io/egress-bandwidth", "100M"},
                      {"networking.vaclab.org/granted", "ul=100000000,dl=0"}};
  const ApiRequest request = made(request_for(bind));
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.target, "/api/v1/namespaces/shop/pods/web-0/binding?timeout=2s");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.timeout_ms, 2500);
  EXPECT_EQ(request.body,
            R"({"apiVersion":"v1","kind":"Binding","metadata":{"name":"web-0","namespace":"shop","uid":"pod-uid",)"
            R"("resourceVersion":"48213","annotations":{"kubernetes.io/egress-bandwidth":"100M",)"
            R"("networking.vaclab.org/granted":"ul=100000000,dl=0"}},)"
            R"("target":{"apiVersion":"v1","kind":"Node","name":"worker-17.example.com"}})");
}

TEST(EffectRequest, ABandwidthObjectIsCreatedEmpty) {
  const ApiRequest request = made(request_for(CreateBandwidth{1, "worker-1"}));
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.target, "/apis/networking.vaclab.org/v1/bandwidths");
  EXPECT_EQ(request.body,
            R"({"apiVersion":"networking.vaclab.org/v1","kind":"Bandwidth","metadata":{"name":"worker-1"},"spec":{}})");
}

TEST(EffectRequest, ABandwidthObjectIsDeletedOnlyAsItWasSeen) {
  const ApiRequest request = made(request_for(DeleteBandwidth{1, "worker-1", "bw-uid", 77}));
  EXPECT_EQ(request.method, Method::kDelete);
  EXPECT_EQ(request.target, "/apis/networking.vaclab.org/v1/bandwidths/worker-1");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.body,
            R"({"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"bw-uid","resourceVersion":"77"}})");
}

TEST(EffectRequest, APatchOfAPodTouchesOneAnnotationOfThatUid) {
  const ApiRequest wake = made(request_for(WakePod{1, kPod, 4}));
  EXPECT_EQ(wake.method, Method::kPatch);
  EXPECT_EQ(wake.target, "/api/v1/namespaces/shop/pods/web-0");
  EXPECT_EQ(wake.content_type, "application/merge-patch+json");
  EXPECT_EQ(wake.body, R"({"metadata":{"uid":"pod-uid","annotations":{"networking.vaclab.org/retry":"4"}}})");
  const ApiRequest fence = made(request_for(FencePod{1, kPod, 18446744073709551615ULL}));
  EXPECT_EQ(fence.body,
            R"({"metadata":{"uid":"pod-uid","annotations":{"networking.vaclab.org/term":"18446744073709551615"}}})");
}

TEST(EffectRequest, ReadsAPodAndPatchesAStatus) {
  const ApiRequest get = made(get_pod("shop", "web-0"));
  EXPECT_EQ(get.method, Method::kGet);
  EXPECT_EQ(get.target, "/api/v1/namespaces/shop/pods/web-0");
  EXPECT_EQ(get.content_type, "");
  const ApiRequest patch = made(patch_bandwidth_status("worker-1", R"({"status":{}})"));
  EXPECT_EQ(patch.method, Method::kPatch);
  EXPECT_EQ(patch.target, "/apis/networking.vaclab.org/v1/bandwidths/worker-1/status");
  EXPECT_EQ(patch.content_type, "application/merge-patch+json");
  EXPECT_EQ(patch.body, R"({"status":{}})");
}

ClusterEvent overcommitted() {
  ClusterEvent event;
  event.api_version = "v1";
  event.kind = "Node";
  event.name = "worker-1";
  event.uid = "node-uid";
  event.time = Timestamp{1'782'900'000'123'456'789};
  event.cause = 255;
  event.warning = true;
  event.reason = "BandwidthOvercommitted";
  event.action = "Account";
  event.note = "uplink is used above its capacity";
  event.reporter = "bandwidth-0";
  return event;
}

TEST(EffectRequest, AnEventOfAClusterScopedObjectStandsInDefault) {
  const ApiRequest request = made(post_event(overcommitted()));
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.target, "/apis/events.k8s.io/v1/namespaces/default/events");
  EXPECT_EQ(
      request.body,
      R"({"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"worker-1.ff.18be221a99670d15",)"
      R"("namespace":"default"},)"
      R"("eventTime":"2026-07-01T10:00:00.123456Z","reportingController":"networking.vaclab.org/bwcontroller",)"
      R"("reportingInstance":"bandwidth-0","action":"Account","reason":"BandwidthOvercommitted","type":"Warning",)"
      R"("note":"uplink is used above its capacity",)"
      R"("regarding":{"apiVersion":"v1","kind":"Node","name":"worker-1","uid":"node-uid"}})");
}

TEST(EffectRequest, AnEventIsCutToWhatTheServerTakes) {
  ClusterEvent event = overcommitted();
  event.space = "shop";
  event.name = std::string(200, 'a') + std::string(53, 'b');
  event.note = std::string(1023, 'n') + "\xc3\xa9";
  event.warning = false;
  const ApiRequest request = made(post_event(event));
  EXPECT_EQ(request.target, "/apis/events.k8s.io/v1/namespaces/shop/events");
  EXPECT_NE(request.body.find("\"name\":\"" + std::string(200, 'a') + std::string(33, 'b') + ".ff.18be221a99670d15\""),
            std::string::npos);
  EXPECT_NE(request.body.find('"' + std::string(1023, 'n') + '"'), std::string::npos);
  EXPECT_NE(request.body.find(R"("type":"Normal")"), std::string::npos);
  EXPECT_NE(request.body.find(R"("regarding":{"apiVersion":"v1","kind":"Node","namespace":"shop")"), std::string::npos);
}

TEST(EffectRequest, DoesNotPutBadNamesIntoPaths) {
  const std::vector<std::string> bad{
      "",     "..",   ".",    "a/b", "a?b",    "A",        "-a",   "a-",
      "a..b", "a.-b", "a-.b", "a b", "a\r\nb", "\xc3\xa9", "a%2f", std::string(254, 'a')};
  for (const std::string& name : bad) {
    BindPod bind;
    bind.pod = kPod;
    bind.node = name;
    EXPECT_FALSE(request_for(bind)) << name;
    bind.node = "n";
    bind.pod.name = name;
    EXPECT_FALSE(request_for(bind)) << name;
    EXPECT_FALSE(get_pod(name, "p")) << name;
    EXPECT_FALSE(get_pod("ns", name)) << name;
    EXPECT_FALSE(request_for(WakePod{1, {"ns", name, "u"}, 1})) << name;
    EXPECT_FALSE(request_for(CreateBandwidth{1, name})) << name;
    EXPECT_FALSE(request_for(DeleteBandwidth{1, name, "u", 1})) << name;
    EXPECT_FALSE(patch_bandwidth_status(name, "{}")) << name;
  }
  EXPECT_FALSE(get_pod("a.b", "p")) << "a namespace is one label";
  EXPECT_FALSE(get_pod(std::string(64, 'a'), "p"));
  EXPECT_TRUE(get_pod(std::string(63, 'a'), std::string(253, 'a')));
  EXPECT_TRUE(get_pod("ns", "0.a-b.c"));
}

TEST(EffectRequest, TextThatIsNoUtf8IsReplacedAndDoesNotThrow) {
  BindPod bind;
  bind.pod = kPod;
  bind.node = "n";
  bind.annotations = {{"a", "\xff"}};
  EXPECT_NE(made(request_for(bind)).body.find("\xef\xbf\xbd"), std::string::npos);
}

}  // namespace
}  // namespace bw
