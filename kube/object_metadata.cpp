#include "object_metadata.h"

#include "kube/wire.h"
#include "projections/time_text.h"

namespace bw {
namespace {

struct KnownKind {
  std::string_view group;
  std::string_view kind;
  WorkloadKind workload;
};

constexpr KnownKind kKnownKinds[] = {
    {"apps/", "ReplicaSet", WorkloadKind::kReplicaSet},
    {"apps/", "Deployment", WorkloadKind::kDeployment},
    {"apps/", "StatefulSet", WorkloadKind::kStatefulSet},
    {"apps/", "DaemonSet", WorkloadKind::kDaemonSet},
    {"batch/", "Job", WorkloadKind::kJob},
};

// Other groups have a Job of their own, so the kind alone does not tell.
WorkloadKind kind_of(std::string_view api_version, std::string_view kind) {
  for (const KnownKind& known : kKnownKinds) {
    if (kind == known.kind && api_version.starts_with(known.group)) return known.workload;
  }
  return WorkloadKind::kOther;
}

void read_owner(JsonFields& fields, JsonValue value, std::optional<OwnerSeen>& controller) {
  constexpr std::string_view kWhere = "metadata.ownerReferences";
  OwnerSeen owner;
  std::string_view api_version;
  bool controls = false;
  fields.each_field(value, kWhere, [&](std::string_view key, JsonValue field) {
    if (key == "apiVersion") api_version = fields.text(field, kWhere);
    if (key == "kind") owner.kind_name = fields.text(field, kWhere);
    if (key == "name") owner.name = fields.text(field, kWhere);
    if (key == "uid") owner.uid = fields.text(field, kWhere);
    if (key == "controller") controls = fields.boolean(field, kWhere);
  });
  if (!controls || !fields.ok()) return;
  if (owner.uid.empty() || owner.name.empty()) fields.fail(kWhere, "names a controller without name or uid");
  owner.kind = kind_of(api_version, owner.kind_name);
  controller = std::move(owner);
}

void read_texts(JsonFields& fields, JsonValue value, std::string_view where, const OnText& on_text) {
  if (!on_text) return;
  fields.each_field(value, where, [&](std::string_view key, JsonValue text) {
    const std::string_view content = fields.text(text, where);
    if (fields.ok()) on_text(key, content);
  });
}

void read_version(JsonFields& fields, JsonValue value, ObjectMetadata& metadata) {
  const std::string_view text = fields.text(value, "metadata.resourceVersion");
  const std::optional<ResourceVersion> version = parse_resource_version(text);
  if (!version) fields.fail("metadata.resourceVersion", "is not a decimal number that fits in 64 bits");
  metadata.resource_version = version.value_or(0);
}

void read_created(JsonFields& fields, JsonValue value, ObjectMetadata& metadata) {
  const std::string_view text = fields.text(value, "metadata.creationTimestamp");
  if (!fields.ok()) return;
  const Result<Timestamp> time = parse_rfc3339(text);
  if (!time) return fields.fail("metadata.creationTimestamp", time.error().message);
  metadata.created = *time;
}

}  // namespace

void read_metadata(JsonFields& fields, JsonValue value, ObjectMetadata& metadata, const OnText& on_annotation,
                   const OnText& on_label) {
  fields.each_field(value, "metadata", [&](std::string_view key, JsonValue field) {
    if (key == "name") {
      metadata.name = fields.text(field, "metadata.name");
    } else if (key == "namespace") {
      metadata.space = fields.text(field, "metadata.namespace");
    } else if (key == "uid") {
      metadata.uid = fields.text(field, "metadata.uid");
    } else if (key == "resourceVersion") {
      read_version(fields, field, metadata);
    } else if (key == "generation") {
      metadata.generation = fields.integer(field, "metadata.generation", 0, INT64_MAX);
    } else if (key == "creationTimestamp") {
      read_created(fields, field, metadata);
    } else if (key == "deletionTimestamp") {
      metadata.terminating = true;
    } else if (key == "annotations") {
      read_texts(fields, field, "metadata.annotations", on_annotation);
    } else if (key == "labels") {
      read_texts(fields, field, "metadata.labels", on_label);
    } else if (key == "ownerReferences") {
      fields.each_element(field, "metadata.ownerReferences",
                          [&](JsonValue owner) { read_owner(fields, owner, metadata.controller); });
    }
  });
}

void require_identity(JsonFields& fields, const ObjectMetadata& metadata) {
  if (metadata.name.empty()) fields.fail("metadata.name", "is missing");
  if (metadata.uid.empty()) fields.fail("metadata.uid", "is missing");
  if (metadata.resource_version == 0) fields.fail("metadata.resourceVersion", "is missing");
}

}  // namespace bw
