// A fact as JSON, with names in place of the numbers that the state gives them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "projections/state.h"

namespace bw::replay {

// Its kind: "PodObserved".
std::string fact_kind(const Fact& fact);
std::vector<std::string> fact_kinds();  // all there are

// Its fields. `state` is the one before the event, which knows every number in it but those that it gives away;
// numbers that it does not know stay numbers.
nlohmann::ordered_json fact_json(const State& state, const Fact& fact);

// "NAMESPACE/NAME" of the pod that it is about; "": of none that the state, or the fact itself, knows.
std::string pod_of(const State& state, const Fact& fact);

// The pod, node, workload or namespace that it is about; "": of none.
std::string subject_of(const State& state, const Fact& fact);

}  // namespace bw::replay
