#include "tests/simulation/journal_check.h"

#include <algorithm>
#include <variant>

#include "journal/event_reader.h"
#include "projections/digest.h"
#include "projections/fit.h"
#include "tests/simulation/rules.h"

namespace bw::simulation {
namespace {

std::string group_text(const State& state, const GroupRef& ref, const std::string& space) {
  if (ref.kind == GroupRef::Kind::kNamed) return "Named/" + space + "/" + ref.name;
  if (ref.kind == GroupRef::Kind::kWorkload) return "Workload/" + state.workloads.at(ref.workload).uid;
  return "";
}

// Facts after which a link may carry more although we decided nothing: what others did, and what became known (R10).
bool others_may_raise(const Fact& fact) {
  return std::holds_alternative<PodObserved>(fact) || std::holds_alternative<PodGone>(fact) ||
         std::holds_alternative<BindingRefused>(fact) || std::holds_alternative<WorkloadObserved>(fact) ||
         std::holds_alternative<WorkloadGone>(fact) || std::holds_alternative<NodeObserved>(fact);
}

// Facts that leave every link as it is, as most do.
bool is_idle(const Fact& fact) {
  return std::holds_alternative<FilterDecided>(fact) || std::holds_alternative<FilterRepeated>(fact) ||
         std::holds_alternative<PrioritizeDecided>(fact) || std::holds_alternative<ObjectUnchanged>(fact) ||
         std::holds_alternative<BookmarkObserved>(fact);
}

std::string at(const Event& event) { return " (sequence " + std::to_string(event.sequence) + ")"; }

std::string link_text(const State& state, PlaceNumber place) {
  const LinkName name = link_name(state, place);
  if (name.kind == LinkName::Kind::kUplink) return "uplink " + name.uplink;
  return (name.kind == LinkName::Kind::kLocal ? "local " : "network ") + state.nodes.at(name.node).name;
}

}  // namespace

void JournalCheck::started(const Controller& controller, const SimulatedDisk& disk) {
  const std::vector<Sha256> acknowledged = std::exchange(hashes_, {});
  shadow_ = std::make_unique<State>();
  depths_.clear();
  redecider_ = {};
  Chain chain;
  Result<EventReader> reader = EventReader::open(disk.journal(), 1, true);
  if (!reader) return world_.fail("chain", reader.error().message);
  Event event;
  while (true) {
    const Result<bool> more = reader->next(event);
    if (!more) return world_.fail("chain", more.error().message);
    if (!*more) break;
    hashes_.push_back(reader->head().hash);
    apply(*shadow_, event);
    chain.extend(reader->bytes());
  }
  chain_.emplace(std::move(chain));
  if (hashes_.size() < disk.acknowledged()) return world_.fail("durability", "acknowledged events are lost");
  for (std::size_t i = 0; i < std::min(hashes_.size(), acknowledged.size()); ++i) {
    if (hashes_[i] != acknowledged[i]) return world_.fail("chain", "event " + std::to_string(i + 1) + " has changed");
  }
  if (shadow_->digest != controller.state().digest || shadow_->applied != controller.state().applied) {
    world_.fail("replay", "the restored state is not the fold of its journal");
  }
}

void JournalCheck::writes(const RecordBatch& batch) {
  for (const std::string& record : batch.records) {
    const Head& head = chain_->extend(record);
    hashes_.push_back(head.hash);
    Event event;
    if (const Result<void> decoded = codec_.decode(head.sequence, record, event); !decoded) {
      return world_.fail("codec", decoded.error().message);
    }
    world_.coverage.count(Counter::kEvents);
    fold(event);
  }
  if (!batch.records.empty() && chain_->head() != batch.head)
    world_.fail("chain", "a batch does not end with its head");
}

void JournalCheck::fold(const Event& event) {
  if (event.time < shadow_->time) world_.fail("time", "an event is older than the one before" + at(event));
  if (redecider_.check(*shadow_, event) == replay::Redecided::kDiffers) {
    world_.fail("decisions", "the journal gives another decision than the one it records" + at(event));
  }
  const bool idle = is_idle(event.fact);
  if (!idle) check_before(event);
  apply(*shadow_, event);
  if (!idle) check_after(event);
  if (!idle) note_meetings(event);
  note_term(event.fact);
  count(event);
}

std::vector<Sum> JournalCheck::used() const {
  std::vector<Sum> sums;
  for (std::size_t i = 0; i < shadow_->ledger.place_count(); ++i) {
    sums.push_back(shadow_->ledger.place(PlaceNumber{static_cast<std::uint32_t>(i)}).link.used);
  }
  return sums;
}

void JournalCheck::check_before(const Event& event) {
  used_before_ = used();
  if (const auto* reserved = std::get_if<BandwidthReserved>(&event.fact)) {
    check_grant(*reserved);
    note_grant(event, *reserved);
  }
  if (const auto* woken = std::get_if<PodWoken>(&event.fact)) {
    const FitCheck fit(*shadow_, shadow_->pods.at(woken->pod));
    bool fits = false;
    shadow_->schedulable.for_each([&](NodeNumber node) { fits |= fit.on(node).reason == Reason::kFits; });
    if (!fits) world_.fail("wake-ups", "a pod is woken that fits nowhere" + at(event));
  }
}

void JournalCheck::check_after(const Event& event) {
  const std::vector<Sum> after = used();
  const bool ours = std::holds_alternative<BandwidthReserved>(event.fact);
  for (std::size_t i = 0; i < used_before_.size(); ++i) {
    const bool ul = after[i].ul > used_before_[i].ul, dl = after[i].dl > used_before_[i].dl;
    if (!ul && !dl) continue;
    const PlaceNumber place{static_cast<std::uint32_t>(i)};
    if (!ours && !others_may_raise(event.fact)) {
      world_.fail("charges", link_text(*shadow_, place) + " carries more after a fact that places nothing" + at(event));
    }
    const Sum room = shadow_->ledger.place(place).link.room();
    if (ours && ((ul && room.ul < 0) || (dl && room.dl < 0))) {
      world_.fail("R9", "a decision makes the room of " + link_text(*shadow_, place) + " negative" + at(event));
    }
  }
}

// The grant is what the pod asked for, as of the version that the daemon had seen.
void JournalCheck::check_grant(const BandwidthReserved& fact) {
  const Pod& pod = shadow_->pods.at(fact.pod);
  const VersionPtr written = store_.as_written(Stream::kPods, pod.identity.uid, pod.resource_version);
  if (!written)
    return world_.fail("R5", "a grant to " + pod.identity.name + " was decided on a version that never was");
  const ModelObject& object = **written;
  const NamedRequest named = named_request(object, policy_);
  std::set<BitsPerSecond> defaults_ul{policy_.default_request.ul}, defaults_dl{policy_.default_request.dl};
  for (const StoreChange& change : store_.history(Stream::kNamespaces)) {
    if ((*change.version)->name != object.space) continue;
    if (const auto ul = namespace_default(**change.version, true)) defaults_ul.insert(*ul);
    if (const auto dl = namespace_default(**change.version, false)) defaults_dl.insert(*dl);
  }
  const auto right = [](BitsPerSecond granted, std::optional<BitsPerSecond> asked, bool by_default,
                        const auto& defaults) {
    return asked ? granted == *asked && !by_default : defaults.contains(granted) && by_default && granted >= 0;
  };
  if (named.invalid || !right(fact.granted.ul, named.ul, fact.default_ul, defaults_ul) ||
      !right(fact.granted.dl, named.dl, fact.default_dl, defaults_dl)) {
    world_.fail("R5", "the grant to " + object.name + " is not what it asks for");
  }
  std::set<std::string> groups;
  const auto annotated = object.annotations.find("networking.vaclab.org/group");
  if (annotated != object.annotations.end() && !annotated->second.empty()) {
    groups.insert("Named/" + object.space + "/" + annotated->second);
  } else if (object.controller && object.controller->kind != "DaemonSet") {
    groups.insert("Workload/" + object.controller->uid);
    for (const StoreChange& change : store_.history(Stream::kReplicaSets)) {
      if ((*change.version)->uid != object.controller->uid || !(*change.version)->controller) continue;
      groups.insert("Workload/" + (*change.version)->controller->uid);
    }
  } else {
    groups.insert("");
  }
  if (!groups.contains(group_text(*shadow_, fact.group, object.space))) {
    world_.fail("R5", "the grant to " + object.name + " names a group that is not its own");
  }
  if (object.terminating || object.over() || !object.node.empty()) {
    world_.fail("R4", "a grant was made to " + object.name + ", which was bound, ending or over");
  }
}

void JournalCheck::note_grant(const Event& event, const BandwidthReserved& fact) {
  const PodIdentity& pod = shadow_->pods.at(fact.pod).identity;
  grants_[pod.uid] = {
      event.sequence, cluster_.reign_of(replica_),       pod.uid,      pod.space,
      pod.name,       shadow_->nodes.at(fact.node).name, fact.granted, group_text(*shadow_, fact.group, pod.space),
      fact.all_links};
  cluster_.reserved(replica_, grants_[pod.uid]);
}

void JournalCheck::note_term(const Fact& fact) {
  if (const auto* began = std::get_if<TermBegan>(&fact)) cluster_.term_began(replica_, *began);
  if (std::holds_alternative<TakeOverEnded>(fact)) cluster_.take_over_ended(replica_);
  if (std::holds_alternative<TermEnded>(fact)) world_.coverage.count(Counter::kTermsEnded);
}

void JournalCheck::count(const Event& event) {
  Coverage& coverage = world_.coverage;
  if (std::holds_alternative<BandwidthReserved>(event.fact)) coverage.count(Counter::kReservations);
  if (std::holds_alternative<BindRefused>(event.fact)) coverage.count(Counter::kBindsRefused);
  if (std::holds_alternative<GapOpened>(event.fact)) coverage.count(Counter::kGaps);
  if (std::holds_alternative<PodWoken>(event.fact)) coverage.count(Counter::kWakeUps);
  if (std::holds_alternative<LinkOvercommitted>(event.fact)) coverage.count(Counter::kOvercommitments);
  if (std::holds_alternative<LinkRecovered>(event.fact)) coverage.count(Counter::kRecoveries);
  if (std::holds_alternative<DriftBegan>(event.fact)) coverage.count(Counter::kDrifts);
  if (std::holds_alternative<DeadlinePassed>(event.fact)) coverage.count(Counter::kDeadlines);
}

void JournalCheck::note_meetings(const Event& event) {
  std::map<GroupNumber, std::uint32_t> depths;
  shadow_->groups.for_each([&](GroupNumber number, const GroupMembers& members) {
    const std::uint32_t depth = shadow_->ledger.place(shadow_->ledger.group(number)->meeting).depth;
    depths[number] = depth;
    const auto before = depths_.find(number);
    if (before == depths_.end() && !std::holds_alternative<BandwidthReserved>(event.fact)) {
      const bool above = shadow_->ledger.group(number)->meeting != shadow_->ledger.group(number)->lowest;
      if (above) raised_by_others_.insert(group_text(*shadow_, members.key.ref, members.key.space));
    }
    if (before == depths_.end() || before->second == depth) return;
    const bool rises = before->second > depth;
    world_.coverage.count(rises ? Counter::kGroupRises : Counter::kGroupFalls);
    if (rises && !std::holds_alternative<BandwidthReserved>(event.fact)) {
      raised_by_others_.insert(group_text(*shadow_, members.key.ref, members.key.space));
    }
  });
  depths_ = std::move(depths);
}

void JournalCheck::stepped(const Controller& controller) {
  const State& live = controller.state();
  if (live.applied != shadow_->applied || live.digest != shadow_->digest) {
    world_.fail("replay", "the state is not the fold of what was written, at sequence " + std::to_string(live.applied));
  }
}

std::optional<Sha256> JournalCheck::hash_at(Sequence sequence) const {
  if (sequence == 0 || sequence > hashes_.size()) return std::nullopt;
  return hashes_[sequence - 1];
}

void JournalCheck::replay(const SimulatedDisk& disk) {
  Result<EventReader> reader = EventReader::open(disk.journal(), 1, true);
  if (!reader) return world_.fail("replay", reader.error().message);
  State state;
  replay::Redecider redecider;
  Event event;
  while (true) {
    const Result<bool> more = reader->next(event);
    if (!more) return world_.fail("replay", more.error().message);
    if (!*more) break;
    if (redecider.check(state, event) == replay::Redecided::kDiffers) {
      return world_.fail("replay", "a decision is not made again" + at(event));
    }
    apply(state, event);
  }
  if (state.digest != shadow_->digest) world_.fail("replay", "the second fold has another digest");
  if (state.digest != digest_from_scratch(state)) world_.fail("replay", "the digest is not that of its entities");
}

}  // namespace bw::simulation
