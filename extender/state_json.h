// The state as JSON, with the field names of the Bandwidth object and exact bit/s: what the read API answers and what
// `bwreplay at` prints. Pure: the same state gives the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "projections/node_view.h"

namespace bw {

// {"sequence", "time", "digest", "nodes": [...], "uplinks": [...]}; without a newline at the end.
std::string state_json(const State& state);

// {"sequence", "time", "uplinks": [...]}.
std::string links_json(const State& state);

// {"sequence", "time", "pods": [...]}: every pod that is known, with what it asks for and where it is charged.
std::string pods_json(const State& state);

// As in `digest`: 16 hexadecimal digits.
std::string digest_text(std::uint64_t digest);

// As in `phase` and `placedBy`.
std::string_view phase_text(ReservationPhase phase);
std::string_view placed_by_text(PlacedBy by);

}  // namespace bw
