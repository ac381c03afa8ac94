// Objects of a cluster in few words, as a watch would show them: the input of decide_observed() in tests. Names stand
// in the namespace "net" unless they say otherwise ("lab/a"). Values only; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/observation.h"

namespace bw {

constexpr BitsPerSecond megabits(std::int64_t count) { return count * kBitsPerMegabit; }
constexpr Rates both(std::int64_t megabits_each) { return {megabits(megabits_each), megabits(megabits_each)}; }

// One request annotation as kube/ reads it: "100M" for Quantities, "100" for whole Mbit/s. What is no request from 1k
// to 1P has no rate.
RequestEntry request_entry(Dialect dialect, Direction direction, std::string_view text);

// The requests of "100M" (both directions), "100M/50M" (ul/dl), "100M/" or "/50M" (one), "" (none), in `dialect`.
std::vector<RequestEntry> requests(std::string_view text, Dialect dialect = Dialect::kKubernetes);

// Puts `entry` among those of a pod, in the place of the one with its key.
void set_request(std::vector<RequestEntry>& entries, const RequestEntry& entry);

NodeSeen node_seen(std::string name);
BandwidthSeen bandwidth_seen(std::string node);
NamespaceSeen namespace_seen(std::string name);
WorkloadSeen workload_seen(WorkloadKind kind, std::string_view name, std::optional<std::uint32_t> wanted);
PodSeen pod_seen(std::string_view name, std::string_view request = "");

// As the controller owner of something.
OwnerSeen owner_of(const WorkloadSeen& workload);
OwnerSeen owner_of_kind(std::string_view kind_name, std::string_view name);

// "lab/a" is {"lab", "a"}; "a" is {"net", "a"}.
std::pair<std::string, std::string> split_name(std::string_view name);

}  // namespace bw
