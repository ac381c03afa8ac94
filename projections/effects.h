// What the world still owes us, as a function of the state. Pure.
#pragma once

#include <vector>

#include "projections/effect.h"
#include "projections/state.h"

namespace bw {

// All pending effects, in a fixed order. An effect stays pending until a fact settles it; the caller sends each only
// once its cause is durable, and not again while a send of it is under way.
std::vector<Effect> pending_effects(const State& state);

// The Binding of one reserved pod; absent if it is not owed.
std::optional<BindPod> pending_binding(const State& state, PodNumber pod);

}  // namespace bw
