#include "tests/simulation/people.h"

#include <iterator>

namespace bw::simulation {

People::People(World& world, ObjectStore& store, ModelApiServer& server, WorkloadControllers& controllers)
    : world_(world), store_(store), server_(server), controllers_(controllers), random_(world.random("people")) {}

void People::begin() {
  for (const char* name : {"kube-system", "team-a", "team-b"}) {
    ModelObject space;
    space.stream = Stream::kNamespaces;
    space.name = name;
    store_.create(std::move(space));
  }
  world_.timeline.after(kSecond, [this] { act(); });
}

void People::act() {
  if (!world_.busy()) return;
  const Options& options = world_.options();
  const bool few = store_.all(Stream::kPods).size() < options.pods;
  const std::size_t choice = random_.below(100);
  if (few && choice < 60) {
    make_something();
  } else if (choice < 60) {
    random_.chance(500) ? remove_workload() : remove_pod();
  } else if (choice < 70) {
    scale();
  } else if (choice < 80) {
    if (options.has(Feature::kDeletions)) remove_pod();
  } else if (choice < 84) {
    if (options.has(Feature::kDeletions)) remove_workload();
  } else if (choice < 92) {
    if (options.has(Feature::kPodEdits)) edit_pod();
  } else if (options.has(Feature::kForeignBinds)) {
    bind_by_hand();
  }
  const std::int64_t most_ns = few ? 1500 * kMillisecond : 3 * kSecond;
  world_.timeline.after(random_.between(50 * kMillisecond, most_ns), [this] { act(); });
}

VersionPtr People::pick(Stream stream) {
  const auto& all = store_.all(stream);
  if (all.empty()) return nullptr;
  return std::next(all.begin(), static_cast<std::ptrdiff_t>(random_.below(all.size())))->second;
}

VersionPtr People::pick_workload() {
  constexpr Stream kKinds[] = {Stream::kDeployments, Stream::kStatefulSets, Stream::kJobs, Stream::kDaemonSets};
  return pick(kKinds[random_.below(std::size(kKinds))]);
}

PodTemplate People::draw_template() {
  const Options& options = world_.options();
  PodTemplate pods;
  pods.annotations = draw_annotations(random_, options);
  pods.scheduler =
      options.has(Feature::kTwoSchedulers) && random_.chance(300) ? "second-scheduler" : "default-scheduler";
  if (options.has(Feature::kPriorities)) pods.priority = static_cast<std::int32_t>(random_.between(-1, 2)) * 1000;
  pods.host_network = options.has(Feature::kOddRequests) && random_.chance(50);
  pods.finalizer = options.has(Feature::kFinalizers) && random_.chance(250);
  return pods;
}

void People::make_something() {
  const Options& options = world_.options();
  std::vector<Stream> kinds{Stream::kPods};
  if (options.has(Feature::kStatefulSets)) kinds.insert(kinds.end(), 3, Stream::kStatefulSets);
  if (options.has(Feature::kDeployments)) kinds.insert(kinds.end(), 3, Stream::kDeployments);
  if (options.has(Feature::kJobs)) kinds.insert(kinds.end(), 2, Stream::kJobs);
  if (options.has(Feature::kDaemonSets) && store_.all(Stream::kDaemonSets).size() < 2) {
    kinds.push_back(Stream::kDaemonSets);
  }
  const Stream kind = random_.pick(kinds);
  if (kind == Stream::kPods) {
    make_pod();
  } else {
    make_workload(kind);
  }
}

void People::make_workload(Stream kind) {
  ModelObject workload;
  workload.stream = kind;
  workload.space = random_.chance(500) ? "team-a" : "team-b";
  workload.name = (kind == Stream::kJobs ? "job" : "app") + std::to_string(random_.below(8));
  const auto size = static_cast<std::uint32_t>(random_.between(1, 9));
  if (kind == Stream::kJobs) {
    workload.name += "-" + std::to_string(++names_);
    workload.parallelism = size;
    workload.completions = size + static_cast<std::uint32_t>(random_.between(0, 6));
  } else if (kind != Stream::kDaemonSets) {
    workload.replicas = size;
  }
  controllers_.create(std::move(workload), draw_template());
}

// Few names, so that a new pod often has the name of one that was.
void People::make_pod() {
  const std::string name = (random_.chance(300) ? "task-" : "pod-") + std::to_string(random_.below(20));
  controllers_.create_pod(random_.chance(500) ? "team-a" : "team-b", name, draw_template(), nullptr);
}

void People::scale() {
  const VersionPtr workload = pick_workload();
  if (!workload || !world_.options().has(Feature::kScaling)) return;
  if ((*workload)->stream == Stream::kDeployments && random_.chance(300)) {
    return controllers_.roll_out(**workload, draw_template());
  }
  const auto size = static_cast<std::uint32_t>(random_.between(0, 10));
  store_.edit(**workload, [&](ModelObject& edited) {
    if (edited.replicas) edited.replicas = size;
    if (edited.parallelism) edited.parallelism = size;
  });
}

void People::remove_workload() {
  const VersionPtr workload = pick_workload();
  if (workload) controllers_.remove(**workload, random_.chance(150));
}

void People::remove_pod() {
  const VersionPtr pod = pick(Stream::kPods);
  if (!pod) return;
  if (random_.chance(80)) return store_.erase(**pod);  // --force
  store_.remove(**pod);
}

void People::edit_pod() {
  const VersionPtr pod = pick(Stream::kPods);
  if (!pod) return;
  store_.edit(**pod, [&](ModelObject& edited) {
    switch (random_.below(5)) {
      case 0:
        edited.labels["example.com/touched"] = std::to_string(++names_);
        break;
      case 1:
        edited.annotations["networking.vaclab.org/group"] = "group-" + std::to_string(random_.below(3));
        break;
      case 2:
        edited.annotations.erase("networking.vaclab.org/group");
        break;
      default:
        redraw_request(random_, world_.options(), edited.annotations);
    }
  });
}

// As another scheduler does that does not know of bandwidth.
void People::bind_by_hand() {
  const VersionPtr pod = pick(Stream::kPods);
  const VersionPtr node = pick(Stream::kNodes);
  if (!pod || !node || !(*pod)->node.empty()) return;
  const ModelBinding binding{(*pod)->space, (*pod)->name, (*pod)->uid, (*node)->name, 0, {}};
  if (server_.bind(binding).status == 201) world_.coverage.count(Counter::kForeignBinds);
}

}  // namespace bw::simulation
