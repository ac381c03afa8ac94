#include <variant>

#include "projections/decide.h"
#include "projections/offered.h"

namespace bw {
namespace {

// As the API spells it.
std::string kind_name(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kReplicaSet:
      return "ReplicaSet";
    case WorkloadKind::kDeployment:
      return "Deployment";
    case WorkloadKind::kStatefulSet:
      return "StatefulSet";
    case WorkloadKind::kDaemonSet:
      return "DaemonSet";
    case WorkloadKind::kJob:
      return "Job";
    case WorkloadKind::kOther:
      break;
  }
  return {};
}

// Gives names their numbers while the facts of one object are collected.
class Observer {
 public:
  Observer(const State& state, ObservedBy by, Stream stream) : state_(state), by_(by), stream_(state.stream(stream)) {}

  std::vector<Fact> take() { return std::move(facts_); }

  void on(const UnreadableSeen& seen, Stream stream) {
    facts_.emplace_back(ObjectUnreadable{stream, seen.space, seen.name, seen.resource_version, seen.problem});
  }

  void on(const PodSeen& seen) {
    const std::optional<PodNumber> known = state_.find_pod(seen.identity.uid);
    if (!known && is_gone(seen)) return;
    if (known && !is_news(state_.pods.at(*known).resource_version, seen.resource_version) &&
        !is_unbound(*known, seen)) {
      const bool first_shown = by_ == ObservedBy::kWatch && state_.called_only.contains(*known);
      if (listing() || first_shown) facts_.emplace_back(unchanged(Stream::kPods, *known, seen.resource_version));
      return;
    }
    PodObserved observed{known.value_or(state_.pods.next()), {}, seen.resource_version, by_, seen.fields};
    if (!known) observed.identity = seen.identity;
    if (!seen.node_name.empty()) observed.fields.node = number_of_node(seen.node_name);
    if (seen.controller) observed.fields.controller = number_of_workload(*seen.controller, seen.identity.space);
    // Only what a stream has told moves the place from which it goes on.
    if (known && streamed() && state_.pods.at(*known).fields == observed.fields && !is_unbound(*known, seen)) {
      facts_.emplace_back(unchanged(Stream::kPods, *known, seen.resource_version));
    } else {
      facts_.emplace_back(std::move(observed));
    }
  }

  void on(const NodeSeen& seen) {
    const std::optional<NodeNumber> known = state_.find_node(seen.name);
    const Node* node = known && state_.nodes.at(*known).present ? &state_.nodes.at(*known) : nullptr;
    if (node == nullptr && is_past(seen.resource_version)) return;
    if (node != nullptr) {
      const bool same = node->uid == seen.uid && node->unschedulable == seen.unschedulable &&
                        node->allocatable_pods == seen.allocatable_pods && node->level_values == seen.level_values;
      const bool news = is_news(node->resource_version, seen.resource_version);
      // Under another policy other labels are read from an object that has not changed.
      const bool read_anew = listing() && node->resource_version == seen.resource_version;
      if (same || !(news || read_anew)) {
        if (news || listing()) facts_.emplace_back(unchanged(Stream::kNodes, *known, seen.resource_version));
        return;
      }
    }
    const NodeNumber number = number_of_node(seen.name);
    facts_.emplace_back(NodeObserved{number, seen.uid, seen.resource_version, seen.unschedulable, seen.allocatable_pods,
                                     seen.level_values});
  }

  void on(const BandwidthSeen& seen) {
    const std::optional<NodeNumber> known = state_.find_node(seen.name);
    const std::optional<BandwidthObject>* held = known ? &state_.nodes.at(*known).object : nullptr;
    if (held != nullptr && *held) {
      const BandwidthObject& object = **held;
      // Our own status writes come back with the same generation: that echo is not a fact. In a list it shows that
      // the object still exists.
      const bool echo = object.uid == seen.uid && object.generation == seen.generation && seen.generation != 0;
      if (!listing() && (echo || !is_news(object.resource_version, seen.resource_version))) return;
    } else if (is_past(seen.resource_version)) {
      return;
    }
    const NodeNumber number = number_of_node(seen.name);
    facts_.emplace_back(BandwidthObserved{number, seen.uid, seen.resource_version, seen.generation, seen.local_ul,
                                          seen.local_dl, seen.network_ul, seen.network_dl, seen.max_interfaces,
                                          seen.kept_back});
  }

  void on(const WorkloadSeen& seen) {
    const OwnerSeen self{seen.kind, kind_name(seen.kind), seen.name, seen.uid};
    const auto found = state_.workload_numbers.find(seen.uid);
    const Workload* known = found == state_.workload_numbers.end() ? nullptr : &state_.workloads.at(found->second);
    std::optional<WorkloadNumber> controller;
    if (known != nullptr && known->observed && !listing()) {
      if (!is_news(known->resource_version, seen.resource_version)) return;
      if (known->wanted == seen.wanted && controller_uid(*known) == (seen.controller ? seen.controller->uid : "")) {
        return;  // its status moves often, and is nothing to us
      }
    }
    const WorkloadNumber number = number_of_workload(self, seen.space);
    if (seen.controller) controller = number_of_workload(*seen.controller, seen.space);
    facts_.emplace_back(WorkloadObserved{number, seen.resource_version, controller, seen.wanted});
  }

  void on(const NamespaceSeen& seen) {
    const auto known = state_.namespaces.find(seen.name);
    if (known == state_.namespaces.end() && is_past(seen.resource_version)) return;
    if (known != state_.namespaces.end() && !listing() &&
        (!is_news(known->second.resource_version, seen.resource_version) ||
         known->second.defaults == NamespaceDefaults{seen.default_ul, seen.default_dl})) {
      return;
    }
    facts_.emplace_back(NamespaceObserved{seen.name, seen.resource_version, seen.default_ul, seen.default_dl});
  }

 private:
  bool listing() const { return by_ == ObservedBy::kList; }
  bool streamed() const { return listing() || by_ == ObservedBy::kWatch; }

  // A watch tells in order: what it has passed, and we do not hold, is gone.
  bool is_past(ResourceVersion seen) const {
    return by_ == ObservedBy::kWatch && stream_.resync_began == 0 && seen <= stream_.resource_version;
  }

  // Bound as far as we know, and unbound in the backup from which the cluster was restored.
  bool is_unbound(PodNumber known, const PodSeen& seen) const {
    const Pod& pod = state_.pods.at(known);
    return stream_.restored && pod.placement && pod.placement->settled && seen.node_name.empty();
  }

  // Not newer than what is stored: changes nothing (R4). After a restore from a backup any difference is news.
  bool is_news(ResourceVersion stored, ResourceVersion seen) const {
    return seen > stored || (stream_.restored && seen != stored);
  }

  // A uid that is gone stays gone. One that we do not know although we have seen all events up to its version has
  // been gone for long.
  bool is_gone(const PodSeen& seen) const {
    if (stream_.restored) return false;
    if (state_.buried.contains(seen.identity.uid)) return true;
    return by_ == ObservedBy::kWatch && seen.resource_version <= stream_.settled;
  }

  std::string controller_uid(const Workload& workload) const {
    return workload.controller ? state_.workloads.at(*workload.controller).uid : std::string();
  }

  template <class Number>
  static ObjectUnchanged unchanged(Stream stream, Number number, ResourceVersion version) {
    return {stream, static_cast<std::uint32_t>(number), version};
  }

  NodeNumber number_of_node(const std::string& name) {
    if (const std::optional<NodeNumber> known = state_.find_node(name)) return *known;
    const NodeNumber number = state_.nodes.next();
    facts_.emplace_back(NodeNumbered{number, name});
    return number;
  }

  WorkloadNumber number_of_workload(const OwnerSeen& owner, const std::string& space) {
    const auto known = state_.workload_numbers.find(owner.uid);
    if (known != state_.workload_numbers.end()) return known->second;
    WorkloadNumber number = state_.workloads.next();
    for (const Fact& fact : facts_) {  // an object and its owner may both be new
      if (std::holds_alternative<WorkloadNumbered>(fact)) number = state_.workloads.next_after(number);
    }
    facts_.emplace_back(WorkloadNumbered{number, owner.kind, owner.kind_name, space, owner.name, owner.uid});
    return number;
  }

  const State& state_;
  const ObservedBy by_;
  const StreamState& stream_;
  std::vector<Fact> facts_;
};

}  // namespace

std::vector<Fact> decide_observed(const State& state, ObservedBy by, Stream stream, const ObjectSeen& object) {
  Observer observer(state, by, stream);
  std::visit(
      [&](const auto& seen) {
        if constexpr (std::is_same_v<std::decay_t<decltype(seen)>, UnreadableSeen>) {
          observer.on(seen, stream);
        } else {
          observer.on(seen);
        }
      },
      object);
  return observer.take();
}

std::vector<Fact> decide_deleted(const State& state, Stream stream, const ObjectSeen& object) {
  if (const auto* pod = std::get_if<PodSeen>(&object)) {
    const std::optional<PodNumber> number = state.find_pod(pod->identity.uid);
    if (!number) return {};
    return {PodGone{*number, pod->resource_version}};
  }
  if (const auto* node = std::get_if<NodeSeen>(&object)) {
    const std::optional<NodeNumber> number = state.find_node(node->name);
    // A node that was made again under its name is not the one that is gone.
    if (!number || !state.nodes.at(*number).present || state.nodes.at(*number).uid != node->uid) return {};
    return {NodeGone{*number, node->resource_version}};
  }
  if (const auto* bandwidth = std::get_if<BandwidthSeen>(&object)) {
    const std::optional<NodeNumber> number = state.find_node(bandwidth->name);
    if (!number || !state.nodes.at(*number).object || state.nodes.at(*number).object->uid != bandwidth->uid) return {};
    return {BandwidthGone{*number, bandwidth->resource_version}};
  }
  if (const auto* workload = std::get_if<WorkloadSeen>(&object)) {
    const auto known = state.workload_numbers.find(workload->uid);
    if (known == state.workload_numbers.end()) return {};
    return {WorkloadGone{known->second, workload->resource_version}};
  }
  if (const auto* space = std::get_if<NamespaceSeen>(&object)) {
    const auto known = state.namespaces.find(space->name);
    // A namespace that was made again under its name is not the one that is gone.
    if (known == state.namespaces.end() || known->second.resource_version > space->resource_version) return {};
    return {NamespaceGone{space->name, space->resource_version}};
  }
  const auto& unreadable = std::get<UnreadableSeen>(object);
  return {ObjectUnreadable{stream, unreadable.space, unreadable.name, unreadable.resource_version, unreadable.problem}};
}

std::vector<Fact> decide_bookmark(const State& state, Stream stream) {
  std::vector<Fact> facts;
  if (stream != Stream::kPods) return facts;
  const ResourceVersion settled = state.stream(stream).settled;
  for (PodNumber number : state.called_only) {
    const Pod& pod = state.pods.at(number);
    // Its Binding, if one is under way, will say that it is gone.
    if (pod.resource_version <= settled && !pod.placement) facts.emplace_back(PodGone{number, settled});
  }
  return facts;
}

std::vector<Fact> decide_list_ended(const State& state, Stream which, ResourceVersion version) {
  std::vector<Fact> facts;
  const StreamState& stream = state.stream(which);
  const Sequence began = stream.resync_began;
  switch (which) {
    case Stream::kPods:
      state.pods.for_each([&](PodNumber number, const Pod& pod) {
        if (pod.listed_at > began) return;
        // Known from a filter call that saw more than the list: the watch that follows it will tell. All others were
        // there before the moment that the list shows, and are not there then: also one whose Binding is under way,
        // or was answered meanwhile, is gone, and no later event would say so.
        if (!stream.restored && pod.resource_version > version) return;
        facts.emplace_back(PodGone{number, version});
      });
      break;
    case Stream::kNodes:
      state.nodes.for_each([&](NodeNumber number, const Node& node) {
        if (node.present && node.listed_at <= began) facts.emplace_back(NodeGone{number, version});
      });
      break;
    case Stream::kBandwidths:
      state.nodes.for_each([&](NodeNumber number, const Node& node) {
        if (node.object && node.object_listed_at <= began) facts.emplace_back(BandwidthGone{number, version});
      });
      break;
    case Stream::kNamespaces:
      for (const auto& [name, space] : state.namespaces) {
        if (space.listed_at <= began) facts.emplace_back(NamespaceGone{name, version});
      }
      break;
    case Stream::kReplicaSets:
    case Stream::kDeployments:
    case Stream::kStatefulSets:
    case Stream::kDaemonSets:
    case Stream::kJobs:
      state.workloads.for_each([&](WorkloadNumber number, const Workload& workload) {
        if (workload.observed && !workload.gone && workload.kind != WorkloadKind::kOther &&
            stream_of(workload.kind) == which && workload.listed_at <= began) {
          facts.emplace_back(WorkloadGone{number, version});
        }
      });
      break;
  }
  if (stream.gap)
    facts.emplace_back(
        GapClosed{which, stream.changed, stream.added, stream.gone + static_cast<std::uint32_t>(facts.size())});
  facts.emplace_back(ResyncEnded{which, version});
  return facts;
}

}  // namespace bw
