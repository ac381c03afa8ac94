#include "tests/simulation/kubelets.h"

namespace bw::simulation {

Kubelets::Kubelets(World& world, ObjectStore& store) : world_(world), store_(store), random_(world.random("kubelets")) {
  store_.on_change([this](const StoreChange& change) { changed(change); });
}

// Acts on the pod as it is then, if it still is.
void Kubelets::later(std::int64_t least_ns, std::int64_t most_ns, const ModelObject& pod,
                     const std::function<void(const ModelObject&)>& act) {
  world_.timeline.after(random_.between(least_ns, most_ns), [this, pod, act] {
    if (const VersionPtr now = store_.present(pod)) act(**now);
  });
}

void Kubelets::changed(const StoreChange& change) {
  const ModelObject& object = **change.version;
  if (change.type != StoreChange::Type::kDeleted) {
    if (object.stream == Stream::kPods) pod_changed(object);
    return;
  }
  if (object.stream != Stream::kNodes) return;
  world_.timeline.after(random_.between(kSecond, 20 * kSecond), [this, node = object.name] {
    if (store_.find(Stream::kNodes, "", node)) return;
    std::vector<VersionPtr> left;
    for (const auto& [key, pod] : store_.all(Stream::kPods)) {
      if ((*pod)->node == node) left.push_back(pod);
    }
    for (const VersionPtr& pod : left) store_.erase(**pod);
  });
}

void Kubelets::pod_changed(const ModelObject& pod) {
  if (!pod.node.empty() && pod.phase == "Pending" && !pod.terminating) {
    later(20 * kMillisecond, kSecond, pod, [this](const ModelObject& now) {
      store_.edit(now, [](ModelObject& edited) {
        if (edited.phase == "Pending") edited.phase = "Running";
      });
    });
  }
  const bool ends = pod.controller ? pod.controller->kind == "Job" : pod.name.starts_with("task");
  if (ends && pod.phase == "Running" && !pod.terminating && running_.insert(pod.uid).second) {
    later(3 * kSecond, 60 * kSecond, pod, [this](const ModelObject& now) {
      if (!world_.busy()) return;  // the cluster comes to rest
      const bool fails = random_.chance(100);
      store_.edit(now, [&](ModelObject& edited) { edited.phase = fails ? "Failed" : "Succeeded"; });
    });
  }
  if (!pod.terminating) return;
  if (!pod.node.empty() && !pod.over() && ending_.insert(pod.uid).second) {
    later(10 * kMillisecond, 5 * kSecond, pod, [this](const ModelObject& now) {
      if (!now.finalizer) return store_.erase(now);
      store_.edit(now, [](ModelObject& edited) { edited.phase = "Failed"; });
    });
  }
  if (pod.finalizer && finalizing_.insert(pod.uid).second) {
    later(kSecond, 15 * kSecond, pod, [this](const ModelObject& now) {
      const VersionPtr left = store_.edit(now, [](ModelObject& edited) { edited.finalizer = false; });
      if ((*left)->node.empty() || (*left)->over()) store_.erase(**left);
    });
  }
}

}  // namespace bw::simulation
