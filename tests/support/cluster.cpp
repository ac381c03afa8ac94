#include "tests/support/cluster.h"

#include <cstdio>
#include <set>
#include <thread>
#include <utility>

namespace bw {
namespace {

ApiRequest post(std::string target, std::string json) {
  return {.method = Method::kPost,
          .target = std::move(target),
          .accept = "",
          .content_type = "application/json",
          .body = std::move(json)};
}

ApiRequest delete_of(std::string target) {
  return {.method = Method::kDelete,
          .target = std::move(target),
          .accept = "",
          .content_type = "",
          .body = "",
          .timeout_ms = 120'000};
}

std::string workloads_of(WorkloadKind kind, const std::string& space) {
  const std::string prefix = "/apis/apps/v1/namespaces/" + space;
  switch (kind) {
    case WorkloadKind::kStatefulSet:
      return prefix + "/statefulsets";
    case WorkloadKind::kDeployment:
      return prefix + "/deployments";
    case WorkloadKind::kReplicaSet:
      return prefix + "/replicasets";
    case WorkloadKind::kDaemonSet:
      return prefix + "/daemonsets";
  }
  return prefix;
}

std::string pods_of(const std::string& space) { return "/api/v1/namespaces/" + space + "/pods"; }

}  // namespace

Result<std::unique_ptr<Cluster>> Cluster::connect(const std::filesystem::path& kubeconfig) {
  Result<std::unique_ptr<BlockingApi>> api = BlockingApi::connect(kubeconfig);
  if (!api) return api.error();
  return std::unique_ptr<Cluster>(new Cluster(std::move(*api)));
}

Result<void> Cluster::send_all(const std::vector<ApiRequest>& requests) {
  const std::vector<Result<ApiResponse>> responses = api_->call_all(requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (auto sent = expect_success(requests[i], responses[i]); !sent) return sent;
  }
  return {};
}

Result<void> Cluster::create_nodes(const std::string& prefix, int count, const NodeSpec& spec) {
  std::vector<ApiRequest> requests;
  for (int i = 0; i < count; ++i) {
    requests.push_back(post("/api/v1/nodes", node_json(prefix + std::to_string(i), spec)));
  }
  return send_all(requests);
}

Result<void> Cluster::create_pods(const std::string& prefix, int count, const PodSpec& spec, const std::string& space) {
  std::vector<ApiRequest> requests;
  for (int i = 0; i < count; ++i) {
    requests.push_back(post(pods_of(space), pod_json(space, prefix + std::to_string(i), spec)));
  }
  return send_all(requests);
}

Result<void> Cluster::create_workload(WorkloadKind kind, const std::string& name, int replicas, const PodSpec& spec,
                                      const std::string& space) {
  return send_all({post(workloads_of(kind, space), workload_json(kind, space, name, replicas, spec))});
}

Result<void> Cluster::scale_workload(WorkloadKind kind, const std::string& name, int replicas,
                                     const std::string& space) {
  return patch(workloads_of(kind, space) + "/" + name, R"({"spec":{"replicas":)" + std::to_string(replicas) + "}}");
}

Result<void> Cluster::set_network_capacity(const std::string& node, std::int64_t ul_mbps, std::int64_t dl_mbps) {
  return declare(node, network_capacity_json(ul_mbps, dl_mbps));
}

Result<void> Cluster::declare(const std::string& node, const std::string& spec) {
  // Server-side apply makes the object when the daemon has not made it yet.
  return send_all({{.method = Method::kPatch,
                    .target = "/apis/networking.vaclab.org/v1/bandwidths/" + node + "?fieldManager=tests&force=true",
                    .accept = "",
                    .content_type = "application/apply-patch+yaml",
                    .body = bandwidth_json(node, spec)}});
}

Result<std::vector<PodView>> Cluster::pods() {
  const Result<std::string> list = api_->get("/api/v1/pods");
  if (!list) return list.error();
  return read_pods(*list);
}

Result<std::vector<NodeView>> Cluster::nodes() {
  const Result<std::string> list = api_->get("/api/v1/nodes");
  if (!list) return list.error();
  return read_nodes(*list);
}

Result<std::vector<BandwidthView>> Cluster::bandwidths() {
  const Result<std::string> list = api_->get("/apis/networking.vaclab.org/v1/bandwidths");
  if (!list) return list.error();
  return read_bandwidths(*list);
}

Result<void> Cluster::delete_pods(const std::vector<PodView>& pods) {
  std::vector<ApiRequest> requests;
  for (const PodView& pod : pods) {
    requests.push_back(delete_of(pods_of(pod.space) + "/" + pod.name));
  }
  return send_all(requests);
}

Result<void> Cluster::delete_all_pods(const std::string& space) { return remove(pods_of(space)); }

Result<void> Cluster::delete_node(const std::string& name) { return remove("/api/v1/nodes/" + name); }

Result<void> Cluster::create(const std::string& collection, const std::string& json) {
  return send_all({post(collection, json)});
}

Result<void> Cluster::patch(const std::string& object, const std::string& merge_patch) {
  return send_all({{.method = Method::kPatch,
                    .target = object,
                    .accept = "",
                    .content_type = "application/merge-patch+json",
                    .body = merge_patch}});
}

Result<void> Cluster::remove(const std::string& object) { return send_all({delete_of(object)}); }

Result<void> Cluster::wipe() {
  constexpr const char* kOwners[] = {"statefulsets", "deployments", "daemonsets", "replicasets"};
  const Result<std::vector<PodView>> all = pods();
  if (!all) return all.error();
  std::set<std::string> spaces{"default"};
  for (const PodView& pod : *all) {
    spaces.insert(pod.space);
    if (!pod.finalized) continue;
    if (auto freed = patch(pods_of(pod.space) + "/" + pod.name, R"({"metadata":{"finalizers":null}})"); !freed)
      return freed;
  }
  std::vector<ApiRequest> requests;
  for (const std::string& space : spaces) {
    for (const char* owners : kOwners)
      requests.push_back(delete_of("/apis/apps/v1/namespaces/" + space + "/" + owners));
    requests.push_back(delete_of(pods_of(space)));
  }
  requests.push_back(delete_of("/api/v1/nodes"));
  // Controllers replace pods until they have seen that their workload is gone.
  return wait_until("the cluster is empty", std::chrono::seconds(120), [&]() -> Result<bool> {
    if (auto sent = send_all(requests); !sent) return sent.error();
    const Result<std::vector<PodView>> left = pods();
    if (!left) return left.error();
    return left->empty();
  });
}

Result<void> wait_until(const std::string& what, std::chrono::seconds deadline,
                        const std::function<Result<bool>()>& holds) {
  using std::chrono::steady_clock;
  const auto began = steady_clock::now();
  auto next_sign_of_life = began + std::chrono::seconds(10);
  while (true) {
    const Result<bool> now = holds();
    if (!now) return now.error();
    if (*now) return {};
    const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - began);
    if (elapsed >= deadline) {
      return Error{ErrorCode::kUnavailable, "not so after " + std::to_string(elapsed.count()) + " s: " + what};
    }
    if (steady_clock::now() >= next_sign_of_life) {
      std::fprintf(stderr, "  waiting until %s, for %lld s now\n", what.c_str(),
                   static_cast<long long>(elapsed.count()));
      next_sign_of_life += std::chrono::seconds(10);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace bw
