// Objects to create, as JSON for the API: nodes for kwok, pods and workloads that ask for bandwidth. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bw {

struct NodeSpec {
  std::map<std::string, std::string> labels{};
  int allocatable_pods = 1000;
  std::string cpu = "256";
  std::string memory = "1Ti";
};
std::string node_json(const std::string& name, const NodeSpec& spec);

// What a pod asks for and who schedules it; also the template of a workload.
struct PodSpec {
  std::string egress{};  // quantities for kubernetes.io/{egress,ingress}-bandwidth, such as 100M; "" for none
  std::string ingress{};
  std::string scheduler = "default-scheduler";
  std::string node{};  // not "": bound by hand at creation, past every scheduler
  std::map<std::string, std::string> annotations{};
  std::map<std::string, std::string> labels{};
  std::map<std::string, std::string> node_selector{};
  std::vector<std::string> finalizers{};
  std::string priority_class{};
  bool host_network = false;
  std::string preferred_zone{};  // topology.kubernetes.io/zone that it would rather be in, with the highest weight
};
std::string pod_json(const std::string& space, const std::string& name, const PodSpec& spec);

// All members of a StatefulSet are made at once (podManagementPolicy Parallel). A DaemonSet has no replicas.
enum class WorkloadKind : std::uint8_t { kStatefulSet, kDeployment, kReplicaSet, kDaemonSet };
std::string workload_json(WorkloadKind kind, const std::string& space, const std::string& name, int replicas,
                          const PodSpec& spec);

// What people declare about a node. `spec` is JSON.
std::string bandwidth_json(const std::string& node, const std::string& spec);
// The capacity of its network link, Mbps.
std::string network_capacity_json(std::int64_t ul_mbps, std::int64_t dl_mbps);

}  // namespace bw
