// Objects to create, as JSON for the API: nodes for kwok, pods and workloads that ask for bandwidth. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

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
};
std::string pod_json(const std::string& space, const std::string& name, const PodSpec& spec);

// All members of a StatefulSet are made at once (podManagementPolicy Parallel).
enum class WorkloadKind : std::uint8_t { kStatefulSet, kDeployment, kReplicaSet };
std::string workload_json(WorkloadKind kind, const std::string& space, const std::string& name, int replicas,
                          const PodSpec& spec);

// What people declare about a node: the capacity of its network link, Mbps.
std::string bandwidth_json(const std::string& node, std::int64_t network_ul_mbps, std::int64_t network_dl_mbps);

}  // namespace bw
