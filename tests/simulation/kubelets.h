// The kubelets of all nodes: bound pods run, end, and go away once they are deleted; and what removes finalizers, and
// the pods of nodes that are gone. Thread: the simulation's.
#pragma once

#include <set>
#include <string>

#include "tests/simulation/object_store.h"

namespace bw::simulation {

class Kubelets {
 public:
  Kubelets(World& world, ObjectStore& store);

 private:
  void changed(const StoreChange& change);
  void pod_changed(const ModelObject& pod);
  void later(std::int64_t least_ns, std::int64_t most_ns, const ModelObject& pod,
             const std::function<void(const ModelObject&)>& act);

  World& world_;
  ObjectStore& store_;
  Random random_;
  std::set<std::string> running_, ending_, finalizing_;  // uids that a timer runs for
};

}  // namespace bw::simulation
