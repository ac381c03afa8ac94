// The metadata that every object has, for the .cpp files of kube/ only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "json_fields.h"
#include "projections/observation.h"

namespace bw {

struct ObjectMetadata {
  std::string space;  // namespace
  std::string name;
  std::string uid;
  ResourceVersion resource_version = 0;
  std::int64_t generation = 0;
  Timestamp created;
  bool terminating = false;
  std::optional<OwnerSeen> controller;
};

// Called with key and value; both are valid during the call only.
using OnText = std::function<void(std::string_view, std::string_view)>;

// Reads `value`, a field `metadata`. Either callback may be empty.
void read_metadata(JsonFields& fields, JsonValue value, ObjectMetadata& metadata, const OnText& on_annotation,
                   const OnText& on_label);

// Fails unless the object has what every object of the API has.
void require_identity(JsonFields& fields, const ObjectMetadata& metadata);

}  // namespace bw
