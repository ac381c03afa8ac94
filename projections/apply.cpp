#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "journal/result.h"
#include "projections/change.h"
#include "projections/digest.h"
#include "projections/offered.h"

namespace bw {
namespace {

class Applier {
 public:
  Applier(State& state, const Event& event)
      : state_(state), event_(event), at_(event.sequence), change_(state, event) {}

  void run(Touched* touched) {
    std::visit([this](const auto& fact) { on(fact); }, event_.fact);
    change_.finish();
    if (touched != nullptr) *touched = change_.take_touched();
    state_.applied = at_;
    state_.time = event_.time;
  }

 private:
  // ---- the journal ----

  void on(const UnknownFact&) { ++state_.not_understood; }
  void on(const JournalCreated& fact) { state_.journal = fact.id; }
  void on(const ClusterIdentified& fact) { state_.cluster = fact.uid; }

  void on(const EpochBegan& fact) {
    const Policy before = std::exchange(state_.policy, fact.policy);
    state_.epoch = at_;
    state_.binary = fact.binary;
    state_.term_began = 0;
    state_.to_fence.clear();
    state_.suspended = false;
    for (StreamState& stream : state_.streams) stream.resync_began = 0;  // a list that a stop broke off proves nothing
    change_.policy_changed(before);
    recall_refused();
  }

  void on(const TermBegan& fact) {
    state_.term = fact.term;
    state_.term_began = at_;
    recall_refused();
    state_.taking_over = !fact.continued;
    if (fact.continued) return;
    state_.pods.for_each([&](PodNumber number, const Pod& pod) {
      const bool waits = !pod.fields.node && !pod.fields.terminating && pod.fields.phase == PodPhase::kPending;
      if (waits && pod.fields.term < state_.term && requested(state_, pod).asks()) state_.to_fence.insert(number);
    });
  }

  void on(const TakeOverEnded&) { state_.taking_over = false; }

  void on(const TermEnded&) {
    state_.term_began = 0;
    state_.to_fence.clear();
  }

  void on(const ClockSteppedBack&) {}
  void on(const SnapshotTaken&) {}
  void on(const HistoryCut&) {}
  void on(const HistoryLost&) {}
  void on(const TailDropped&) {}
  void on(const DecisionsSuspended&) { state_.suspended = true; }
  void on(const DecisionsResumed&) { state_.suspended = false; }

  void on(const DeadlinePassed&) {
    while (!state_.deadlines.empty() && state_.deadlines.begin()->first <= event_.time) {
      const NodeNumber number = state_.deadlines.begin()->second;
      state_.deadlines.erase(state_.deadlines.begin());
      state_.nodes.at(number).deadline.reset();
      change_.node_changed(number);
    }
  }

  // ---- streams ----

  // An object of `stream` was seen at `version`. In a watch this is also how far the stream has come.
  void seen(Stream which, ResourceVersion version) {
    StreamState& stream = state_.stream(which);
    if (stream.resync_began == 0) stream.resource_version = std::max(stream.resource_version, version);
    stream.seen_at = event_.time;
    stream.seen_sequence = at_;
  }

  void on(const ResyncBegan& fact) {
    StreamState& stream = state_.stream(fact.stream);
    stream.resync_began = at_;
    stream.restored = fact.restored;
    stream.changed = stream.added = stream.gone = 0;
    if (fact.restored && fact.stream == Stream::kPods) state_.buried.clear();
  }

  void on(const ResyncEnded& fact) {
    StreamState& stream = state_.stream(fact.stream);
    stream.resync_began = 0;
    stream.restored = false;
    stream.synced = true;
    stream.resource_version = stream.settled = fact.resource_version;
    stream.seen_at = event_.time;
    stream.seen_sequence = at_;
    if (fact.stream == Stream::kPods) forget_buried(fact.resource_version);
    if (fact.stream == Stream::kNodes) {
      state_.nodes.for_each([&](NodeNumber number, const Node& node) {
        if (!node.present) change_.touch(number);  // its object may be removable now
      });
    }
  }

  void on(const BookmarkObserved& fact) {
    StreamState& stream = state_.stream(fact.stream);
    stream.resource_version = std::max(stream.resource_version, fact.resource_version);
    stream.settled = std::max(stream.settled, fact.resource_version);
    stream.seen_at = event_.time;
    stream.seen_sequence = at_;
    if (fact.stream == Stream::kPods) forget_buried(fact.resource_version);
  }

  void on(const GapOpened& fact) { state_.stream(fact.stream).gap = fact; }
  void on(const GapClosed& fact) { state_.stream(fact.stream).gap.reset(); }

  void on(const ObjectUnreadable& fact) {
    ++state_.stream(fact.stream).unreadable;
    seen(fact.stream, fact.resource_version);
    // It exists all the same: the list that holds it does not say that what we know of it is gone.
    if (fact.stream == Stream::kPods) {
      if (const auto pod = state_.find_pod(fact.space, fact.name)) {
        state_.pods.at(*pod).listed_at = at_;
        change_.touch(*pod);
      }
    } else if (fact.stream == Stream::kNodes || fact.stream == Stream::kBandwidths) {
      const auto number = state_.find_node(fact.name);
      if (!number) return;
      Node& node = state_.nodes.at(*number);
      (fact.stream == Stream::kNodes ? node.listed_at : node.object_listed_at) = at_;
      rehash(*number, node);
    }
  }

  void on(const ObjectUnchanged& fact) {
    seen(fact.stream, fact.resource_version);
    if (fact.stream == Stream::kPods) {
      Pod& pod = pod_at(PodNumber{fact.number});
      pod.resource_version = newest(fact.stream, pod.resource_version, fact.resource_version);
      pod.listed_at = at_;
      state_.called_only.erase(PodNumber{fact.number});
      change_.touch(PodNumber{fact.number});
    } else if (fact.stream == Stream::kNodes) {
      Node& node = node_at(NodeNumber{fact.number});
      node.resource_version = newest(fact.stream, node.resource_version, fact.resource_version);
      node.listed_at = at_;
      rehash(NodeNumber{fact.number}, node);  // the status of the node shows nothing new
    }
  }

  // ---- nodes and their Bandwidth objects ----

  void on(const NodeNumbered& fact) { change_.create_node(fact.node, fact.name); }

  void on(const NodeObserved& fact) {
    seen(Stream::kNodes, fact.resource_version);
    Node& node = node_at(fact.node);
    count(Stream::kNodes, node.present ? &StreamState::changed : &StreamState::added);
    node.present = true;
    node.absent_since.reset();
    node.uid = fact.uid;
    node.resource_version = fact.resource_version;
    node.unschedulable = fact.unschedulable;
    node.allocatable_pods = fact.allocatable_pods;
    node.level_values = fact.level_values;
    node.listed_at = at_;
    change_.node_changed(fact.node);
  }

  void on(const NodeGone& fact) {
    seen(Stream::kNodes, fact.resource_version);
    count(Stream::kNodes, &StreamState::gone);
    Node& node = node_at(fact.node);
    node.present = false;
    node.absent_since = event_.time;
    change_.node_changed(fact.node);
  }

  void on(const BandwidthObserved& fact) {
    seen(Stream::kBandwidths, fact.resource_version);
    count(Stream::kBandwidths, &StreamState::changed);
    Node& node = node_at(fact.node);
    node.object =
        BandwidthObject{fact.uid,        fact.resource_version, fact.generation,     fact.local_ul, fact.local_dl,
                        fact.network_ul, fact.network_dl,       fact.max_interfaces, fact.kept_back};
    node.object_listed_at = at_;
    if (!node.present && !node.absent_since) node.absent_since = event_.time;
    change_.node_changed(fact.node);
  }

  void on(const BandwidthGone& fact) {
    seen(Stream::kBandwidths, fact.resource_version);
    count(Stream::kBandwidths, &StreamState::gone);
    node_at(fact.node).object.reset();
    change_.node_changed(fact.node);
  }

  // ---- workloads and namespaces ----

  void on(const WorkloadNumbered& fact) {
    Workload& workload = state_.workloads.create(fact.workload);
    workload.kind = fact.kind;
    workload.kind_name = fact.kind_name;
    workload.space = fact.space;
    workload.name = fact.name;
    workload.uid = fact.uid;
    state_.workload_numbers[fact.uid] = fact.workload;
    state_.digest += workload.hash = hash_of(fact.workload, workload);
  }

  void on(const WorkloadObserved& fact) {
    Workload& workload = workload_at(fact.workload);
    const Stream which = stream_of(workload.kind);
    seen(which, fact.resource_version);
    count(which, &StreamState::changed);
    workload.observed = true;
    workload.gone = false;  // only a cluster that was restored from a backup brings one back
    workload.resource_version = fact.resource_version;
    workload.wanted = fact.wanted;
    workload.listed_at = at_;
    const std::optional<WorkloadNumber> before = workload.controller;
    workload.controller = fact.controller;
    change_.refer(before, fact.controller);
    change_.workload_changed(fact.workload);
  }

  void on(const WorkloadGone& fact) {
    Workload& workload = workload_at(fact.workload);
    seen(stream_of(workload.kind), fact.resource_version);
    count(stream_of(workload.kind), &StreamState::gone);
    workload.gone = true;
    workload.resource_version = fact.resource_version;
    change_.workload_changed(fact.workload);
  }

  void on(const NamespaceObserved& fact) {
    seen(Stream::kNamespaces, fact.resource_version);
    Namespace& space = state_.namespaces[fact.name];
    space.resource_version = fact.resource_version;
    space.defaults = {fact.default_ul, fact.default_dl};
    space.listed_at = at_;
    state_.grew_at = at_;  // a smaller default may fit
  }

  void on(const NamespaceGone& fact) {
    seen(Stream::kNamespaces, fact.resource_version);
    state_.namespaces.erase(fact.name);
    state_.grew_at = at_;
  }

  // ---- pods ----

  void on(const PodObserved& fact) {
    const bool streamed = fact.by == ObservedBy::kWatch || fact.by == ObservedBy::kList;
    if (streamed) {
      seen(Stream::kPods, fact.resource_version);
      count(Stream::kPods, fact.identity ? &StreamState::added : &StreamState::changed);
    }
    if (fact.identity) {
      check(state_.pods.find(fact.pod) == nullptr, "a pod number is given twice", at_);
      state_.pods.create(fact.pod).identity = *fact.identity;
      state_.pod_numbers.insert(fact.identity->uid, fact.pod);
    }
    if (streamed) {
      state_.called_only.erase(fact.pod);
    } else if (fact.identity) {
      state_.called_only.insert(fact.pod);
    }
    Pod& pod = pod_at(fact.pod);
    change_.refer(pod.fields.controller, fact.fields.controller);
    const PodFields before = std::exchange(pod.fields, fact.fields);
    pod.resource_version = fact.resource_version;
    if (streamed) pod.listed_at = at_;
    change_.pod_changed(fact.pod, before);
  }

  void on(const PodGone& fact) {
    seen(Stream::kPods, fact.resource_version);
    count(Stream::kPods, &StreamState::gone);
    pod_at(fact.pod);
    change_.bury(fact.pod, fact.resource_version);
  }

  // ---- decisions ----

  void on(const FilterDecided& fact) {
    Pod& pod = pod_at(fact.pod);
    const NodeSet offered = resolve_offered(state_, fact.offered);
    pod.attempts = fact.attempt;
    pod.last_filter = at_;
    pod.last_verdict = verdict_hash(offered, fact);
    pod.last_named_hash = fact.named_hash;
    change_.touch(fact.pod);
    if (fact.fitting > 0) {
      change_.forget_refusal(fact.pod);
    } else {
      change_.refuse(fact.pod, at_, share_offered(offered));
    }
    state_.last_offered = offered;
  }

  void on(const FilterRepeated& fact) {
    Pod& pod = pod_at(fact.pod);
    pod.attempts = fact.attempt;
    if (pod.refusal) change_.refuse(fact.pod, at_, pod.refusal->offered);
    change_.touch(fact.pod);
  }

  void on(const PrioritizeDecided&) {}
  void on(const BindRefused& fact) {
    const std::optional<PodNumber> pod = state_.find_pod(fact.uid);
    if (pod && state_.pods.at(*pod).behind != 0) state_.grew_at = at_;  // room that was kept for it since it was woken
  }

  void on(const BandwidthReserved& fact) {
    const Pod& pod = pod_at(fact.pod);
    check(!pod.placement, "a pod is reserved twice", at_);
    Change::Grant grant{fact.granted, fact.default_ul, fact.default_dl, fact.group, fact.all_links};
    change_.place(fact.pod, fact.node, grant, PlacedBy::kUs, false);
  }

  void on(const BindingConfirmed& fact) {
    if (state_.pods.find(fact.pod) != nullptr) change_.settle(fact.pod);
  }

  void on(const BindingRefused& fact) {
    const Pod* pod = state_.pods.find(fact.pod);
    if (pod != nullptr && pod->placement && !pod->placement->settled) change_.release(fact.pod);
  }

  void on(const PodWoken& fact) {
    Pod& pod = pod_at(fact.pod);
    pod.retry = fact.retry;
    pod.behind = at_;
    if (pod.refusal) {
      pod.refusal->woken_at = at_;
      pod.refusal->woken_time = event_.time;
      state_.to_wake.insert(fact.pod);
    }
    change_.touch(fact.pod);
  }

  // ---- conditions ----

  void on(const LinkOvercommitted& fact) { announce(fact.link, true); }
  void on(const LinkRecovered& fact) { announce(fact.link, false); }

  void on(const GrantRaised& fact) { change_.raise(fact.pod, fact.granted); }

  void on(const DriftBegan& fact) { announce_drift(fact.pod, true); }
  void on(const DriftEnded& fact) { announce_drift(fact.pod, false); }
  void on(const GroupStuck&) {}

  // ---- parts ----

  Pod& pod_at(PodNumber number) {
    Pod* pod = state_.pods.find(number);
    check(pod != nullptr, "a fact names a pod that has no such number", at_);
    return *pod;
  }

  Node& node_at(NodeNumber number) {
    Node* node = state_.nodes.find(number);
    check(node != nullptr, "a fact names a node that has no such number", at_);
    return *node;
  }

  Workload& workload_at(WorkloadNumber number) {
    Workload* workload = state_.workloads.find(number);
    check(workload != nullptr, "a fact names a workload that has no such number", at_);
    return *workload;
  }

  void rehash(NodeNumber number, Node& node) {
    state_.digest -= node.hash;
    state_.digest += node.hash = hash_of(state_, number, node);
  }

  // After a restore from a backup the older version is the true one.
  ResourceVersion newest(Stream which, ResourceVersion stored, ResourceVersion seen) const {
    return state_.stream(which).restored ? seen : std::max(stored, seen);
  }

  void count(Stream which, std::uint32_t StreamState::*counter) {
    if (state_.stream(which).resync_began != 0) ++(state_.stream(which).*counter);
  }

  void announce(const LinkName& name, bool overcommitted) {
    const std::optional<PlaceNumber> place = find_place(state_, name);
    if (!place) return;
    if (overcommitted) {
      state_.announced_overcommitted.insert(*place);
    } else {
      state_.announced_overcommitted.erase(*place);
    }
    if (name.kind != LinkName::Kind::kUplink) change_.touch(name.node);
  }

  void announce_drift(PodNumber number, bool drifts) {
    Pod* pod = state_.pods.find(number);
    if (pod == nullptr) return;
    pod->drifts = drifts;
    state_.drift_changed.erase(number);
    change_.touch(number);
  }

  void forget_buried(ResourceVersion settled) {
    for (auto buried = state_.buried.begin(); buried != state_.buried.end();) {
      buried = buried->second <= settled ? state_.buried.erase(buried) : std::next(buried);
    }
  }

  // Pods that were refused before this start or take-over are known by their condition (R15).
  void recall_refused() {
    std::vector<PodNumber> known_by_condition;
    state_.pods.for_each([&](PodNumber number, const Pod& pod) {
      if (pod.fields.refused && !pod.fields.node && !pod.fields.terminating && !pod.placement && !pod.refusal &&
          pod.fields.phase == PodPhase::kPending) {
        known_by_condition.push_back(number);
      }
    });
    for (PodNumber number : known_by_condition) change_.refuse(number, 0, nullptr);
  }

  // Most refused pods were offered the same nodes: they share one set.
  std::shared_ptr<const NodeSet> share_offered(const NodeSet& offered) {
    for (auto recent = state_.refused.rbegin(); recent != state_.refused.rend(); ++recent) {
      const auto& theirs = state_.pods.at(*recent).refusal->offered;
      if (theirs == nullptr) continue;
      if (*theirs == offered) return theirs;
      break;
    }
    return std::make_shared<const NodeSet>(offered);
  }

  State& state_;
  const Event& event_;
  const Sequence at_;
  Change change_;
};

}  // namespace

void apply(State& state, const Event& event, Touched* touched) {
  check(event.sequence == state.applied + 1, "an event does not follow the last one", event.sequence);
  Applier(state, event).run(touched);
}

}  // namespace bw
