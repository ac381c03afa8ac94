// An explanation as JSON: what /v1/explain answers and what `bwreplay explain` prints. Pure.
#pragma once

#include <string>

#include "projections/explain.h"

namespace bw {

// `last_refused`: what the last attempt, which was refused, found on each node, where that is known.
std::string explanation_json(const State& state, const Explanation& explanation,
                             const std::vector<RefusedNode>* last_refused = nullptr);

}  // namespace bw
