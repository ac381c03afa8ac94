// An explanation as JSON: what /v1/explain answers and what `bwreplay explain` prints. Pure.
#pragma once

#include <string>

#include "projections/explain.h"

namespace bw {

std::string explanation_json(const State& state, const Explanation& explanation);

}  // namespace bw
