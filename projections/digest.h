// The digest of a state: the sum, modulo 2^64, of one hash per entity, so that it can be kept up to date at the cost
// of what an event touches. Two states with the same digest and rules version are taken to be equal. Internal to
// projections/.
#pragma once

#include <cstdint>

#include "projections/state.h"

namespace bw {

std::uint64_t hash_of(PodNumber number, const Pod& pod);
std::uint64_t hash_of(const State& state, NodeNumber number, const Node& node);
std::uint64_t hash_of(WorkloadNumber number, const Workload& workload);
std::uint64_t hash_of(const State& state, const GroupMembers& members, const Group& group);

// The digest from scratch, for tests and for states that come from a snapshot.
std::uint64_t digest_from_scratch(const State& state);

}  // namespace bw
