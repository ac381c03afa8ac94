#include "tests/support/world.h"

#include <charconv>
#include <utility>

#include "journal/result.h"
#include "projections/effects.h"
#include "projections/request.h"
#include "projections/wake_up.h"

namespace bw {
namespace {

constexpr std::int64_t kStartNs = 1'767'225'600 * kNanosecondsPerSecond;  // 2026-01-01T00:00:00Z

Stream stream_of_kind(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kReplicaSet:
      return Stream::kReplicaSets;
    case WorkloadKind::kDeployment:
      return Stream::kDeployments;
    case WorkloadKind::kStatefulSet:
      return Stream::kStatefulSets;
    case WorkloadKind::kDaemonSet:
      return Stream::kDaemonSets;
    case WorkloadKind::kJob:
    case WorkloadKind::kOther:
      break;
  }
  return Stream::kJobs;
}

// What the API server merges into the pod with a Binding, as kube/ reads it again.
void merge(PodFields& fields, const std::vector<std::pair<std::string, std::string>>& annotations) {
  for (const auto& [key, value] : annotations) {
    if (key == "networking.vaclab.org/granted") fields.granted = parse_granted(value);
    for (const Dialect dialect : {Dialect::kKubernetes, Dialect::kOvn, Dialect::kCalico}) {
      for (const Direction direction : {Direction::kUl, Direction::kDl}) {
        if (key == annotation_key(dialect, direction)) {
          set_request(fields.requests, request_entry(dialect, direction, value));
        }
      }
    }
  }
}

}  // namespace

World::World(const Policy& policy) : now_{kStartNs} {
  record(JournalCreated{});
  begin_epoch(policy);
}

void World::record(Fact fact) { record(std::vector<Fact>{std::move(fact)}); }

// What one input makes has one stamp.
void World::record(std::vector<Fact> facts) {
  if (!facts.empty()) now_.ns += kNanosecondsPerMillisecond;
  for (Fact& fact : facts) {
    const std::uint64_t term = state_.term_began != 0 ? state_.term : 0;
    events_.push_back({state_.applied + 1, now_, now_.ns - kStartNs, term, std::move(fact)});
    apply(state_, events_.back());
  }
}

void World::follow_up() {
  record(decide_deadlines(state_, now_));
  record(decide_conditions(state_));
}

void World::begin_epoch(const Policy& policy) {
  record(EpochBegan{"test", kRulesVersion, policy, ""});
  follow_up();
}

void World::pass_seconds(std::int64_t seconds) {
  now_.ns += seconds * kNanosecondsPerSecond;
  follow_up();
}

void World::observe(ObservedBy by, Stream stream, const ObjectSeen& object) {
  record(decide_observed(state_, by, stream, object));
  follow_up();
}

void World::deleted(Stream stream, const ObjectSeen& object) {
  record(decide_deleted(state_, stream, object));
  follow_up();
}

void World::bookmark(Stream stream, ResourceVersion version) {
  version_ = std::max(version_, version);
  record(BookmarkObserved{stream, version});
  record(decide_bookmark(state_, stream));
  follow_up();
}

void World::list(Stream stream, const std::vector<ObjectSeen>& objects, ResourceVersion version, bool restored) {
  record(ResyncBegan{stream, restored});
  for (const ObjectSeen& object : objects) record(decide_observed(state_, ObservedBy::kList, stream, object));
  record(decide_list_ended(state_, stream, version));
  if (!restored) version_ = std::max(version_, version);
  follow_up();
}

// ---- nodes and Bandwidth objects ----

void World::bare_node(std::string_view name) {
  edit_node(name, [](NodeSeen&) {});
}

void World::node(std::string_view name) {
  bare_node(name);
  edit_bandwidth(name, [](BandwidthSeen&) {});
}

void World::node(std::string_view name, std::int64_t network_megabits) {
  bare_node(name);
  edit_bandwidth(name,
                 [&](BandwidthSeen& object) { object.network_ul = object.network_dl = megabits(network_megabits); });
}

void World::edit_node(std::string_view name, const std::function<void(NodeSeen&)>& edit) {
  const auto [entry, fresh] = nodes_.try_emplace(std::string(name), node_seen(std::string(name)));
  if (fresh) entry->second.uid = new_uid(entry->second.uid);
  edit(entry->second);
  entry->second.resource_version = ++version_;
  observe(ObservedBy::kWatch, Stream::kNodes, entry->second);
}

void World::node_gone(std::string_view name) {
  NodeSeen seen = std::move(nodes_.extract(std::string(name)).mapped());
  seen.resource_version = ++version_;
  deleted(Stream::kNodes, seen);
}

void World::edit_bandwidth(std::string_view node, const std::function<void(BandwidthSeen&)>& edit) {
  const auto [entry, fresh] = objects_.try_emplace(std::string(node), bandwidth_seen(std::string(node)));
  if (fresh) entry->second.uid = new_uid(entry->second.uid);
  edit(entry->second);
  if (!fresh) ++entry->second.generation;
  entry->second.resource_version = ++version_;
  observe(ObservedBy::kWatch, Stream::kBandwidths, entry->second);
}

void World::bandwidth_gone(std::string_view node) {
  BandwidthSeen seen = std::move(objects_.extract(std::string(node)).mapped());
  seen.resource_version = ++version_;
  deleted(Stream::kBandwidths, seen);
}

// ---- namespaces and workloads ----

void World::space(const NamespaceSeen& seen) {
  NamespaceSeen shown = seen;
  shown.resource_version = ++version_;
  observe(ObservedBy::kWatch, Stream::kNamespaces, shown);
}

void World::space_gone(std::string_view name) {
  NamespaceSeen seen = namespace_seen(std::string(name));
  seen.resource_version = ++version_;
  deleted(Stream::kNamespaces, seen);
}

void World::workload(WorkloadKind kind, std::string_view name, std::optional<std::uint32_t> wanted,
                     std::string_view owner) {
  const auto [entry, fresh] = workloads_.try_emplace(full(name), workload_seen(kind, name, wanted));
  if (fresh) entry->second.uid = new_uid(entry->second.uid);
  entry->second.wanted = wanted;
  if (!owner.empty()) entry->second.controller = find_owner(owner);
  entry->second.resource_version = ++version_;
  observe(ObservedBy::kWatch, stream_of_kind(kind), entry->second);
}

void World::workload_gone(std::string_view name) {
  WorkloadSeen seen = std::move(workloads_.extract(full(name)).mapped());
  seen.resource_version = ++version_;
  deleted(stream_of_kind(seen.kind), seen);
}

OwnerSeen World::find_owner(std::string_view name) const {
  const auto known = workloads_.find(full(name));
  if (known != workloads_.end()) return owner_of(known->second);
  const std::size_t slash = name.find('/');
  check(slash != std::string_view::npos, "an owner that was not shown is named Kind/name");
  return owner_of_kind(name.substr(0, slash), name.substr(slash + 1));
}

// ---- pods ----

void World::prepare_pod(std::string_view name, std::string_view request, std::string_view of) {
  PodSeen seen = pod_seen(name, request);
  seen.identity.uid = new_uid(seen.identity.uid);
  seen.fields.created = now_;
  if (!of.empty()) seen.controller = find_owner(of);
  pods_[full(name)] = seen;
}

void World::pod(std::string_view name, std::string_view request, std::string_view of) {
  prepare_pod(name, request, of);
  edit(name, [](PodSeen&) {});
}

void World::edit(std::string_view name, const std::function<void(PodSeen&)>& edit, ObservedBy by) {
  PodSeen& seen = pods_.at(full(name));
  edit(seen);
  seen.resource_version = ++version_;
  observe(by, Stream::kPods, seen);
}

void World::place(std::string_view pod, std::string_view node) {
  edit(pod, [&](PodSeen& seen) {
    seen.node_name = node;
    seen.fields.phase = PodPhase::kRunning;
  });
}

void World::phase(std::string_view pod, PodPhase phase) {
  edit(pod, [&](PodSeen& seen) { seen.fields.phase = phase; });
}

void World::terminate(std::string_view pod) {
  edit(pod, [](PodSeen& seen) { seen.fields.terminating = true; });
}

void World::gone(std::string_view pod) {
  PodSeen seen = std::move(pods_.extract(full(pod)).mapped());
  seen.resource_version = ++version_;
  deleted(Stream::kPods, seen);
}

// ---- the scheduler's calls ----

NodeSet World::offer(const std::vector<std::string>& names, std::vector<std::string>& unknown) const {
  NodeSet offered;
  if (names.empty()) {
    for (const auto& [name, node] : nodes_) offered.insert(node_number(name));
  }
  for (const std::string& name : names) {
    const std::optional<NodeNumber> known = state_.find_node(name);
    if (known) {
      offered.insert(*known);
    } else {
      unknown.push_back(name);
    }
  }
  return offered;
}

FilterVerdict World::filter(std::string_view pod, const std::vector<std::string>& offered) {
  std::vector<std::string> unknown;
  const NodeSet known = offer(offered, unknown);
  FilterVerdict verdict = decide_filter(state_, pod_number(pod), known, std::move(unknown));
  record(verdict.facts);
  follow_up();
  return verdict;
}

PrioritizeVerdict World::prioritize(std::string_view pod, const std::vector<std::string>& offered) {
  std::vector<std::string> unknown;
  const NodeSet known = offer(offered, unknown);
  PrioritizeVerdict verdict = decide_prioritize(state_, pod_number(pod), known, std::move(unknown));
  record(verdict.facts);
  return verdict;
}

BindVerdict World::bind(std::string_view pod, std::string_view node) {
  const auto known = pods_.find(full(pod));
  const std::string uid = known == pods_.end() ? std::string(pod) : known->second.identity.uid;
  BindVerdict verdict = decide_bind(state_, uid, node);
  record(verdict.facts);
  follow_up();
  return verdict;
}

void World::confirm(std::string_view pod) {
  const PodNumber number = pod_number(pod);
  const std::optional<BindPod> binding = pending_binding(state_, number);
  check(binding.has_value(), "no Binding is owed for the pod");
  record(BindingConfirmed{number, state_.pods.at(number).placement->node});
  edit(pod, [&](PodSeen& seen) {
    seen.node_name = binding->node;
    merge(seen.fields, binding->annotations);
  });
}

void World::refuse(std::string_view pod, std::uint16_t status) {
  const PodNumber number = pod_number(pod);
  record(BindingRefused{number, state_.pods.at(number).placement->node, status, "refused"});
  follow_up();
}

bool World::run(std::string_view pod, std::string_view node) {
  if (bind(pod, node).outcome != BindVerdict::Outcome::kReserve) return false;
  confirm(pod);
  return true;
}

std::vector<Fact> World::wake(std::size_t most) {
  const Timestamp stamp{now_.ns + kNanosecondsPerMillisecond};  // that they will have
  std::vector<Fact> facts = decide_wake_ups(state_, stamp, most);
  record(facts);
  return facts;
}

// ---- looking ----

PodNumber World::pod_number(std::string_view pod) const {
  const std::optional<PodNumber> number = state_.find_pod(shown(pod).identity.uid);
  check(number.has_value(), "the state does not know the pod");
  return *number;
}

NodeNumber World::node_number(std::string_view node) const {
  const std::optional<NodeNumber> number = state_.find_node(node);
  check(number.has_value(), "the state does not know the node");
  return *number;
}

LinkView World::uplink(std::string_view name) const {
  for (const UplinkView& view : view_uplinks(state_)) {
    if (view.name == name) return view.link;
  }
  check(false, "the state does not know the uplink");
  return {};
}

std::vector<std::string> World::names_of(const std::vector<NodeNumber>& nodes) const {
  std::vector<std::string> names;
  for (const NodeNumber node : nodes) names.push_back(state_.nodes.at(node).name);
  return names;
}

std::string World::full(std::string_view name) {
  const auto [space, own] = split_name(name);
  return space + "/" + own;
}

std::string World::new_uid(std::string_view stem) {
  const int life = ++lives_[std::string(stem)];
  return life == 1 ? std::string(stem) : std::string(stem) + "-" + std::to_string(life);
}

State fold(const std::vector<Event>& events) {
  State state;
  for (const Event& event : events) apply(state, event);
  return state;
}

}  // namespace bw
