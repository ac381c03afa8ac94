#include "kube/observe.h"

#include <algorithm>
#include <limits>

#include "kube/pod_annotations.h"
#include "kube/wire.h"
#include "object_metadata.h"
#include "observe_pod.h"
#include "projections/quantity.h"
#include "projections/time_text.h"

namespace bw {
namespace {

using Document = simdjson::ondemand::document;

constexpr std::int64_t kMegabitsMost = 1'000'000'000;  // 1P bit/s
constexpr std::int64_t kCountMost = std::numeric_limits<std::int32_t>::max();

ObjectSeen unreadable(const JsonFields& fields, const ObjectMetadata& metadata) {
  return UnreadableSeen{metadata.space, metadata.name, metadata.resource_version, fields.problem()};
}

// ---- nodes and namespaces -----------------------------------------------------------------------------------

void read_allocatable(JsonFields& fields, JsonValue value, NodeSeen& node) {
  fields.each_field(value, "status.allocatable", [&](std::string_view key, JsonValue field) {
    if (key != "pods") return;
    const std::string_view text = fields.text(field, "status.allocatable.pods");
    const Result<std::int64_t> pods = parse_quantity(text);
    if (!pods || *pods < 0 || *pods > kCountMost)
      return fields.fail("status.allocatable.pods", "is not a number of pods");
    node.allocatable_pods = static_cast<std::uint32_t>(*pods);
  });
}

ObjectSeen observe_node(JsonFields& fields, Document& document, const std::vector<std::string>& labels) {
  ObjectMetadata metadata;
  NodeSeen node;
  node.level_values.resize(labels.size());
  const OnText on_label = [&](std::string_view key, std::string_view value) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (key == labels[i]) node.level_values[i] = value;
    }
  };
  fields.each_field(document, [&](std::string_view key, JsonValue value) {
    if (key == "metadata") return read_metadata(fields, value, metadata, nullptr, on_label);
    if (key != "spec" && key != "status") return;
    fields.each_field(value, key, [&](std::string_view name, JsonValue field) {
      if (name == "unschedulable") node.unschedulable = fields.boolean(field, "spec.unschedulable");
      if (name == "allocatable") read_allocatable(fields, field, node);
    });
  });
  require_identity(fields, metadata);
  if (!fields.ok()) return unreadable(fields, metadata);
  node.name = std::move(metadata.name);
  node.uid = std::move(metadata.uid);
  node.resource_version = metadata.resource_version;
  return node;
}

ObjectSeen observe_namespace(JsonFields& fields, Document& document) {
  ObjectMetadata metadata;
  NamespaceSeen space;
  const OnText on_annotation = [&](std::string_view key, std::string_view value) {
    if (key == "networking.vaclab.org/default-egress-bandwidth") space.default_ul = parse_namespace_default(value);
    if (key == "networking.vaclab.org/default-ingress-bandwidth") space.default_dl = parse_namespace_default(value);
  };
  fields.each_field(document, [&](std::string_view key, JsonValue value) {
    if (key == "metadata") read_metadata(fields, value, metadata, on_annotation, nullptr);
  });
  require_identity(fields, metadata);
  if (!fields.ok()) return unreadable(fields, metadata);
  space.name = std::move(metadata.name);
  space.uid = std::move(metadata.uid);
  space.resource_version = metadata.resource_version;
  return space;
}

// ---- workloads ----------------------------------------------------------------------------------------------

// From spec, never from status; defaults are those of the API.
std::optional<std::uint32_t> wanted_pods(WorkloadKind kind, std::optional<std::uint32_t> replicas,
                                         std::optional<std::uint32_t> parallelism,
                                         std::optional<std::uint32_t> completions) {
  if (kind == WorkloadKind::kDeployment || kind == WorkloadKind::kStatefulSet) return replicas.value_or(1);
  if (kind != WorkloadKind::kJob) return std::nullopt;
  const std::uint32_t at_once = parallelism.value_or(1);
  return std::min(at_once, completions.value_or(at_once));
}

ObjectSeen observe_workload(JsonFields& fields, Document& document, WorkloadKind kind) {
  ObjectMetadata metadata;
  std::optional<std::uint32_t> replicas, parallelism, completions;
  const auto count = [&](JsonValue field, std::string_view where) {
    return static_cast<std::uint32_t>(fields.integer(field, where, 0, kCountMost));
  };
  fields.each_field(document, [&](std::string_view key, JsonValue value) {
    if (key == "metadata") return read_metadata(fields, value, metadata, nullptr, nullptr);
    if (key != "spec") return;
    fields.each_field(value, "spec", [&](std::string_view name, JsonValue field) {
      if (name == "replicas") replicas = count(field, "spec.replicas");
      if (name == "parallelism") parallelism = count(field, "spec.parallelism");
      if (name == "completions") completions = count(field, "spec.completions");
    });
  });
  require_identity(fields, metadata);
  if (metadata.space.empty()) fields.fail("metadata.namespace", "is missing");
  if (!fields.ok()) return unreadable(fields, metadata);
  return WorkloadSeen{kind,
                      std::move(metadata.space),
                      std::move(metadata.name),
                      std::move(metadata.uid),
                      metadata.resource_version,
                      std::move(metadata.controller),
                      wanted_pods(kind, replicas, parallelism, completions)};
}

// ---- Bandwidth objects --------------------------------------------------------------------------------------

struct DeclaredRates {
  std::optional<BitsPerSecond> ul;
  std::optional<BitsPerSecond> dl;
};

DeclaredRates read_rates(JsonFields& fields, JsonValue value, const std::string& where) {
  DeclaredRates rates;
  fields.each_field(value, where, [&](std::string_view key, JsonValue field) {
    if (key == "ulMbps") rates.ul = fields.integer(field, where + ".ulMbps", 0, kMegabitsMost) * kBitsPerMegabit;
    if (key == "dlMbps") rates.dl = fields.integer(field, where + ".dlMbps", 0, kMegabitsMost) * kBitsPerMegabit;
  });
  return rates;
}

void read_capacity(JsonFields& fields, JsonValue value, BandwidthSeen& seen) {
  fields.each_field(value, "spec.capacity", [&](std::string_view key, JsonValue field) {
    if (key == "local") {
      const DeclaredRates rates = read_rates(fields, field, "spec.capacity.local");
      seen.local_ul = rates.ul;
      seen.local_dl = rates.dl;
    } else if (key == "network") {
      const DeclaredRates rates = read_rates(fields, field, "spec.capacity.network");
      seen.network_ul = rates.ul;
      seen.network_dl = rates.dl;
    }
  });
}

void read_kept_back(JsonFields& fields, JsonValue value, BandwidthSeen& seen) {
  const std::string where = "spec.reservations[" + std::to_string(seen.kept_back.size()) + "]";
  KeptBack kept;
  const auto rates = [&](JsonValue field, const char* link) {
    const DeclaredRates declared = read_rates(fields, field, where + link);
    return Rates{declared.ul.value_or(0), declared.dl.value_or(0)};
  };
  fields.each_field(value, where, [&](std::string_view key, JsonValue field) {
    if (key == "name") kept.name = fields.text(field, where + ".name");
    if (key == "local") kept.local = rates(field, ".local");
    if (key == "network") kept.network = rates(field, ".network");
    if (key != "until") return;
    const Result<Timestamp> until = parse_rfc3339(fields.text(field, where + ".until"));
    if (!until) return fields.fail(where + ".until", until.error().message);
    kept.until = *until;
  });
  if (kept.name.empty()) fields.fail(where + ".name", "is missing");
  seen.kept_back.push_back(std::move(kept));
}

void read_spec(JsonFields& fields, JsonValue value, BandwidthSeen& seen) {
  fields.each_field(value, "spec", [&](std::string_view key, JsonValue field) {
    if (key == "capacity") return read_capacity(fields, field, seen);
    if (key == "interfaces") {
      return fields.each_field(field, "spec.interfaces", [&](std::string_view name, JsonValue max) {
        if (name != "max") return;
        seen.max_interfaces = static_cast<std::uint32_t>(fields.integer(max, "spec.interfaces.max", 0, kCountMost));
      });
    }
    if (key != "reservations") return;
    fields.each_element(field, "spec.reservations", [&](JsonValue item) { read_kept_back(fields, item, seen); });
  });
}

void read_published(JsonFields& fields, JsonValue status, BandwidthSeen& seen) {
  fields.each_field(status, "status", [&](std::string_view key, JsonValue journal) {
    if (key != "journal") return;
    fields.each_field(journal, "status.journal", [&](std::string_view name, JsonValue field) {
      if (name == "id") seen.published_journal = fields.text(field, "status.journal.id");
      if (name != "sequence") return;
      const std::int64_t sequence = fields.integer(field, "status.journal.sequence", 0, INT64_MAX);
      seen.published_sequence = static_cast<Sequence>(sequence);
    });
  });
}

ObjectSeen observe_bandwidth(JsonFields& fields, Document& document) {
  ObjectMetadata metadata;
  BandwidthSeen seen;
  fields.each_field(document, [&](std::string_view key, JsonValue value) {
    if (key == "metadata") read_metadata(fields, value, metadata, nullptr, nullptr);
    if (key == "spec") read_spec(fields, value, seen);
    if (key == "status") read_published(fields, value, seen);
  });
  require_identity(fields, metadata);
  if (!fields.ok()) return unreadable(fields, metadata);
  seen.name = std::move(metadata.name);
  seen.uid = std::move(metadata.uid);
  seen.resource_version = metadata.resource_version;
  seen.generation = metadata.generation;
  return seen;
}

}  // namespace

// ---- the reader ---------------------------------------------------------------------------------------------

struct ObjectReader::Parser {
  JsonDocument json;
};

ObjectReader::ObjectReader(std::vector<std::string> level_labels)
    : parser_(std::make_unique<Parser>()), level_labels_(std::move(level_labels)) {}
ObjectReader::~ObjectReader() = default;
ObjectReader::ObjectReader(ObjectReader&&) noexcept = default;
ObjectReader& ObjectReader::operator=(ObjectReader&&) noexcept = default;

ObjectSeen ObjectReader::observe(Stream stream, std::string_view json) {
  JsonFields fields;
  if (const auto error = parser_->json.parse(json)) {
    fields.fail("the object is not JSON:", simdjson::error_message(error));
    return unreadable(fields, {});
  }
  Document& document = parser_->json.document();
  switch (stream) {
    case Stream::kPods:
      return observe_pod(fields, document);
    case Stream::kNodes:
      return observe_node(fields, document, level_labels_);
    case Stream::kBandwidths:
      return observe_bandwidth(fields, document);
    case Stream::kNamespaces:
      return observe_namespace(fields, document);
    case Stream::kReplicaSets:
      return observe_workload(fields, document, WorkloadKind::kReplicaSet);
    case Stream::kDeployments:
      return observe_workload(fields, document, WorkloadKind::kDeployment);
    case Stream::kStatefulSets:
      return observe_workload(fields, document, WorkloadKind::kStatefulSet);
    case Stream::kDaemonSets:
      return observe_workload(fields, document, WorkloadKind::kDaemonSet);
    case Stream::kJobs:
      return observe_workload(fields, document, WorkloadKind::kJob);
  }
  check(false, "every stream has a kind of object");
  return UnreadableSeen{};
}

Result<ObjectKey> ObjectReader::observe_key(std::string_view json) {
  const Error problem{ErrorCode::kInvalid, "the object has no readable metadata.uid and metadata.resourceVersion"};
  if (parser_->json.parse(json)) return problem;
  simdjson::ondemand::object metadata;
  std::string_view uid, version_text;
  if (parser_->json.document()["metadata"].get_object().get(metadata) || metadata["uid"].get_string().get(uid) ||
      metadata["resourceVersion"].get_string().get(version_text)) {
    return problem;
  }
  const std::optional<ResourceVersion> version = parse_resource_version(version_text);
  if (uid.empty() || !version) return problem;
  return ObjectKey{std::string(uid), *version};
}

}  // namespace bw
