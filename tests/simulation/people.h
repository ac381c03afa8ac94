// Those who use the cluster: they make workloads and pods, scale, edit and delete them, and now and then bind a pod by
// hand. Thread: the simulation's.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/model_api_server.h"
#include "tests/simulation/workload_controllers.h"

namespace bw::simulation {

class People {
 public:
  People(World& world, ObjectStore& store, ModelApiServer& server, WorkloadControllers& controllers);

  // They act as long as the world is busy.
  void begin();

 private:
  void act();
  void make_something();
  void make_workload(Stream kind);
  void make_pod();
  void scale();
  void remove_workload();
  void remove_pod();
  void edit_pod();
  void bind_by_hand();
  PodTemplate draw_template();
  // Any object of the stream; null if there is none.
  VersionPtr pick(Stream stream);
  // Any Deployment, StatefulSet or Job; null if there is none.
  VersionPtr pick_workload();

  World& world_;
  ObjectStore& store_;
  ModelApiServer& server_;
  WorkloadControllers& controllers_;
  Random random_;
  std::uint64_t names_ = 0;
};

}  // namespace bw::simulation
