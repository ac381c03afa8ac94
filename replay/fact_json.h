// A fact as JSON, with names in place of the numbers that the state gives them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "projections/state.h"

namespace bw::replay {

// Its kind: "PodObserved".
std::string fact_kind(const Fact& fact);

// Its fields. `state` is the one before or after the event; numbers that it does not know stay numbers.
nlohmann::ordered_json fact_json(const State& state, const Fact& fact);

}  // namespace bw::replay
