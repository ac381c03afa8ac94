#include "tests/simulation/planted_bugs.h"
namespace bw::simulation {
const std::vector<PlantedBug>& planted_bugs() {
  static const std::vector<PlantedBug> k;
  return k;
}
}  // namespace bw::simulation
