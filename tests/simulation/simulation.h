// One run: a cluster, its schedulers and the daemon on virtual time, first in a storm, then calm but busy, then quiet,
// watched by all checks. The same options give the same run. Thread: the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/daemon.h"
#include "tests/simulation/world.h"

namespace bw::simulation {

struct RunResult {
  std::optional<Violation> violation;
  Coverage coverage;
  std::uint64_t hash = 0;  // equal for equal runs
  std::vector<std::string> trace;
};

// Makes the tamper of a run, if bugs are to be planted in it.
using PlantBug = std::function<std::unique_ptr<Tamper>(ObjectStore&)>;

// Keeps the last `trace_lines` of what happened.
RunResult simulate(const Options& options, std::size_t trace_lines = 0, const PlantBug& plant = {});

}  // namespace bw::simulation
