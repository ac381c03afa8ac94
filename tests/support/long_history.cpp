#include "tests/support/long_history.h"

#include <cstdio>
#include <utility>

#include "journal/hash64.h"

namespace bw {
namespace {

constexpr std::uint64_t kPodsInSet = 4;
constexpr std::uint64_t kPodsBetweenBookmarks = 500;

std::string uid_of(std::string_view kind, std::uint64_t number) {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-7c1e-4abc-8def-%012llx", static_cast<unsigned>(hash64(kind, number)),
                static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

LongHistory::LongHistory(std::uint32_t nodes, std::uint32_t pods_per_node)
    : nodes_(nodes), most_pods_(nodes * pods_per_node) {
  event_.time = {1'767'225'600 * kNanosecondsPerSecond};
}

void LongHistory::run(std::uint64_t events, const std::function<void(const Event&)>& sink) {
  sink_ = &sink;
  if (state_.applied == 0) begin(nodes_);
  while (state_.applied < events) {
    pod_comes();
    if (pods_.size() > most_pods_) pod_goes();
    if (created_ % kPodsBetweenBookmarks == 0) bookmarks();
  }
  sink_ = nullptr;
}

void LongHistory::add(Fact fact, const std::function<void(const Event&)>& sink) {
  sink_ = &sink;
  std::vector<Fact> facts;
  facts.push_back(std::move(fact));
  record(std::move(facts));
  sink_ = nullptr;
}

void LongHistory::record(std::vector<Fact> facts) {
  if (!facts.empty()) event_.time.ns += 2 * kNanosecondsPerMillisecond;
  for (Fact& fact : facts) {
    event_.sequence = state_.applied + 1;
    event_.monotonic_ns = event_.time.ns;
    event_.fact = std::move(fact);
    apply(state_, event_);
    (*sink_)(event_);
  }
}

void LongHistory::observe(Stream stream, const ObjectSeen& object) {
  record(decide_observed(state_, ObservedBy::kWatch, stream, object));
}

void LongHistory::begin(std::uint32_t nodes) {
  record({JournalCreated{}, EpochBegan{"long history", kRulesVersion, {}, ""}});
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    const Stream stream = static_cast<Stream>(i);
    record({ResyncBegan{stream, false}});
    record(decide_list_ended(state_, stream, ++version_));
  }
  for (std::uint32_t i = 0; i < nodes; ++i) {
    const std::string name = "worker-" + std::to_string(1000 + i);
    observe(Stream::kNodes, NodeSeen{name, uid_of("node", i), ++version_, false, 110, {}});
    BandwidthSeen object;
    object.name = name;
    object.uid = uid_of("bandwidth", i);
    object.resource_version = ++version_;
    object.generation = 1;
    observe(Stream::kBandwidths, object);
    all_nodes_.insert(*state_.find_node(name));
  }
}

void LongHistory::pod_comes() {
  const std::uint64_t number = created_++;
  PodSeen pod;
  pod.identity = {"experiment", "peers-" + std::to_string(number), uid_of("pod", number)};
  pod.fields.created = event_.time;
  pod.fields.requests = {{Dialect::kKubernetes, Direction::kUl, 20'000'000, {}},
                         {Dialect::kKubernetes, Direction::kDl, 20'000'000, {}}};
  if (number % (2 * kPodsInSet) < kPodsInSet) {
    if (number % kPodsInSet == 0) {
      set_ = {};
      set_.kind = WorkloadKind::kStatefulSet;
      set_.space = "experiment";
      set_.name = "peers" + std::to_string(number / kPodsInSet);
      set_.uid = uid_of("set", number / kPodsInSet);
      set_.wanted = static_cast<std::uint32_t>(kPodsInSet);
      set_.resource_version = ++version_;
      observe(Stream::kStatefulSets, set_);
    }
    pod.controller = OwnerSeen{WorkloadKind::kStatefulSet, "StatefulSet", set_.name, set_.uid};
  }
  pod.resource_version = ++version_;
  observe(Stream::kPods, pod);

  const PodNumber as_number = *state_.find_pod(pod.identity.uid);
  const FilterVerdict filter = decide_filter(state_, as_number, all_nodes_, {});
  record(filter.facts);
  NodeSet named;
  for (const NodeNumber node : filter.named) named.insert(node);
  const PrioritizeVerdict scored = decide_prioritize(state_, as_number, named, {});
  record(scored.facts);
  const NodeNumber best = scored.scores.front().first;
  record(decide_bind(state_, pod.identity.uid, state_.nodes.at(best).name).facts);
  record({BindingConfirmed{as_number, best}});
  pod.node_name = state_.nodes.at(best).name;
  pod.fields.granted = state_.pods.at(as_number).placement->granted;
  pod.resource_version = ++version_;
  observe(Stream::kPods, pod);
  pod.fields.phase = PodPhase::kRunning;
  pod.resource_version = ++version_;
  observe(Stream::kPods, pod);
  pod.resource_version = ++version_;
  observe(Stream::kPods, pod);  // unchanged
  pods_.push_back(std::move(pod));
}

void LongHistory::pod_goes() {
  PodSeen pod = std::move(pods_.front());
  pods_.pop_front();
  pod.fields.terminating = true;
  pod.resource_version = ++version_;
  observe(Stream::kPods, pod);
  pod.resource_version = ++version_;
  record(decide_deleted(state_, Stream::kPods, pod));
  // The next pod is of another owner: this was the last one of its set.
  if (!pod.controller || (!pods_.empty() && pods_.front().controller == pod.controller)) return;
  WorkloadSeen set;
  set.kind = pod.controller->kind;
  set.space = pod.identity.space;
  set.name = pod.controller->name;
  set.uid = pod.controller->uid;
  set.resource_version = ++version_;
  record(decide_deleted(state_, Stream::kStatefulSets, set));
}

void LongHistory::bookmarks() {
  ++version_;
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    record({BookmarkObserved{static_cast<Stream>(i), version_}});
    record(decide_bookmark(state_, static_cast<Stream>(i)));
  }
}

}  // namespace bw
