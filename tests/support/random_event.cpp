#include "tests/support/random_event.h"

#include <array>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace bw {
namespace {

constexpr std::string_view kTextBytes("abcz0-./ \n\"\\\0\x80\xff", 15);

template <class Enum>
constexpr Enum kLast = Enum{};
template <>
constexpr auto kLast<Stream> = Stream::kJobs;
template <>
constexpr auto kLast<Dialect> = Dialect::kCalico;
template <>
constexpr auto kLast<Direction> = Direction::kDl;
template <>
constexpr auto kLast<ScoringPlugin> = ScoringPlugin::kMeasuredBandwidth;
template <>
constexpr auto kLast<WorkloadKind> = WorkloadKind::kJob;
template <>
constexpr auto kLast<PodPhase> = PodPhase::kUnknown;
template <>
constexpr auto kLast<NetworkCharge> = NetworkCharge::kAlways;
template <>
constexpr auto kLast<ObservedBy> = ObservedBy::kRead;
template <>
constexpr auto kLast<Reason> = Reason::kReservedElsewhere;
template <>
constexpr auto kLast<NodeSetDelta::Base> = NodeSetDelta::Base::kNamed;
template <>
constexpr auto kLast<GroupRef::Kind> = GroupRef::Kind::kNamed;
template <>
constexpr auto kLast<LinkName::Kind> = LinkName::Kind::kUplink;

template <class T>
constexpr bool kIsNumber =
    std::is_same_v<T, PodNumber> || std::is_same_v<T, NodeNumber> || std::is_same_v<T, WorkloadNumber>;

// One roll() per type of field and of fact. Conversions are shut out, so that a field of a new type does not compile.
class Dice {
 public:
  explicit Dice(RandomEvents& random) : random_(random) {}

  template <class... Fields>
  void all(Fields&... fields) {
    (roll(fields), ...);
  }

  void roll(bool& value) { value = random_.below(2) == 1; }

  template <class Integer>
  requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>) void roll(Integer& value) {
    using Limits = std::numeric_limits<Integer>;
    switch (random_.below(8)) {
      case 0:
        value = 0;
        break;
      case 1:
        value = Limits::max();
        break;
      case 2:
        value = Limits::min();
        break;
      case 3:
        value = static_cast<Integer>(random_.next());
        break;
      default:
        value = static_cast<Integer>(random_.below(10'000));
        break;
    }
  }

  template <class Enum>
  requires(std::is_enum_v<Enum>) void roll(Enum& value) {
    if constexpr (kIsNumber<Enum>) {
      std::underlying_type_t<Enum> number;
      roll(number);
      value = Enum{number};
    } else {
      value = static_cast<Enum>(random_.below(static_cast<std::uint64_t>(kLast<Enum>) + 1));
    }
  }

  template <class T>
  void roll(std::optional<T>& value) {
    value.reset();
    if (random_.below(2) == 1) roll(value.emplace());
  }

  template <class T>
  void roll(std::vector<T>& values) {
    values.resize(random_.below(4));
    for (T& value : values) roll(value);
  }

  template <std::size_t kSize>
  void roll(std::array<std::uint8_t, kSize>& bytes) {
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_.next());
  }

  // Mostly short, now and then a uid or a text that fills several words.
  void roll(std::string& text) {
    text.clear();
    const std::uint64_t choice = random_.below(8);
    if (choice == 0) return;
    if (choice <= 2) return roll_uid(text);
    const std::uint64_t size = choice == 3 ? random_.below(200) : random_.below(12);
    for (std::uint64_t i = 0; i < size; ++i) text += kTextBytes[random_.below(kTextBytes.size())];
  }

  void roll(Timestamp& time) { roll(time.ns); }
  void roll(Rates& rates) { all(rates.ul, rates.dl); }
  void roll(Head& head) { all(head.sequence, head.hash); }
  void roll(JournalId& id) { roll(id.bytes); }
  void roll(std::pair<std::string, Rates>& pair) { all(pair.first, pair.second); }

  void roll(JournalCreated& fact) { all(fact.id); }
  void roll(ClusterIdentified& fact) { all(fact.uid); }
  void roll(TopologyLevel& level) { all(level.label, level.uplink, level.by_value); }
  void roll(PluginWeight& weight) { all(weight.plugin, weight.weight, weight.threshold); }
  void roll(Policy& policy) {
    all(policy.default_local_capacity, policy.default_network_capacity, policy.levels, policy.dialects,
        policy.default_request, policy.write_dialect, policy.always_charge_network, policy.max_interfaces,
        policy.scoring_seed, policy.plugins, policy.candidates);
  }
  void roll(EpochBegan& fact) { all(fact.binary, fact.rules_version, fact.policy, fact.configuration); }
  void roll(TermBegan& fact) { all(fact.term, fact.holder, fact.continued); }
  void roll(TakeOverEnded&) {}
  void roll(TermEnded& fact) { all(fact.reason); }
  void roll(ClockSteppedBack& fact) { all(fact.by_ns); }
  void roll(DeadlinePassed&) {}
  void roll(SnapshotTaken& fact) {
    all(fact.sequence, fact.head_hash, fact.file_hash, fact.state_digest, fact.rules_version, fact.file);
  }
  void roll(HistoryCut& fact) { all(fact.first, fact.previous_hash, fact.snapshot); }
  void roll(HistoryLost& fact) { all(fact.old_id, fact.last_readable, fact.known); }
  void roll(TailDropped& fact) { all(fact.bytes, fact.detail); }
  void roll(DecisionsSuspended& fact) { all(fact.reason); }
  void roll(DecisionsResumed&) {}

  void roll(ResyncBegan& fact) { all(fact.stream, fact.restored); }
  void roll(ResyncEnded& fact) { all(fact.stream, fact.resource_version); }
  void roll(BookmarkObserved& fact) { all(fact.stream, fact.resource_version); }
  void roll(GapOpened& fact) { all(fact.stream, fact.since, fact.since_sequence, fact.reason); }
  void roll(GapClosed& fact) { all(fact.stream, fact.changed, fact.added, fact.gone); }
  void roll(NodeNumbered& fact) { all(fact.node, fact.name); }
  void roll(NodeObserved& fact) {
    all(fact.node, fact.uid, fact.resource_version, fact.unschedulable, fact.allocatable_pods, fact.level_values);
  }
  void roll(NodeGone& fact) { all(fact.node, fact.resource_version); }
  void roll(WorkloadNumbered& fact) { all(fact.workload, fact.kind, fact.kind_name, fact.space, fact.name, fact.uid); }
  void roll(WorkloadObserved& fact) { all(fact.workload, fact.resource_version, fact.controller, fact.wanted); }
  void roll(WorkloadGone& fact) { all(fact.workload, fact.resource_version); }
  void roll(NamespaceObserved& fact) { all(fact.name, fact.resource_version, fact.default_ul, fact.default_dl); }
  void roll(NamespaceGone& fact) { all(fact.name, fact.resource_version); }
  void roll(RequestEntry& entry) {
    all(entry.dialect, entry.direction, entry.rate);
    entry.text.clear();
    if (!entry.rate) roll(entry.text);
  }
  void roll(PodIdentity& identity) { all(identity.space, identity.name, identity.uid); }
  void roll(PodFields& fields) {
    all(fields.node, fields.phase, fields.terminating, fields.host_network, fields.gated, fields.refused,
        fields.interfaces, fields.priority, fields.created, fields.controller, fields.group, fields.network_charge,
        fields.requests, fields.granted, fields.term, fields.retry);
  }
  void roll(PodObserved& fact) { all(fact.pod, fact.identity, fact.resource_version, fact.by, fact.fields); }
  void roll(PodGone& fact) { all(fact.pod, fact.resource_version); }
  void roll(ObjectUnchanged& fact) { all(fact.stream, fact.number, fact.resource_version); }
  void roll(KeptBack& kept) { all(kept.name, kept.local, kept.network, kept.until); }
  void roll(BandwidthObserved& fact) {
    all(fact.node, fact.uid, fact.resource_version, fact.generation, fact.local_ul, fact.local_dl, fact.network_ul,
        fact.network_dl, fact.max_interfaces, fact.kept_back);
  }
  void roll(BandwidthGone& fact) { all(fact.node, fact.resource_version); }
  void roll(ObjectUnreadable& fact) { all(fact.stream, fact.space, fact.name, fact.resource_version, fact.problem); }

  void roll(NodeSetDelta& set) {
    all(set.base, set.unknown_names);
    set.toggled.clear();
    std::uint32_t end = 0;
    for (std::uint64_t runs = random_.below(20); runs > 0; --runs) {
      const auto first = end + static_cast<std::uint32_t>(random_.below(300));
      const auto length = static_cast<std::uint32_t>(1 + random_.below(300));
      set.toggled.insert(set.toggled.end(), {first, length});
      end = first + length;
    }
  }
  void roll(RefusalCount& refusal) { all(refusal.reason, refusal.nodes); }
  void roll(FilterDecided& fact) {
    all(fact.pod, fact.attempt, fact.offered, fact.fitting, fact.named, fact.named_hash, fact.refusals);
  }
  void roll(FilterRepeated& fact) { all(fact.pod, fact.attempt, fact.previous); }
  void roll(PrioritizeDecided& fact) { all(fact.pod, fact.filter, fact.offered, fact.scores_hash); }
  void roll(GroupRef& group) { all(group.kind, group.workload, group.name); }
  void roll(BandwidthReserved& fact) {
    all(fact.pod, fact.node, fact.granted, fact.default_ul, fact.default_dl, fact.group, fact.all_links);
  }
  void roll(BindRefused& fact) { all(fact.uid, fact.node_name, fact.reason); }
  void roll(BindingConfirmed& fact) { all(fact.pod, fact.node); }
  void roll(BindingRefused& fact) { all(fact.pod, fact.node, fact.status, fact.message); }
  void roll(PodWoken& fact) { all(fact.pod, fact.retry); }

  void roll(LinkName& link) { all(link.kind, link.node, link.uplink); }
  void roll(LinkOvercommitted& fact) { all(fact.link); }
  void roll(LinkRecovered& fact) { all(fact.link); }
  void roll(GrantRaised& fact) { all(fact.pod, fact.granted); }
  void roll(DriftBegan& fact) { all(fact.pod, fact.requested); }
  void roll(DriftEnded& fact) { all(fact.pod); }
  void roll(GroupStuck& fact) { all(fact.pod, fact.node, fact.lacking); }

 private:
  void roll_uid(std::string& text) {
    text = "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx";
    for (char& c : text) {
      if (c == 'x') c = "0123456789abcdef"[random_.below(16)];
    }
  }

  RandomEvents& random_;
};

template <std::size_t kKind>
Fact roll_fact(RandomEvents& random) {
  Fact fact(std::in_place_index<kKind>);
  if constexpr (kKind >= RandomEvents::kFirstKind) Dice(random).roll(std::get<kKind>(fact));
  return fact;
}

template <std::size_t... kKinds>
Fact roll_kind(RandomEvents& random, std::size_t kind, std::index_sequence<kKinds...>) {
  constexpr std::array kRolls{&roll_fact<kKinds>...};
  return kRolls.at(kind)(random);
}

}  // namespace

std::uint64_t RandomEvents::next() {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

Fact RandomEvents::fact(std::size_t kind) { return roll_kind(*this, kind, std::make_index_sequence<kKindCount>()); }

Event RandomEvents::event(Sequence sequence) {
  Event event;
  event.sequence = sequence;
  Dice(*this).all(event.time, event.monotonic_ns, event.term);
  event.fact = fact(kFirstKind + below(kKindCount - kFirstKind));
  return event;
}

}  // namespace bw
