// Draws what pods ask for: request annotations in one or several dialects, in the spellings that people use, some of
// them invalid; groups, interfaces and charges. Pure but for the chance it is given.
#pragma once

#include <map>
#include <string>

#include "journal/policy.h"
#include "tests/simulation/options.h"
#include "tests/simulation/random.h"

namespace bw::simulation {

using Annotations = std::map<std::string, std::string>;

// Annotations of a new pod template.
Annotations draw_annotations(Random& random, const Options& options);

// Other request annotations in place of those in `annotations`.
void redraw_request(Random& random, const Options& options, Annotations& annotations);

// Configuration of the daemon, such that nodes are full with about as many pods as the run has.
Policy draw_policy(Random& random, const Options& options);

}  // namespace bw::simulation
