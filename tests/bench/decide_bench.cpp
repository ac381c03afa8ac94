// What decisions cost without HTTP and JSON, and what a state weighs: 5,000 nodes and 150,000 pods.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdio>

#include "projections/decide.h"

namespace bw {
namespace {

class Recorded {
 public:
  void record(Fact fact) {
    event_.sequence = state.applied + 1;
    event_.time = {1'700'000'000'000'000'000 + static_cast<std::int64_t>(event_.sequence) * 1'000'000};
    event_.fact = std::move(fact);
    apply(state, event_);
  }
  void record(std::vector<Fact> facts) {
    for (Fact& fact : facts) record(std::move(fact));
  }

  State state;

 private:
  Event event_;
};

std::string uid_of(std::uint64_t number) {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-1234-4abc-8def-%012llx", static_cast<unsigned>(number * 2654435761U),
                static_cast<unsigned long long>(number));
  return text;
}

PodSeen pod_of(std::uint64_t number, const std::string& set) {
  PodSeen pod;
  pod.identity = {"experiment", set + "-" + std::to_string(number), uid_of(number)};
  pod.resource_version = 1000 + number;
  pod.fields.created = {1'700'000'000'000'000'000};
  pod.fields.requests = {{Dialect::kKubernetes, Direction::kUl, 20'000'000, {}},
                         {Dialect::kKubernetes, Direction::kDl, 20'000'000, {}}};
  pod.controller =
      OwnerSeen{WorkloadKind::kStatefulSet, "StatefulSet", set, uid_of(900'000'000 + hash64(set, 0) % 1000)};
  return pod;
}

std::unique_ptr<Recorded> cluster(std::uint32_t nodes, std::uint32_t pods) {
  auto recorded = std::make_unique<Recorded>();
  recorded->record(JournalCreated{});
  recorded->record(EpochBegan{"bench", kRulesVersion, {}, {}});
  for (std::uint32_t i = 0; i < nodes; ++i) {
    const std::string name = "worker-node-with-a-name-of-40-chars-" + std::to_string(1000 + i);
    recorded->record(decide_observed(recorded->state, ObservedBy::kList, Stream::kNodes,
                                     NodeSeen{name, uid_of(i), i + 1, false, 110, {}}));
    BandwidthSeen object;
    object.name = name;
    object.uid = uid_of(500'000 + i);
    object.resource_version = i + 1;
    object.generation = 1;
    recorded->record(decide_observed(recorded->state, ObservedBy::kList, Stream::kBandwidths, object));
  }
  for (std::uint32_t i = 0; i < pods; ++i) {
    const std::string set = "peers" + std::to_string(i % 150);
    PodSeen pod = pod_of(i, set);
    pod.node_name = recorded->state.nodes.at(NodeNumber{i % nodes}).name;
    recorded->record(decide_observed(recorded->state, ObservedBy::kList, Stream::kPods, pod));
  }
  for (int set = 0; set < 150; ++set) {
    const std::string name = "peers" + std::to_string(set);
    WorkloadSeen seen{WorkloadKind::kStatefulSet, "experiment", name, pod_of(0, name).controller->uid, 5, {}, 1000};
    recorded->record(decide_observed(recorded->state, ObservedBy::kList, Stream::kStatefulSets, seen));
  }
  return recorded;
}

NodeSet all_nodes(const State& state) {
  NodeSet offered;
  state.nodes.for_each([&](NodeNumber node, const Node&) { offered.insert(node); });
  return offered;
}

void filter(benchmark::State& run) {
  const auto nodes = static_cast<std::uint32_t>(run.range(0));
  const auto recorded = cluster(nodes, nodes * 20);
  recorded->record(decide_observed(recorded->state, ObservedBy::kWatch, Stream::kPods, pod_of(1'000'000, "peers1")));
  const PodNumber pod = *recorded->state.find_pod(uid_of(1'000'000));
  const NodeSet offered = all_nodes(recorded->state);
  for (auto _ : run) benchmark::DoNotOptimize(decide_filter(recorded->state, pod, offered, {}));
}
BENCHMARK(filter)->Arg(100)->Arg(1000)->Arg(5000)->Unit(benchmark::kMicrosecond);

void prioritize(benchmark::State& run) {
  const auto nodes = static_cast<std::uint32_t>(run.range(0));
  const auto recorded = cluster(nodes, nodes * 20);
  recorded->record(decide_observed(recorded->state, ObservedBy::kWatch, Stream::kPods, pod_of(1'000'000, "peers1")));
  const PodNumber pod = *recorded->state.find_pod(uid_of(1'000'000));
  const NodeSet offered = all_nodes(recorded->state);
  for (auto _ : run) benchmark::DoNotOptimize(decide_prioritize(recorded->state, pod, offered, {}));
}
BENCHMARK(prioritize)->Arg(100)->Arg(5000)->Unit(benchmark::kMicrosecond);

void state_bytes(benchmark::State& run) {
  for (auto _ : run) {
    const auto before = mallinfo2();
    const auto recorded = cluster(5'000, 150'000);
    const auto after = mallinfo2();
    run.counters["MB"] = static_cast<double>(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / 1e6;
  }
}
BENCHMARK(state_bytes)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bw

BENCHMARK_MAIN();
