// What a run is made of: its seed, its size, and which of the things that may happen do happen in it. A seed draws its
// own options (of many features each run has some, so that rare ones meet), and a failing run is made smaller by
// taking features away. Values only.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "journal/result.h"

namespace bw::simulation {

enum class Feature : std::uint8_t {
  // ---- the way to the API server ----
  kSlowRequests,  // seconds instead of milliseconds
  kLostRequests,  // connections that break before the request was carried out
  kLostReplies,   // ... and after
  kLateRequests,  // carried out after the client's time-out
  kServerErrors,  // 429, 500, 503, with Retry-After and bodies of text
  kWatchBreaks,
  kWatchStalls,  // one stream lags behind the others for seconds
  kCompaction,   // 410, over HTTP and inside streams, and between the pages of a list
  kApiServerRestarts,
  kRefusedBindings,  // 403: an admission webhook says no
  // ---- the daemon ----
  kPauses,  // it sees nothing for seconds, then everything
  kSlowDisk,
  kCrashes,
  kPowerLoss,   // crashes lose what was not synced
  kStops,       // orderly ones
  kClockSteps,  // of the wall clock
  kReaders,     // somebody reads /v1
  // ---- the scheduler ----
  kLateCalls,  // calls that arrive after the scheduler gave them up, and twice
  kTwoSchedulers,
  kPickyPlugins,  // other plugins refuse nodes now and then
  kForeignBinds,
  kOldScheduler,  // without queueing hints
  // ---- what people and controllers do ----
  kStatefulSets,
  kDeployments,
  kJobs,
  kDaemonSets,
  kNamedGroups,
  kScaling,
  kDeletions,
  kFinalizers,
  kOddRequests,  // invalid ones, several dialects, none at all
  kNamespaceDefaults,
  kAlwaysCharge,
  kPriorities,
  kInterfaces,
  kPodEdits,
  kCapacityEdits,
  kKeptBack,
  kObjectDeletion,  // Bandwidth objects deleted by hand, statuses written by another hand
  kNodeChurn,
  kRacks,
  // ---- several replicas of the daemon ----
  kReplicas,       // they elect a leader; also one alone that holds the Lease
  kFailOvers,      // leaders are killed and stopped, in bursts
  kLongPauses,     // longer than the Lease lasts, also between the decision and the sending of a Binding
  kCutOffs,        // from the API server
  kLeaseDeletion,  // by hand
  kCount,
};
constexpr std::size_t kFeatureCount = static_cast<std::size_t>(Feature::kCount);

std::string_view feature_name(Feature feature);

enum class Profile : std::uint8_t {
  kMixed,   // each seed has some features
  kCalm,    // no faults at all: everything that happens in the cluster does
  kFaulty,  // all faults
  kAll,     // every feature in every seed
};
Result<Profile> parse_profile(std::string_view name);

struct Options {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 4;
  std::uint32_t pods = 40;             // about so many at a time
  std::int64_t storm_s = 180;          // how long features happen; a calm stretch and a quiet one follow
  std::optional<std::uint64_t> steps;  // the storm ends after so many steps of the daemon
  std::uint32_t replicas = 1;          // with kReplicas
  std::bitset<kFeatureCount> features;

  bool has(Feature feature) const { return features[static_cast<std::size_t>(feature)]; }
  std::uint32_t replica_count() const { return has(Feature::kReplicas) ? replicas : 1; }
  bool operator==(const Options&) const = default;
};

Options draw_options(std::uint64_t seed, Profile profile);

// One line for people: sizes, and the features it has.
std::string describe(const Options& options);

}  // namespace bw::simulation
