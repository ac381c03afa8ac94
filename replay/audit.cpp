#include "replay/audit.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "replay/fact_json.h"

namespace bw::replay {
namespace {

constexpr std::size_t kMostPods = 100;               // that a breach names
constexpr std::size_t kBreachesThatNamePods = 1000;  // of one audit

bool is_visible(const Node& node) { return node.present || node.object || !node.pods.empty(); }

std::uint64_t unreadable_objects(const State& state) {
  std::uint64_t sum = 0;
  for (const StreamState& stream : state.streams) sum += stream.unreadable;
  return sum;
}

std::string pod_name(const Pod& pod) { return pod.identity.space + "/" + pod.identity.name; }

std::string group_name(const State& state, const GroupKey& key) {
  if (key.ref.kind == GroupRef::Kind::kNamed) return "Group " + key.space + "/" + key.ref.name;
  const Workload& workload = state.workloads.at(key.ref.workload);
  return workload.kind_name + " " + workload.space + "/" + workload.name;
}

AuditedLink audited_link(const State& state, PlaceNumber place) {
  const LinkName name = link_name(state, place);
  if (name.kind == LinkName::Kind::kUplink) return {"", name.uplink};
  return {state.nodes.at(name.node).name, name.kind == LinkName::Kind::kLocal ? "local" : "network"};
}

bool is_charged_on(const State& state, const Pod& pod, PlaceNumber place) {
  const Placement& placement = *pod.placement;
  if (placement.charged == Rates{}) return false;
  const PlaceNumber top = charged_up_to(state, placement);
  for (PlaceNumber at = state.nodes.at(placement.node).leaf; at != top; at = state.ledger.place(at).parent) {
    if (at == place) return true;
  }
  return false;
}

// A pod that bears /granted was placed by a decision of another term; it is first seen placed.
bool is_decision(const State& after, const Event& event) {
  if (std::holds_alternative<BandwidthReserved>(event.fact) || std::holds_alternative<GrantRaised>(event.fact)) {
    return true;
  }
  const auto* observed = std::get_if<PodObserved>(&event.fact);
  const Pod* pod = observed == nullptr ? nullptr : after.pods.find(observed->pod);
  return pod != nullptr && pod->placement && pod->placement->reserved_at == event.sequence &&
         pod->placement->by == PlacedBy::kGranted;
}

// What a stream says changes what a link may carry, or what it is thought to carry. Groups are nothing to the link that
// is always charged, and to none where all are.
bool blinds(const Gap& gap, const AuditedLink& link, bool strict) {
  if (!gap.stream) return true;
  switch (*gap.stream) {
    case Stream::kPods:
    case Stream::kNodes:
    case Stream::kBandwidths:
    case Stream::kNamespaces:
      return true;
    case Stream::kReplicaSets:
    case Stream::kDeployments:
    case Stream::kStatefulSets:
    case Stream::kDaemonSets:
    case Stream::kJobs:
      break;
  }
  return !strict && link.name != "local";
}

// Inside the gaps from its beginning to its end: nothing that is known shows it.
bool is_hidden(const Breach& breach, const std::vector<Gap>& gaps, bool strict) {
  constexpr Sequence kNever = std::numeric_limits<Sequence>::max();
  const Sequence end = breach.ended ? breach.ended->sequence : kNever;
  // Gaps come by their beginning; those that overlap are one.
  Sequence since = 0, until = 0;
  for (const Gap& gap : gaps) {
    if (!blinds(gap, breach.link, strict)) continue;
    if (gap.since.sequence >= until) since = gap.since.sequence;
    until = std::max(until, gap.until ? gap.until->sequence : kNever);
    if (breach.began.sequence > since && end <= until) return true;
  }
  return false;
}

}  // namespace

void charge_all_links(Event& event) {
  if (auto* epoch = std::get_if<EpochBegan>(&event.fact)) epoch->policy.always_charge_network = true;
  if (auto* reserved = std::get_if<BandwidthReserved>(&event.fact)) reserved->all_links = true;
}

void SomeNames::add(const std::string& name) {
  if (names_.size() < kMost) {
    names_.insert(name);
  } else if (!names_.contains(name)) {
    more_ = true;
  }
}

void SomeNames::add(const SomeNames& others) {
  for (const std::string& name : others.names_) add(name);
  more_ |= others.more_;
}

void Audit::before(const State& state, const Event& event) {
  gaps_.see(state, event);
  if (ended_) return;
  if (!reading_) begin_reading(state);
  // Other labels of the topology take uplinks away, also those that no event has touched.
  if (begun_ && std::holds_alternative<EpochBegan>(event.fact)) look_at_all(state);
  const auto* gone = std::get_if<PodGone>(&event.fact);
  gone_ = gone == nullptr ? std::string() : pod_of(state, event.fact);
}

void Audit::after(const State& state, const Event& event, const Touched& touched) {
  if (ended_) return;
  for (PlaceNumber place : touched.links) look_at_link(state, place, &event);
  if (begun_) {
    ++events_;
    for (NodeNumber node : touched.nodes) look_at_node(state, state.nodes.at(node), &event);
    for (GroupNumber group : touched.groups) look_at_group(state, group);
    for (PodNumber number : touched.pods) {
      const Pod* pod = state.pods.find(number);
      if (pod != nullptr && pod->placement && pod->placement->reserved_at == event.sequence) look_at_pod(state, *pod);
    }
  }
  if (event.sequence == from_.sequence) begin(state);
  if (event.sequence == to_.sequence) end(state);
}

// What is read may begin at a snapshot.
void Audit::begin_reading(const State& state) {
  reading_ = true;
  for (PlaceNumber place : state.overcommitted) look_at_link(state, place, nullptr);
  if (state.applied == from_.sequence && state.applied != 0) begin(state);
}

void Audit::begin(const State& state) {
  begun_ = true;
  unreadable_ = unreadable_objects(state);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    for (std::optional<Breach>* breach : {&links_[i].ul, &links_[i].dl}) {
      if (!*breach) continue;
      (*breach)->depth = 0;  // of the stretch
      name_pods(state, PlaceNumber{static_cast<std::uint32_t>(i)}, **breach);
    }
  }
  look_at_all(state);
  state.groups.for_each([&](GroupNumber group, const GroupMembers&) { look_at_group(state, group); });
  state.pods.for_each([&](PodNumber, const Pod& pod) {
    if (pod.placement) look_at_pod(state, pod);
  });
}

void Audit::end(const State& state) {
  look_at_all(state);
  unreadable_ = unreadable_objects(state) - unreadable_;
  last_event_ = state.time;
  ended_ = true;
}

void Audit::look_at_all(const State& state) {
  state.nodes.for_each([&](NodeNumber, const Node& node) { look_at_node(state, node, nullptr); });
  for (const auto& [name, uplink] : state.uplinks) look_at_link(state, uplink.place, nullptr);
}

void Audit::look_at_node(const State& state, const Node& node, const Event* event) {
  if (!is_visible(node)) return;
  look_at_link(state, node.leaf, event);
  look_at_link(state, node.place, event);
}

Audit::Watched& Audit::watched(PlaceNumber place) {
  const auto index = static_cast<std::size_t>(place);
  if (index >= links_.size()) links_.resize(index + 1);
  return links_[index];
}

void Audit::look_at_link(const State& state, PlaceNumber place, const Event* event) {
  look_at_direction(state, place, Direction::kUl, event);
  look_at_direction(state, place, Direction::kDl, event);
  if (!begun_) return;
  const auto node = state.node_of_place.find(static_cast<std::uint32_t>(place));
  if (node != state.node_of_place.end() && !is_visible(state.nodes.at(node->second))) return;
  Watched& link = watched(place);
  const Sum room = state.ledger.place(place).link.room();
  LinkReport& report = link.report;
  if (!link.seen) {
    const AuditedLink name = audited_link(state, place);
    if (name.name.empty()) return;  // an uplink of labels that do not count any more
    link.seen = true;
    report.link = name;
    report.least_room = room;
  }
  report.least_room = {std::min(report.least_room.ul, room.ul), std::min(report.least_room.dl, room.dl)};
}

void Audit::look_at_direction(const State& state, PlaceNumber place, Direction direction, const Event* event) {
  const Link& link = state.ledger.place(place).link;
  const bool up = direction == Direction::kUl;
  const Int128 over = up ? link.used.ul - link.capacity.ul : link.used.dl - link.capacity.dl;
  if (over <= 0 && static_cast<std::size_t>(place) >= links_.size()) return;
  Watched& there = watched(place);
  std::optional<Breach>& breach = up ? there.ul : there.dl;
  const Sequence at = event == nullptr ? state.applied : event->sequence;
  if (over <= 0) {
    if (!breach) return;
    breach->ended = Point{at, state.time};
    if (begun_) closed_.push_back(std::move(*breach));
    breach.reset();
    return;
  }
  if (!breach) {
    breach.emplace();
    breach->link = audited_link(state, place);
    breach->direction = direction;
    breach->began = {at, state.time};
    if (event != nullptr) {
      breach->cause_kind = fact_kind(event->fact);
      breach->cause_subject = gone_.empty() ? subject_of(state, event->fact) : gone_;
    }
    if (begun_) name_pods(state, place, *breach);
  }
  if (over <= breach->depth) return;
  breach->depth = over;
  breach->deepest = at;
  if (event != nullptr && is_decision(state, *event)) breach->by_decision = true;
}

void Audit::name_pods(const State& state, PlaceNumber place, Breach& breach) const {
  if (closed_.size() >= kBreachesThatNamePods) return;
  state.nodes.for_each([&](NodeNumber, const Node& node) {
    if (node.leaf != place && !state.ledger.below(node.leaf, place)) return;
    for (PodNumber number : node.pods) {
      const Pod& pod = state.pods.at(number);
      if (!is_charged_on(state, pod, place)) continue;
      if (breach.pods.size() < kMostPods) {
        breach.pods.push_back(pod_name(pod));
      } else {
        ++breach.pods_omitted;
      }
    }
  });
  std::ranges::sort(breach.pods);
}

void Audit::look_at_pod(const State& state, const Pod& pod) {
  const bool asks = pod.placement->charged != Rates{};
  if (asks && !pod.fields.host_network) return;
  for (PlaceNumber place = state.nodes.at(pod.placement->node).leaf; place != kFabric;
       place = state.ledger.place(place).parent) {
    Assumptions& assumptions = watched(place).report.assumptions;
    (asks ? assumptions.unshaped_pods : assumptions.pods_without_request).add(pod_name(pod));
  }
}

void Audit::look_at_group(const State& state, GroupNumber number) {
  const GroupMembers* members = state.groups.find(number);
  if (members == nullptr) return;
  const Group& group = *state.ledger.group(number);
  for (PlaceNumber place = group.meeting; place != kFabric; place = state.ledger.place(place).parent) {
    const auto below = group.below.find(place);
    if (below == group.below.end() || below->second.sum == Sum{}) continue;
    watched(place).report.assumptions.discounted_groups.add(group_name(state, members->key));
  }
}

// By node and name. An uplink that came back after other labels had counted is a place of its own, and one link.
std::vector<LinkReport> Audit::link_reports() const {
  std::vector<LinkReport> reports;
  for (const Watched& link : links_) {
    if (link.seen) reports.push_back(link.report);
  }
  std::ranges::stable_sort(reports, {}, [](const LinkReport& one) {
    return std::tuple(one.link.node.empty(), one.link.node, one.link.name);
  });
  std::vector<LinkReport> merged;
  for (LinkReport& report : reports) {
    if (merged.empty() || merged.back().link != report.link) {
      merged.push_back(std::move(report));
      continue;
    }
    Sum& least = merged.back().least_room;
    least = {std::min(least.ul, report.least_room.ul), std::min(least.dl, report.least_room.dl)};
    merged.back().assumptions.discounted_groups.add(report.assumptions.discounted_groups);
    merged.back().assumptions.unshaped_pods.add(report.assumptions.unshaped_pods);
    merged.back().assumptions.pods_without_request.add(report.assumptions.pods_without_request);
  }
  return merged;
}

AuditReport Audit::report(const State& state) const {
  AuditReport report;
  report.strict = strict_;
  report.from = from_;
  report.to = to_;
  report.events = events_;
  report.unreadable = unreadable_;

  std::vector<Gap> all_gaps = gaps_.gaps(state);
  if (state.time < to_.time) all_gaps.push_back({{}, {state.applied, state.time}, {}, "the journal ends there"});
  for (const Gap& gap : all_gaps) {
    const bool begins_inside =
        gap.since.sequence < to_.sequence || (gap.since.sequence == to_.sequence && last_event_ < to_.time);
    const bool ends_inside = !gap.until || gap.until->sequence > from_.sequence;
    const bool matters = blinds(gap, {"", "network"}, strict_);
    if (begins_inside && ends_inside && matters) report.gaps.push_back(gap);
  }

  report.breaches = closed_;
  for (const Watched& link : links_) {
    if (link.ul) report.breaches.push_back(*link.ul);
    if (link.dl) report.breaches.push_back(*link.dl);
  }
  for (Breach& breach : report.breaches) {
    const Timestamp from = std::max(breach.began.time, from_.time);
    const Timestamp to = breach.ended ? breach.ended->time : to_.time;
    breach.duration_ns = std::max<std::int64_t>(0, to.ns - from.ns);
    breach.proved = !is_hidden(breach, report.gaps, strict_);
  }
  std::ranges::stable_sort(report.breaches, {}, [](const Breach& breach) { return breach.began.sequence; });
  report.links = link_reports();

  std::set<std::pair<std::string, std::string>> failed;
  for (const Breach& breach : report.breaches) {
    if (breach.proved) failed.emplace(breach.link.node, breach.link.name);
  }
  for (LinkReport& link : report.links) {
    const bool blind =
        std::ranges::any_of(report.gaps, [&](const Gap& gap) { return blinds(gap, link.link, strict_); });
    if (blind) link.verdict = Verdict::kUnknown;
    if (failed.contains({link.link.node, link.link.name})) link.verdict = Verdict::kFail;
    report.verdict = std::max(report.verdict, link.verdict);
  }
  if (report.verdict == Verdict::kPass && !report.gaps.empty()) report.verdict = Verdict::kUnknown;
  return report;
}

}  // namespace bw::replay
