#include "tests/support/event_builder.h"

#include <algorithm>
#include <tuple>

#include "projections/quantity.h"
#include "projections/request.h"

namespace bw {
namespace {

constexpr std::string_view kUsualSpace = "net";

std::string_view kind_text(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kReplicaSet:
      return "ReplicaSet";
    case WorkloadKind::kDeployment:
      return "Deployment";
    case WorkloadKind::kStatefulSet:
      return "StatefulSet";
    case WorkloadKind::kDaemonSet:
      return "DaemonSet";
    case WorkloadKind::kJob:
      return "Job";
    case WorkloadKind::kOther:
      break;
  }
  return "Other";
}

WorkloadKind kind_of(std::string_view name) {
  for (const WorkloadKind kind : {WorkloadKind::kReplicaSet, WorkloadKind::kDeployment, WorkloadKind::kStatefulSet,
                                  WorkloadKind::kDaemonSet, WorkloadKind::kJob}) {
    if (kind_text(kind) == name) return kind;
  }
  return WorkloadKind::kOther;
}

}  // namespace

std::pair<std::string, std::string> split_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return {std::string(kUsualSpace), std::string(name)};
  return {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}

RequestEntry request_entry(Dialect dialect, Direction direction, std::string_view text) {
  RequestEntry entry{dialect, direction, {}, std::string(text)};
  const Result<std::int64_t> value = parse_quantity(text);
  if (!value) return entry;
  const BitsPerSecond factor = dialect == Dialect::kOvn ? kBitsPerMegabit : 1;
  if (*value < 0 || *value > kLargestRequest / factor || *value * factor < kSmallestRequest) return entry;
  entry.rate = *value * factor;
  entry.text.clear();
  return entry;
}

std::vector<RequestEntry> requests(std::string_view text, Dialect dialect) {
  std::vector<RequestEntry> entries;
  const std::size_t slash = text.find('/');
  const std::string_view ul = text.substr(0, slash);
  const std::string_view dl = slash == std::string_view::npos ? text : text.substr(slash + 1);
  if (!ul.empty()) entries.push_back(request_entry(dialect, Direction::kUl, ul));
  if (!dl.empty()) entries.push_back(request_entry(dialect, Direction::kDl, dl));
  return entries;
}

void set_request(std::vector<RequestEntry>& entries, const RequestEntry& entry) {
  const auto same_key = [&](const RequestEntry& one) {
    return one.dialect == entry.dialect && one.direction == entry.direction;
  };
  std::erase_if(entries, same_key);
  entries.push_back(entry);
  std::sort(entries.begin(), entries.end(), [](const RequestEntry& a, const RequestEntry& b) {
    return std::tie(a.dialect, a.direction) < std::tie(b.dialect, b.direction);
  });
}

NodeSeen node_seen(std::string name) {
  NodeSeen node;
  node.uid = "uid-node-" + name;
  node.name = std::move(name);
  return node;
}

BandwidthSeen bandwidth_seen(std::string node) {
  BandwidthSeen object;
  object.uid = "uid-bandwidth-" + node;
  object.name = std::move(node);
  object.generation = 1;
  return object;
}

NamespaceSeen namespace_seen(std::string name) {
  NamespaceSeen space;
  space.uid = "uid-namespace-" + name;
  space.name = std::move(name);
  return space;
}

WorkloadSeen workload_seen(WorkloadKind kind, std::string_view name, std::optional<std::uint32_t> wanted) {
  WorkloadSeen workload;
  workload.kind = kind;
  std::tie(workload.space, workload.name) = split_name(name);
  workload.uid = "uid-" + std::string(kind_text(kind)) + "-" + workload.space + "-" + workload.name;
  workload.wanted = wanted;
  return workload;
}

PodSeen pod_seen(std::string_view name, std::string_view request) {
  PodSeen pod;
  std::tie(pod.identity.space, pod.identity.name) = split_name(name);
  pod.identity.uid = "uid-" + pod.identity.space + "-" + pod.identity.name;
  pod.fields.requests = requests(request);
  return pod;
}

OwnerSeen owner_of(const WorkloadSeen& workload) {
  return {workload.kind, std::string(kind_text(workload.kind)), workload.name, workload.uid};
}

OwnerSeen owner_of_kind(std::string_view kind_name, std::string_view name) {
  const WorkloadKind kind = kind_of(kind_name);
  const auto [space, own] = split_name(name);
  return {kind, std::string(kind_name), own, "uid-" + std::string(kind_name) + "-" + space + "-" + own};
}

}  // namespace bw
