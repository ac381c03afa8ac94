#include "tests/support/manifests.h"

#include <nlohmann/json.hpp>

namespace bw {
namespace {

using Json = nlohmann::ordered_json;

Json pod_metadata(const PodSpec& spec) {
  Json annotations = spec.annotations.empty() ? Json::object() : Json(spec.annotations);
  if (!spec.egress.empty()) annotations["kubernetes.io/egress-bandwidth"] = spec.egress;
  if (!spec.ingress.empty()) annotations["kubernetes.io/ingress-bandwidth"] = spec.ingress;
  Json metadata = {{"labels", spec.labels.empty() ? Json::object() : Json(spec.labels)}, {"annotations", annotations}};
  if (!spec.finalizers.empty()) metadata["finalizers"] = spec.finalizers;
  return metadata;
}

Json pod_spec(const PodSpec& spec) {
  Json json = {{"schedulerName", spec.scheduler},
               {"terminationGracePeriodSeconds", 0},
               {"containers", Json::array({{{"name", "main"}, {"image", "none"}}})}};
  if (!spec.node.empty()) json["nodeName"] = spec.node;
  if (!spec.node_selector.empty()) json["nodeSelector"] = spec.node_selector;
  if (!spec.preferred_zone.empty()) {
    const Json in_zone = {
        {"key", "topology.kubernetes.io/zone"}, {"operator", "In"}, {"values", {spec.preferred_zone}}};
    const Json term = {{"weight", 100}, {"preference", {{"matchExpressions", Json::array({in_zone})}}}};
    json["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] = Json::array({term});
  }
  if (!spec.priority_class.empty()) json["priorityClassName"] = spec.priority_class;
  if (spec.host_network) json["hostNetwork"] = true;
  return json;
}

const char* name_of(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kStatefulSet:
      return "StatefulSet";
    case WorkloadKind::kDeployment:
      return "Deployment";
    case WorkloadKind::kReplicaSet:
      return "ReplicaSet";
    case WorkloadKind::kDaemonSet:
      return "DaemonSet";
  }
  return "";
}

}  // namespace

std::string node_json(const std::string& name, const NodeSpec& spec) {
  Json labels = spec.labels.empty() ? Json::object() : Json(spec.labels);
  labels["kubernetes.io/hostname"] = name;
  const Json resources = {{"cpu", spec.cpu}, {"memory", spec.memory}, {"pods", std::to_string(spec.allocatable_pods)}};
  return Json{{"apiVersion", "v1"},
              {"kind", "Node"},
              {"metadata", {{"name", name}, {"labels", labels}}},
              {"status", {{"capacity", resources}, {"allocatable", resources}}}}
      .dump();
}

std::string pod_json(const std::string& space, const std::string& name, const PodSpec& spec) {
  Json metadata = pod_metadata(spec);
  metadata["namespace"] = space;
  metadata["name"] = name;
  return Json{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", metadata}, {"spec", pod_spec(spec)}}.dump();
}

std::string workload_json(WorkloadKind kind, const std::string& space, const std::string& name, int replicas,
                          const PodSpec& spec) {
  PodSpec member = spec;
  member.labels["app"] = name;
  Json json = {{"apiVersion", "apps/v1"},
               {"kind", name_of(kind)},
               {"metadata", {{"namespace", space}, {"name", name}}},
               {"spec",
                {{"selector", {{"matchLabels", {{"app", name}}}}},
                 {"template", {{"metadata", pod_metadata(member)}, {"spec", pod_spec(member)}}}}}};
  if (kind != WorkloadKind::kDaemonSet) json["spec"]["replicas"] = replicas;
  if (kind == WorkloadKind::kStatefulSet) {
    json["spec"]["podManagementPolicy"] = "Parallel";
    json["spec"]["serviceName"] = name;
  }
  return json.dump();
}

std::string bandwidth_json(const std::string& node, const std::string& spec) {
  return Json{{"apiVersion", "networking.vaclab.org/v1"},
              {"kind", "Bandwidth"},
              {"metadata", {{"name", node}}},
              {"spec", Json::parse(spec)}}
      .dump();
}

std::string network_capacity_json(std::int64_t ul_mbps, std::int64_t dl_mbps) {
  return Json{{"capacity", {{"network", {{"ulMbps", ul_mbps}, {"dlMbps", dl_mbps}}}}}}.dump();
}

}  // namespace bw
