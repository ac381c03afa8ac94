#include "tests/simulation/options.h"

#include <array>

#include "tests/simulation/random.h"

namespace bw::simulation {
namespace {

constexpr std::array<std::string_view, kFeatureCount> kNames{
    "slow-requests",  "lost-requests",      "lost-replies",    "late-requests",    "server-errors", "watch-breaks",
    "watch-stalls",   "compaction",         "api-restarts",    "refused-bindings", "pauses",        "slow-disk",
    "crashes",        "power-loss",         "stops",           "clock-steps",      "readers",       "late-calls",
    "two-schedulers", "picky-plugins",      "foreign-binds",   "old-scheduler",    "stateful-sets", "deployments",
    "jobs",           "daemon-sets",        "named-groups",    "scaling",          "deletions",     "finalizers",
    "odd-requests",   "namespace-defaults", "always-charge",   "priorities",       "interfaces",    "pod-edits",
    "capacity-edits", "kept-back",          "object-deletion", "node-churn",       "racks",         "replicas",
    "fail-overs",     "long-pauses",        "cut-offs",        "lease-deletion",
};

bool is_fault(Feature feature) {
  return (feature <= Feature::kOldScheduler && feature != Feature::kTwoSchedulers) || feature > Feature::kReplicas;
}

}  // namespace

std::string_view feature_name(Feature feature) { return kNames[static_cast<std::size_t>(feature)]; }

Result<Profile> parse_profile(std::string_view name) {
  if (name == "mixed") return Profile::kMixed;
  if (name == "calm") return Profile::kCalm;
  if (name == "faulty") return Profile::kFaulty;
  if (name == "all") return Profile::kAll;
  return Error{ErrorCode::kInvalid,
               "there is no profile \"" + std::string(name) + "\"; there are mixed, calm, faulty and all"};
}

Options draw_options(std::uint64_t seed, Profile profile) {
  Random random(seed, "options");
  Options options;
  options.seed = seed;
  options.nodes = static_cast<std::uint32_t>(random.between(2, 8));
  options.pods = static_cast<std::uint32_t>(random.between(20, 60));
  options.storm_s = random.between(100, 240);
  // Some runs are busy, some have little else than one fault: both find what the other hides.
  const int density = static_cast<int>(random.between(250, 900));
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    const bool drawn = random.chance(density);
    const Feature feature = static_cast<Feature>(i);
    switch (profile) {
      case Profile::kMixed:
        options.features[i] = drawn;
        break;
      case Profile::kCalm:
        options.features[i] = drawn && !is_fault(feature);
        break;
      case Profile::kFaulty:
        options.features[i] = drawn || is_fault(feature);
        break;
      case Profile::kAll:
        options.features[i] = true;
        break;
    }
  }
  options.replicas = random.chance(200) ? 1 : static_cast<std::uint32_t>(random.between(2, 3));
  return options;
}

std::string describe(const Options& options) {
  std::string text = std::to_string(options.nodes) + " nodes, " + std::to_string(options.pods) + " pods, " +
                     std::to_string(options.storm_s) + " s";
  if (options.has(Feature::kReplicas)) text += ", replicas: " + std::to_string(options.replicas);
  if (options.steps) text += ", " + std::to_string(*options.steps) + " steps";
  text += ":";
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    if (options.features[i]) text.append(" ").append(kNames[i]);
  }
  return text;
}

}  // namespace bw::simulation
