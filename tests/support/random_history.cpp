#include "tests/support/random_history.h"

#include <algorithm>

#include "projections/admission.h"
#include "projections/effects.h"

namespace bw {
namespace {

constexpr std::int64_t kSecondNs = kNanosecondsPerSecond;

WorkloadKind kind_of(const std::string& workload) {
  if (workload == "web-1") return WorkloadKind::kReplicaSet;
  if (workload == "web") return WorkloadKind::kDeployment;
  if (workload == "batch") return WorkloadKind::kJob;
  if (workload == "agents") return WorkloadKind::kDaemonSet;
  return WorkloadKind::kStatefulSet;
}

}  // namespace

RandomHistory::RandomHistory(std::uint64_t seed, bool storable)
    : random_(seed), storable_(storable), world_(random_policy()) {
  for (int i = 0; i < 12; ++i) pods_.push_back((i % 4 == 3 ? "lab/p" : "p") + std::to_string(i));
}

Policy RandomHistory::random_policy() {
  Policy policy;
  policy.default_network_capacity = {megabits(200), megabits(300)};
  policy.default_local_capacity = {megabits(600), megabits(600)};
  const TopologyLevel rack{"rack", both(500), {{"r1", both(250)}}};
  const TopologyLevel zone{"zone", both(800), {}};
  if (random_.one_in(2)) policy.levels.push_back(rack);
  if (random_.one_in(3)) policy.levels.push_back(zone);
  if (random_.one_in(4)) policy.default_request = both(10);
  policy.always_charge_network = random_.one_in(6);
  if (random_.one_in(4)) policy.max_interfaces = 4;
  return policy;
}

std::string RandomHistory::random_request() {
  return any({"", "10M", "100M", "100M/50M", "/150M", "250M/", "nonsense"});
}

std::vector<std::string> RandomHistory::shown_nodes() const {
  std::vector<std::string> shown;
  for (const std::string& name : nodes_) {
    const std::optional<NodeNumber> number = state().find_node(name);
    if (number && state().nodes.at(*number).present) shown.push_back(name);
  }
  return shown;
}

std::vector<std::string> RandomHistory::shown_pods() const {
  std::vector<std::string> shown;
  for (const std::string& name : pods_) {
    if (world_.is_shown(name) && state().find_pod(world_.shown(name).identity.uid)) shown.push_back(name);
  }
  return shown;
}

bool RandomHistory::has_object(const std::string& node) const {
  const std::optional<NodeNumber> number = state().find_node(node);
  return number && state().nodes.at(*number).object;
}

bool RandomHistory::is_reserved(const std::string& pod) const {
  return pending_binding(state(), world_.pod_number(pod)).has_value();
}

void RandomHistory::step() {
  switch (random_.below(20)) {
    case 0:
    case 1:
      return change_node();
    case 2:
      return change_bandwidth();
    case 3:
    case 4:
      return change_workload();
    case 5:
      return change_space();
    case 6:
    case 7:
    case 8:
      return create_pod();
    case 9:
    case 10:
    case 11:
      return change_pod();
    case 12:
    case 13:
    case 14:
      return schedule();
    case 15:
    case 16:
      return answer_binding();
    case 17:
      return random_.one_in(2) ? list_pods() : list_nodes();
    case 18:
      world_.wake();
      return world_.pass_seconds(static_cast<std::int64_t>(random_.below(20)));
    default:
      return happen_to_journal();
  }
}

void RandomHistory::change_node() {
  const std::string name = any(nodes_);
  const std::optional<NodeNumber> number = state().find_node(name);
  const bool present = number && state().nodes.at(*number).present;
  if (present && random_.one_in(5)) return world_.node_gone(name);
  world_.edit_node(name, [&](NodeSeen& node) {
    node.unschedulable = random_.one_in(6);
    node.allocatable_pods = random_.one_in(3) ? 3 : 0;
    node.level_values.clear();
    for (std::size_t i = 0; i < state().policy.levels.size(); ++i) node.level_values.push_back(any({"r1", "r2", ""}));
  });
}

void RandomHistory::change_bandwidth() {
  const std::string name = any(nodes_);
  if (has_object(name) && random_.one_in(5)) return world_.bandwidth_gone(name);
  world_.edit_bandwidth(name, [&](BandwidthSeen& object) {
    object.network_ul.reset();
    object.max_interfaces.reset();
    object.kept_back.clear();
    if (random_.one_in(2)) object.network_ul = megabits(static_cast<std::int64_t>(random_.below(5)) * 100);
    if (random_.one_in(4)) object.max_interfaces = 2;
    for (std::uint64_t i = random_.below(3); i > 0; --i) {
      KeptBack kept{"run" + std::to_string(i), both(10), both(50), {}};
      if (!random_.one_in(3))
        kept.until = Timestamp{world_.now().ns + static_cast<std::int64_t>(random_.below(30)) * kSecondNs};
      object.kept_back.push_back(kept);
    }
  });
}

void RandomHistory::change_workload() {
  const std::string name = any(workloads_);
  if (shown_workloads_.contains(name) && random_.one_in(4)) {
    shown_workloads_.erase(name);
    return world_.workload_gone(name);
  }
  shown_workloads_.insert(name);
  const std::optional<std::uint32_t> wanted =
      random_.one_in(4) ? std::nullopt : std::optional(static_cast<std::uint32_t>(random_.below(5)));
  world_.workload(kind_of(name), name, wanted, name == "web-1" && random_.one_in(2) ? "Deployment/web" : "");
}

void RandomHistory::change_space() {
  const std::string name = any({"net", "lab"});
  if (state().namespaces.contains(name) && random_.one_in(3)) return world_.space_gone(name);
  NamespaceSeen seen = namespace_seen(name);
  if (random_.one_in(2)) seen.default_ul = megabits(20);
  if (random_.one_in(5)) seen.default_dl = -1;
  world_.space(seen);
}

void RandomHistory::create_pod() {
  const std::string name = any(pods_);
  if (world_.is_shown(name)) {
    if (state().find_pod(world_.shown(name).identity.uid)) return;
    world_.gone(name);  // a list found it missing
  }
  std::string owner = any({"", "peers", "web-1", "batch", "agents"});
  if (!owner.empty() && !shown_workloads_.contains(owner)) owner = "ReplicaSet/web-1";
  if (random_.one_in(2)) {
    world_.pod(name, random_request(), owner);
  } else {
    world_.prepare_pod(name, random_request(), owner);
    world_.edit(
        name,
        [&](PodSeen& pod) {
          pod.fields.group = any({"", "", "g"});
          pod.fields.priority = static_cast<std::int32_t>(random_.below(3));
          pod.fields.interfaces = static_cast<std::uint32_t>(random_.below(3));
          pod.fields.refused = random_.one_in(4);
          if (random_.one_in(4)) pod.fields.network_charge = NetworkCharge::kAlways;
          if (random_.one_in(6)) pod.node_name = any(nodes_);
          if (random_.one_in(8)) pod.fields.granted = both(30);
        },
        random_.one_in(3) ? ObservedBy::kFilterCall : ObservedBy::kWatch);
  }
}

void RandomHistory::change_pod() {
  const std::vector<std::string> shown = shown_pods();
  if (shown.empty()) return;
  const std::string name = any(shown);
  switch (random_.below(9)) {
    case 0:
      return world_.gone(name);
    case 1:
      return world_.terminate(name);
    case 2:
      return world_.phase(name, random_.one_in(2) ? PodPhase::kSucceeded : PodPhase::kRunning);
    case 3:
      if (world_.shown(name).node_name.empty()) world_.place(name, any(nodes_));
      return;
    case 4:
      return world_.edit(name, [&](PodSeen& pod) { pod.fields.requests = requests(random_request()); });
    case 5:
      return world_.edit(name, [&](PodSeen& pod) {
        pod.fields.retry = static_cast<std::uint32_t>(random_.below(4));
        pod.fields.term = random_.below(term_ + 1);
      });
    case 6:
      return world_.edit(name, [&](PodSeen& pod) {
        pod.fields.group = any({"", "g", "h"});
        pod.fields.interfaces = static_cast<std::uint32_t>(random_.below(4));
      });
    case 7:
      return admit(name);
    default:
      return world_.edit(name, [](PodSeen&) {});
  }
}

// An edit that was admitted comes, now and then late or never.
void RandomHistory::admit(const std::string& pod) {
  PodSeen after = world_.shown(pod);
  after.fields.requests = requests(random_request());
  const AdmissionVerdict verdict = decide_edited(state(), world_.shown(pod), after);
  world_.record(verdict.facts);
  world_.follow_up();
  if (!verdict.allowed || random_.one_in(3)) return;
  world_.edit(pod, [&](PodSeen& seen) { seen.fields.requests = after.fields.requests; });
}

void RandomHistory::schedule() {
  const std::vector<std::string> shown = shown_pods();
  if (shown.empty()) return;
  const std::string pod = any(shown);
  if (!world_.shown(pod).node_name.empty()) return;
  std::vector<std::string> offered = shown_nodes();
  if (random_.one_in(3)) offered.resize(random_.below(offered.size() + 1));
  if (random_.one_in(6)) offered.push_back("unknown");
  if (offered.empty()) offered.push_back("unknown");
  const FilterVerdict verdict = world_.filter(pod, offered);
  if (verdict.named.empty() || random_.one_in(4)) return;
  world_.prioritize(pod, offered);
  world_.bind(pod, state().nodes.at(random_.pick(verdict.named)).name);
}

void RandomHistory::answer_binding() {
  std::vector<std::string> waiting;
  for (const std::string& name : shown_pods()) {
    if (is_reserved(name)) waiting.push_back(name);
  }
  if (waiting.empty()) return;
  const std::string pod = any(waiting);
  if (random_.one_in(4)) return world_.refuse(pod);
  world_.confirm(pod);
}

void RandomHistory::list_pods() {
  if (random_.one_in(2)) world_.record(GapOpened{Stream::kPods, world_.now(), state().applied, "the watch expired"});
  std::vector<ObjectSeen> objects;
  for (const std::string& name : shown_pods()) {
    if (!random_.one_in(8)) objects.emplace_back(world_.shown(name));
  }
  world_.list(Stream::kPods, objects, world_.version() + 1, random_.one_in(10));
  world_.bookmark(Stream::kPods, world_.version() + random_.below(3));
}

void RandomHistory::list_nodes() {
  std::vector<ObjectSeen> objects;
  for (const std::string& name : shown_nodes()) {
    if (!random_.one_in(6)) objects.emplace_back(world_.shown_node(name));
  }
  world_.list(Stream::kNodes, objects, world_.version() + 1);
}

void RandomHistory::happen_to_journal() {
  switch (random_.below(7)) {
    case 0:
      return world_.begin_epoch();
    case 1:
      return world_.begin_epoch(random_policy());
    case 2:
      return world_.begin_term(++term_);
    case 3:
      return world_.record(TermEnded{"lost the lease"});
    case 4:
      world_.record(state().suspended ? Fact(DecisionsResumed{}) : Fact(DecisionsSuspended{"no room"}));
      return;
    case 5:
      if (!storable_) world_.record(UnknownFact{999});
      return;
    default:
      return world_.record(ResyncBegan{static_cast<Stream>(random_.below(kStreamCount)), false});
  }
}

}  // namespace bw
