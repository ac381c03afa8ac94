// Those who run the cluster: nodes come, go and come back, capacities are declared and changed, bandwidth is kept back,
// defaults of namespaces change, and somebody deletes or overwrites a Bandwidth object. Thread: the simulation's.
#pragma once

#include <string>

#include "tests/simulation/object_store.h"

namespace bw::simulation {

class Operators {
 public:
  Operators(World& world, ObjectStore& store);

  // Makes the nodes; then they act as long as the world is busy.
  void begin();

 private:
  void act();
  void add_node(const std::string& name);
  void remove_node();
  void edit_node();
  void edit_capacity();
  void keep_back();
  void damage_object();
  void edit_namespace();
  std::string pick_node_name();
  VersionPtr pick_object();

  World& world_;
  ObjectStore& store_;
  Random random_;
};

}  // namespace bw::simulation
