// The pod part of kube/observe.h, for its .cpp files only.
#pragma once

#include "json_fields.h"
#include "projections/observation.h"

namespace bw {

ObjectSeen observe_pod(JsonFields& fields, simdjson::ondemand::document& document);

}  // namespace bw
