// The controllers of kube-controller-manager that make and end pods: StatefulSet, Deployment, ReplicaSet, Job,
// DaemonSet, and the garbage collector. They see the truth at once and act a little later. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/object_store.h"
#include "tests/simulation/request_draw.h"

namespace bw::simulation {

// What the pods of a workload look like. Templates live here and not in the objects: nobody else reads them.
struct PodTemplate {
  Annotations annotations;
  std::string scheduler;
  std::int32_t priority = 0;
  bool host_network = false;
  bool finalizer = false;
  std::string only_node;  // "": any
};

class WorkloadControllers {
 public:
  WorkloadControllers(World& world, ObjectStore& store);

  // Makes the workload; false if its name is taken.
  bool create(ModelObject workload, PodTemplate pods);
  // A Deployment's next revision, with other pods.
  void roll_out(const ModelObject& deployment, PodTemplate pods);
  // With `orphan` its pods stay and have no owner any more.
  void remove(const ModelObject& workload, bool orphan);
  VersionPtr create_pod(const std::string& space, const std::string& name, const PodTemplate& like,
                        const ModelObject* owner);

 private:
  void awake();
  void reconcile();
  void reconcile_stateful_set(const ModelObject& set);
  void reconcile_deployment(const ModelObject& deployment);
  void reconcile_replica_set(const ModelObject& set);
  void reconcile_job(const ModelObject& job);
  void reconcile_daemon_set(const ModelObject& set);
  void collect_garbage(Stream stream);
  std::vector<VersionPtr> owned(Stream stream, const ModelObject& owner) const;
  std::string fresh_name(const std::string& base) { return base + "-" + std::to_string(++names_); }

  World& world_;
  ObjectStore& store_;
  Random random_;
  std::map<std::string, PodTemplate> templates_;                // by uid of the workload
  std::map<std::string, std::uint32_t> revisions_, succeeded_;  // by uid of Deployment and Job
  std::set<std::string> counted_;                               // pods that were counted in succeeded_
  std::uint64_t names_ = 0;
  bool awake_ = false;
};

}  // namespace bw::simulation
