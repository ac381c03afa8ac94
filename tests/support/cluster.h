// What tests do with a cluster, over the API as administrator: create nodes and pods by the thousand, declare
// capacities, look, delete, wait. One thread at a time; give each thread its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/result.h"
#include "tests/support/blocking_api.h"
#include "tests/support/cluster_view.h"
#include "tests/support/manifests.h"

namespace bw {

class Cluster {
 public:
  static Result<std::unique_ptr<Cluster>> connect(const std::filesystem::path& kubeconfig);

  // <prefix>0 to <prefix><count - 1>; kwok makes them Ready.
  Result<void> create_nodes(const std::string& prefix, int count, const NodeSpec& spec = {});
  Result<void> create_pods(const std::string& prefix, int count, const PodSpec& spec,
                           const std::string& space = "default");
  Result<void> create_workload(WorkloadKind kind, const std::string& name, int replicas, const PodSpec& spec,
                               const std::string& space = "default");
  Result<void> scale_workload(WorkloadKind kind, const std::string& name, int replicas,
                              const std::string& space = "default");

  // Declares the capacity of a node's network link; the Bandwidth object is made where there is none.
  Result<void> set_network_capacity(const std::string& node, std::int64_t ul_mbps, std::int64_t dl_mbps);
  // The whole spec of a Bandwidth object, as JSON; what was declared before and is not in it ends.
  Result<void> declare(const std::string& node, const std::string& spec);

  Result<std::vector<PodView>> pods();  // of all namespaces
  Result<std::vector<NodeView>> nodes();
  Result<std::vector<BandwidthView>> bandwidths();

  Result<void> delete_pods(const std::vector<PodView>& pods);
  // All pods of a namespace in one request.
  Result<void> delete_all_pods(const std::string& space = "default");
  Result<void> delete_node(const std::string& name);
  // All workloads, pods and nodes, and waits until they are gone; finalizers of pods are taken off.
  Result<void> wipe();

  // Any object, by its path.
  Result<void> create(const std::string& collection, const std::string& json);
  Result<void> patch(const std::string& object, const std::string& merge_patch);
  Result<void> remove(const std::string& object);

  BlockingApi& api() { return *api_; }

 private:
  explicit Cluster(std::unique_ptr<BlockingApi> api) : api_(std::move(api)) {}
  Result<void> send_all(const std::vector<ApiRequest>& requests);

  std::unique_ptr<BlockingApi> api_;
};

// Asks `holds` every 100 ms until it is true. An error of `holds` ends the wait; kUnavailable when the deadline passes
// first. `what` is named in the error, and on standard error every 10 s as a sign of life.
Result<void> wait_until(const std::string& what, std::chrono::seconds deadline,
                        const std::function<Result<bool>()>& holds);

}  // namespace bw
