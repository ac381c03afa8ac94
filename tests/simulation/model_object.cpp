#include "tests/simulation/model_object.h"

#include <array>

#include "extender/json_text.h"
#include "projections/time_text.h"

namespace bw::simulation {
namespace {

struct KindNames {
  std::string_view kind;
  std::string_view api_version;
  bool metadata_only;  // of what the daemon asks for
};

constexpr std::array<KindNames, kStreamCount> kKinds{{
    {"Pod", "v1", false},
    {"Node", "v1", false},
    {"Bandwidth", "networking.vaclab.org/v1", false},
    {"Namespace", "v1", true},
    {"ReplicaSet", "apps/v1", true},
    {"Deployment", "apps/v1", false},
    {"StatefulSet", "apps/v1", false},
    {"DaemonSet", "apps/v1", true},
    {"Job", "batch/v1", false},
}};

const KindNames& names_of(Stream stream) { return kKinds[static_cast<std::size_t>(stream)]; }

// Writes JSON from front to back; commas are its own business.
class JsonText {
 public:
  void open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    fresh_ = false;
  }
  void key(std::string_view name) {
    separate();
    append_json_string(text_, name);
    text_ += ':';
    fresh_ = true;
  }
  void value(std::string_view text) {
    separate();
    append_json_string(text_, text);
  }
  void raw(std::string_view text) {
    separate();
    text_ += text;
  }
  void field(std::string_view name, std::string_view text) {
    key(name);
    value(text);
  }
  void number(std::string_view name, std::int64_t number) {
    key(name);
    raw(std::to_string(number));
  }
  std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }

  std::string text_;
  bool fresh_ = true;
};

void write_texts(JsonText& json, std::string_view name, const std::map<std::string, std::string>& texts) {
  if (texts.empty()) return;
  json.key(name);
  json.open('{');
  for (const auto& [key, text] : texts) json.field(key, text);
  json.close('}');
}

void write_metadata(JsonText& json, const ModelObject& object) {
  json.key("metadata");
  json.open('{');
  json.field("name", object.name);
  if (!object.space.empty()) json.field("namespace", object.space);
  json.field("uid", object.uid);
  json.field("resourceVersion", std::to_string(object.resource_version));
  if (object.generation > 0 && object.stream != Stream::kPods) json.number("generation", object.generation);
  json.field("creationTimestamp", format_rfc3339(object.created, 0));
  if (object.terminating) json.field("deletionTimestamp", format_rfc3339(object.created, 0));
  write_texts(json, "labels", object.labels);
  write_texts(json, "annotations", object.annotations);
  if (object.controller) {
    json.key("ownerReferences");
    json.open('[');
    json.open('{');
    json.field("apiVersion", object.controller->api_version);
    json.field("kind", object.controller->kind);
    json.field("name", object.controller->name);
    json.field("uid", object.controller->uid);
    json.key("controller");
    json.raw("true");
    json.close('}');
    json.close(']');
  }
  if (object.finalizer) {
    json.key("finalizers");
    json.raw(R"(["example.com/finalizer"])");
  }
  json.close('}');
}

void write_pod(JsonText& json, const ModelObject& pod) {
  json.key("spec");
  json.open('{');
  json.key("containers");
  json.raw(R"([{"name":"main","image":"image:1"}])");
  if (!pod.node.empty()) json.field("nodeName", pod.node);
  if (pod.host_network) {
    json.key("hostNetwork");
    json.raw("true");
  }
  json.field("schedulerName", pod.scheduler);
  json.number("priority", pod.priority);
  json.close('}');
  json.key("status");
  json.open('{');
  json.field("phase", pod.phase);
  if (!pod.not_scheduled.empty() || !pod.node.empty()) {
    json.key("conditions");
    json.open('[');
    json.open('{');
    json.field("type", "PodScheduled");
    json.field("status", pod.node.empty() ? "False" : "True");
    if (pod.node.empty()) json.field("reason", "Unschedulable");
    if (pod.node.empty()) json.field("message", pod.not_scheduled);
    json.close('}');
    json.close(']');
  }
  json.close('}');
}

void write_node(JsonText& json, const ModelObject& node) {
  json.key("spec");
  json.raw(node.unschedulable ? R"({"unschedulable":true})" : "{}");
  json.key("status");
  json.open('{');
  json.key("allocatable");
  json.open('{');
  json.field("cpu", "64");
  json.field("pods", std::to_string(node.allocatable_pods));
  json.close('}');
  json.close('}');
}

void write_workload(JsonText& json, const ModelObject& workload) {
  json.key("spec");
  json.open('{');
  if (workload.replicas) json.number("replicas", *workload.replicas);
  if (workload.parallelism) json.number("parallelism", *workload.parallelism);
  if (workload.completions) json.number("completions", *workload.completions);
  json.close('}');
}

void write_mbps(JsonText& json, std::string_view name, const DeclaredMbps& mbps) {
  if (!mbps.ul && !mbps.dl) return;
  json.key(name);
  json.open('{');
  if (mbps.ul) json.number("ulMbps", *mbps.ul);
  if (mbps.dl) json.number("dlMbps", *mbps.dl);
  json.close('}');
}

void write_bandwidth(JsonText& json, const ModelObject& object) {
  const BandwidthSpec& spec = object.bandwidth;
  json.key("spec");
  json.open('{');
  if (spec.local != DeclaredMbps{} || spec.network != DeclaredMbps{}) {
    json.key("capacity");
    json.open('{');
    write_mbps(json, "local", spec.local);
    write_mbps(json, "network", spec.network);
    json.close('}');
  }
  if (spec.max_interfaces) {
    json.key("interfaces");
    json.open('{');
    json.number("max", *spec.max_interfaces);
    json.close('}');
  }
  if (!spec.reservations.empty()) {
    json.key("reservations");
    json.open('[');
    for (const DeclaredReservation& reservation : spec.reservations) {
      json.open('{');
      json.field("name", reservation.name);
      write_mbps(json, "local", reservation.local);
      write_mbps(json, "network", reservation.network);
      if (reservation.until) json.field("until", format_rfc3339(*reservation.until, 0));
      json.close('}');
    }
    json.close(']');
  }
  json.close('}');
  if (!object.status.empty()) {
    json.key("status");
    json.raw(object.status);
  }
}

void write_rest(JsonText& json, const ModelObject& object) {
  switch (object.stream) {
    case Stream::kPods:
      return write_pod(json, object);
    case Stream::kNodes:
      return write_node(json, object);
    case Stream::kBandwidths:
      return write_bandwidth(json, object);
    case Stream::kDeployments:
    case Stream::kStatefulSets:
    case Stream::kJobs:
      return write_workload(json, object);
    case Stream::kNamespaces:
    case Stream::kReplicaSets:
    case Stream::kDaemonSets:
      break;
  }
}

}  // namespace

std::string_view kind_of(Stream stream) { return names_of(stream).kind; }
std::string_view api_version_of(Stream stream) { return names_of(stream).api_version; }

ModelOwner owner_reference(const ModelObject& workload) {
  return {std::string(api_version_of(workload.stream)), std::string(kind_of(workload.stream)), workload.name,
          workload.uid};
}

const std::string& Version::json() const {
  if (!json_.empty()) return json_;
  JsonText json;
  const bool metadata_only = names_of(object_.stream).metadata_only;
  json.open('{');
  json.field("kind", metadata_only ? "PartialObjectMetadata" : kind_of(object_.stream));
  json.field("apiVersion", metadata_only ? "meta.k8s.io/v1" : api_version_of(object_.stream));
  write_metadata(json, object_);
  write_rest(json, object_);
  json.close('}');
  return json_ = json.take();
}

}  // namespace bw::simulation
