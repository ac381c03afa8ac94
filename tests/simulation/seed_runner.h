// Runs simulations in child processes, several at a time: a failed check() of the code under test, a hang or a crash
// of a sanitizer then is the failure of one seed. And makes a failing run smaller. Thread: one, without others beside
// it, since it forks.
#pragma once

#include <functional>
#include <vector>

#include "tests/simulation/simulation.h"

namespace bw::simulation {

struct RunRequest {
  Options options;
  std::size_t trace_lines = 0;
  PlantBug plant;
};

// Calls `on_result` for each run, in the order in which they end; false from it stops the rest.
void run_all(const std::vector<RunRequest>& requests, int jobs,
             const std::function<bool(const Options&, const RunResult&)>& on_result);

RunResult run_alone(const RunRequest& request);

// Takes away what a failure does not need: time, nodes, pods, features. Gives the smallest options found that fail by
// the same rule, after at most `most_runs` runs.
Options shrink(const Options& failing, const PlantBug& plant, int jobs, int most_runs);

}  // namespace bw::simulation
