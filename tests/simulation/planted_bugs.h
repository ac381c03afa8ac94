// Bugs of the kind that the simulator is there to find, planted between the controller and the world, so that its own
// tests can see them found. Nothing of this reaches production code.
#pragma once

#include <string_view>
#include <vector>

#include "tests/simulation/simulation.h"

namespace bw::simulation {

struct PlantedBug {
  std::string_view name;
  PlantBug plant;
};

const std::vector<PlantedBug>& planted_bugs();

}  // namespace bw::simulation
