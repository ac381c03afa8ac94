#include "observe_pod.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "kube/pod_annotations.h"
#include "object_metadata.h"
#include "projections/reason.h"

namespace bw {
namespace {

PodPhase phase_of(std::string_view text) {
  if (text == "Pending") return PodPhase::kPending;
  if (text == "Running") return PodPhase::kRunning;
  if (text == "Succeeded") return PodPhase::kSucceeded;
  if (text == "Failed") return PodPhase::kFailed;
  return PodPhase::kUnknown;
}

void read_spec(JsonFields& fields, JsonValue value, PodSeen& pod) {
  fields.each_field(value, "spec", [&](std::string_view key, JsonValue field) {
    if (key == "nodeName") {
      pod.node_name = fields.text(field, "spec.nodeName");
    } else if (key == "hostNetwork") {
      pod.fields.host_network = fields.boolean(field, "spec.hostNetwork");
    } else if (key == "priority") {
      using Limits = std::numeric_limits<std::int32_t>;
      pod.fields.priority =
          static_cast<std::int32_t>(fields.integer(field, "spec.priority", Limits::min(), Limits::max()));
    } else if (key == "schedulingGates") {
      fields.each_element(field, "spec.schedulingGates", [&](JsonValue) { pod.fields.gated = true; });
    }
  });
}

// The condition PodScheduled=False whose message is ours: the scheduler puts the reasons of an extender there.
void read_condition(JsonFields& fields, JsonValue value, PodSeen& pod) {
  constexpr std::string_view kWhere = "status.conditions";
  std::string_view type, status, message;
  fields.each_field(value, kWhere, [&](std::string_view key, JsonValue field) {
    if (key == "type") type = fields.text(field, kWhere);
    if (key == "status") status = fields.text(field, kWhere);
    if (key == "message") message = fields.text(field, kWhere);
  });
  if (type == "PodScheduled" && status == "False" && bears_reason(message)) pod.fields.refused = true;
}

void read_status(JsonFields& fields, JsonValue value, PodSeen& pod) {
  fields.each_field(value, "status", [&](std::string_view key, JsonValue field) {
    if (key == "phase") {
      pod.fields.phase = phase_of(fields.text(field, "status.phase"));
    } else if (key == "conditions") {
      fields.each_element(field, "status.conditions", [&](JsonValue item) { read_condition(fields, item, pod); });
    }
  });
}

}  // namespace

ObjectSeen observe_pod(JsonFields& fields, simdjson::ondemand::document& document) {
  ObjectMetadata metadata;
  PodSeen pod;
  const OnText on_annotation = [&](std::string_view key, std::string_view value) {
    read_pod_annotation(key, value, pod.fields);
  };
  fields.each_field(document, [&](std::string_view key, JsonValue value) {
    if (key == "metadata") read_metadata(fields, value, metadata, on_annotation, nullptr);
    if (key == "spec") read_spec(fields, value, pod);
    if (key == "status") read_status(fields, value, pod);
  });
  require_identity(fields, metadata);
  if (metadata.space.empty()) fields.fail("metadata.namespace", "is missing");
  if (!fields.ok()) return UnreadableSeen{metadata.space, metadata.name, metadata.resource_version, fields.problem()};

  if (pod.fields.host_network) pod.fields.interfaces = 0;
  pod.fields.terminating = metadata.terminating;
  pod.fields.created = metadata.created;
  // The order of the keys is the writer's; ours must not depend on it.
  std::sort(pod.fields.requests.begin(), pod.fields.requests.end(), [](const RequestEntry& a, const RequestEntry& b) {
    return std::tie(a.dialect, a.direction) < std::tie(b.dialect, b.direction);
  });
  pod.identity = {std::move(metadata.space), std::move(metadata.name), std::move(metadata.uid)};
  pod.resource_version = metadata.resource_version;
  pod.controller = std::move(metadata.controller);
  return pod;
}

}  // namespace bw
