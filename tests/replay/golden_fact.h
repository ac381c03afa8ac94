// How a fact of a golden journal is noted beside it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "replay/fact_json.h"

namespace bw::replay {

inline std::string golden_fact(const Fact& fact) {
  return fact_kind(fact) + " " +
         fact_json(State(), fact).dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace bw::replay
