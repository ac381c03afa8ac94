// Offered sets as they are journaled: the difference from a set that the state knows. Pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "projections/state.h"

namespace bw {

// The shortest difference from the sets that the state knows.
NodeSetDelta delta_of(const State& state, const NodeSet& offered, std::vector<std::string> unknown_names);

// The set that `delta` meant in the state before the event that holds it.
NodeSet resolve_offered(const State& state, const NodeSetDelta& delta);

// Tells whether a filter call repeats the pod's last one: input and outcome as one hash.
std::uint64_t verdict_hash(const NodeSet& offered, const FilterDecided& decided);

// The stream that an owner of this kind is watched by; kOther has none.
Stream stream_of(WorkloadKind kind);

// The place whose link has this name; absent where the tree has no such place (any more).
std::optional<PlaceNumber> find_place(const State& state, const LinkName& name);

}  // namespace bw
