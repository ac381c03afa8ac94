#include "tests/simulation/workload_controllers.h"

#include <algorithm>

namespace bw::simulation {
namespace {

constexpr Stream kWorkloads[] = {Stream::kDeployments, Stream::kReplicaSets, Stream::kStatefulSets, Stream::kDaemonSets,
                                 Stream::kJobs};

bool counts(const ModelObject& pod) { return !pod.terminating && !pod.over(); }

}  // namespace

WorkloadControllers::WorkloadControllers(World& world, ObjectStore& store)
    : world_(world), store_(store), random_(world.random("controllers")) {
  store_.on_change([this](const StoreChange&) { awake(); });
}

bool WorkloadControllers::create(ModelObject workload, PodTemplate pods) {
  const VersionPtr made = store_.create(std::move(workload));
  if (!made) return false;
  templates_[(*made)->uid] = std::move(pods);
  return true;
}

void WorkloadControllers::roll_out(const ModelObject& deployment, PodTemplate pods) {
  templates_[deployment.uid] = std::move(pods);
  ++revisions_[deployment.uid];
  awake();
}

void WorkloadControllers::remove(const ModelObject& workload, bool orphan) {
  if (orphan) {
    for (Stream stream : {Stream::kPods, Stream::kReplicaSets}) {
      for (const VersionPtr& version : owned(stream, workload)) {
        store_.edit(**version, [](ModelObject& edited) { edited.controller.reset(); });
      }
    }
  }
  store_.remove(workload);
}

VersionPtr WorkloadControllers::create_pod(const std::string& space, const std::string& name, const PodTemplate& like,
                                           const ModelObject* owner) {
  ModelObject pod;
  pod.stream = Stream::kPods;
  pod.space = space;
  pod.name = name;
  pod.annotations = like.annotations;
  pod.scheduler = like.scheduler;
  pod.priority = like.priority;
  pod.host_network = like.host_network;
  pod.finalizer = like.finalizer;
  pod.only_node = like.only_node;
  if (owner != nullptr) pod.controller = owner_reference(*owner);
  return store_.create(std::move(pod));
}

void WorkloadControllers::awake() {
  if (awake_) return;
  awake_ = true;
  world_.timeline.after(random_.between(2 * kMillisecond, 150 * kMillisecond), [this] {
    awake_ = false;
    reconcile();
  });
}

void WorkloadControllers::reconcile() {
  for (Stream stream : kWorkloads) {
    std::vector<VersionPtr> workloads;
    for (const auto& [key, version] : store_.all(stream)) workloads.push_back(version);
    for (const VersionPtr& version : workloads) {
      if (!templates_.contains((*version)->uid)) continue;  // orphaned
      if (stream == Stream::kDeployments) reconcile_deployment(**version);
      if (stream == Stream::kReplicaSets) reconcile_replica_set(**version);
      if (stream == Stream::kStatefulSets) reconcile_stateful_set(**version);
      if (stream == Stream::kDaemonSets) reconcile_daemon_set(**version);
      if (stream == Stream::kJobs) reconcile_job(**version);
    }
  }
  collect_garbage(Stream::kReplicaSets);
  collect_garbage(Stream::kPods);
}

std::vector<VersionPtr> WorkloadControllers::owned(Stream stream, const ModelObject& owner) const {
  std::vector<VersionPtr> found;
  for (const auto& [key, version] : store_.all(stream)) {
    if ((*version)->controller && (*version)->controller->uid == owner.uid) found.push_back(version);
  }
  return found;
}

void WorkloadControllers::reconcile_stateful_set(const ModelObject& set) {
  const std::uint32_t replicas = set.replicas.value_or(1);
  for (std::uint32_t ordinal = 0; ordinal < replicas; ++ordinal) {
    const std::string name = set.name + "-" + std::to_string(ordinal);
    if (store_.find(Stream::kPods, set.space, name)) continue;
    create_pod(set.space, name, templates_.at(set.uid), &set);
  }
  for (const VersionPtr& version : owned(Stream::kPods, set)) {
    const ModelObject& pod = **version;
    const std::string ordinal = pod.name.substr(set.name.size() + 1);
    if (std::stoul(ordinal) >= replicas || pod.over()) store_.remove(pod);
  }
}

void WorkloadControllers::reconcile_deployment(const ModelObject& deployment) {
  const std::string newest = deployment.name + "-r" + std::to_string(revisions_[deployment.uid]);
  const VersionPtr present = store_.find(Stream::kReplicaSets, deployment.space, newest);
  if (!present) {
    ModelObject set;
    set.stream = Stream::kReplicaSets;
    set.space = deployment.space;
    set.name = newest;
    set.replicas = deployment.replicas.value_or(1);
    set.controller = owner_reference(deployment);
    create(std::move(set), templates_.at(deployment.uid));
  } else {
    store_.edit(**present, [&](ModelObject& set) { set.replicas = deployment.replicas.value_or(1); });
  }
  for (const VersionPtr& version : owned(Stream::kReplicaSets, deployment)) {
    if ((*version)->name == newest) continue;
    if ((*version)->replicas == 0U) {
      if (owned(Stream::kPods, **version).empty()) store_.remove(**version);
    } else {
      store_.edit(**version, [](ModelObject& set) { --*set.replicas; });
    }
  }
}

void WorkloadControllers::reconcile_replica_set(const ModelObject& set) {
  std::vector<VersionPtr> live;
  for (const VersionPtr& version : owned(Stream::kPods, set)) {
    if (counts(**version)) live.push_back(version);
  }
  for (std::size_t i = live.size(); i < set.replicas.value_or(1); ++i) {
    create_pod(set.space, fresh_name(set.name), templates_.at(set.uid), &set);
  }
  for (std::size_t i = set.replicas.value_or(1); i < live.size(); ++i) store_.remove(**live[i]);
}

void WorkloadControllers::reconcile_job(const ModelObject& job) {
  std::uint32_t active = 0;
  for (const VersionPtr& version : owned(Stream::kPods, job)) {
    const ModelObject& pod = **version;
    if (counts(pod)) ++active;
    if (pod.phase == "Succeeded" && counted_.insert(pod.uid).second) ++succeeded_[job.uid];
  }
  const std::uint32_t wanted = job.completions.value_or(1);
  const std::uint32_t left = wanted - std::min(wanted, succeeded_[job.uid]);
  for (std::uint32_t at_once = std::min(job.parallelism.value_or(1), left); active < at_once; ++active) {
    create_pod(job.space, fresh_name(job.name), templates_.at(job.uid), &job);
  }
}

void WorkloadControllers::reconcile_daemon_set(const ModelObject& set) {
  std::set<std::string> served;
  for (const VersionPtr& version : owned(Stream::kPods, set)) {
    if (!counts(**version)) continue;
    served.insert((*version)->only_node);
    if (!store_.find(Stream::kNodes, "", (*version)->only_node)) store_.remove(**version);
  }
  for (const auto& [key, node] : store_.all(Stream::kNodes)) {
    if (served.contains((*node)->name)) continue;
    PodTemplate there = templates_.at(set.uid);
    there.only_node = (*node)->name;
    create_pod(set.space, fresh_name(set.name), there, &set);
  }
}

void WorkloadControllers::collect_garbage(Stream stream) {
  std::set<std::string> owners;
  for (Stream workloads : kWorkloads) {
    for (const auto& [key, version] : store_.all(workloads)) owners.insert((*version)->uid);
  }
  std::vector<VersionPtr> garbage;
  for (const auto& [key, version] : store_.all(stream)) {
    if ((*version)->controller && !owners.contains((*version)->controller->uid)) garbage.push_back(version);
  }
  for (const VersionPtr& version : garbage) store_.remove(**version);
}

}  // namespace bw::simulation
