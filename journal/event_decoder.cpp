// Wire -> facts. Every field is assigned, since the fact may be one that is used again.
#include <algorithm>
#include <array>
#include <optional>

#include "event_wire.h"
#include "uuid.h"

namespace bw {
namespace {

// Reads one fact. `unknown`: it holds an enumerator that this version does not have. `problem`: it is none of ours.
class FactReader {
 public:
  bool unknown = false;
  const char* problem = nullptr;

  // ---- the journal itself ---------------------------------------------------------------------------------------

  void read(wire::JournalCreated::Reader in, JournalCreated& fact) { read(in.getId(), fact.id.bytes); }

  void read(wire::ClusterIdentified::Reader in, ClusterIdentified& fact) { read(in.getUid(), fact.uid); }

  void read(wire::EpochBegan::Reader in, EpochBegan& fact) {
    read(in.getBinary(), fact.binary);
    fact.rules_version = in.getRulesVersion();
    read(in.getPolicy(), fact.policy);
    read(in.getConfiguration(), fact.configuration);
  }

  void read(wire::TermBegan::Reader in, TermBegan& fact) {
    fact.term = in.getTerm();
    read(in.getHolder(), fact.holder);
    fact.continued = in.getContinued();
  }

  void read(wire::TakeOverEnded::Reader, TakeOverEnded&) {}

  void read(wire::TermEnded::Reader in, TermEnded& fact) { read(in.getReason(), fact.reason); }

  void read(wire::ClockSteppedBack::Reader in, ClockSteppedBack& fact) { fact.by_ns = in.getByNs(); }

  void read(wire::DeadlinePassed::Reader, DeadlinePassed&) {}

  void read(wire::SnapshotTaken::Reader in, SnapshotTaken& fact) {
    fact.sequence = in.getSequence();
    read(in.getHeadHash(), fact.head_hash);
    read(in.getFileHash(), fact.file_hash);
    fact.state_digest = in.getStateDigest();
    fact.rules_version = in.getRulesVersion();
    read(in.getFile(), fact.file);
  }

  void read(wire::HistoryCut::Reader in, HistoryCut& fact) {
    fact.first = in.getFirst();
    read(in.getPreviousHash(), fact.previous_hash);
    fact.snapshot = in.getSnapshot();
  }

  void read(wire::HistoryLost::Reader in, HistoryLost& fact) {
    read(in.getOldId(), fact.old_id.bytes);
    read(in.getLastReadable(), fact.last_readable);
    read(in.getKnown(), fact.known);
  }

  void read(wire::TailDropped::Reader in, TailDropped& fact) {
    fact.bytes = in.getBytes();
    read(in.getDetail(), fact.detail);
  }

  void read(wire::DecisionsSuspended::Reader in, DecisionsSuspended& fact) { read(in.getReason(), fact.reason); }

  void read(wire::DecisionsResumed::Reader, DecisionsResumed&) {}

  // ---- what the watches saw -------------------------------------------------------------------------------------

  void read(wire::ResyncBegan::Reader in, ResyncBegan& fact) {
    read(in.getStream(), fact.stream);
    fact.restored = in.getRestored();
  }

  void read(wire::ResyncEnded::Reader in, ResyncEnded& fact) {
    read(in.getStream(), fact.stream);
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::BookmarkObserved::Reader in, BookmarkObserved& fact) {
    read(in.getStream(), fact.stream);
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::GapOpened::Reader in, GapOpened& fact) {
    read(in.getStream(), fact.stream);
    fact.since.ns = in.getSinceNs();
    fact.since_sequence = in.getSinceSequence();
    read(in.getReason(), fact.reason);
  }

  void read(wire::GapClosed::Reader in, GapClosed& fact) {
    read(in.getStream(), fact.stream);
    fact.changed = in.getChanged();
    fact.added = in.getAdded();
    fact.gone = in.getGone();
  }

  void read(wire::NodeNumbered::Reader in, NodeNumbered& fact) {
    fact.node = NodeNumber{in.getNode()};
    read(in.getName(), fact.name);
  }

  void read(wire::NodeObserved::Reader in, NodeObserved& fact) {
    fact.node = NodeNumber{in.getNode()};
    read(in.getUid(), fact.uid);
    fact.resource_version = in.getResourceVersion();
    fact.unschedulable = in.getUnschedulable();
    fact.allocatable_pods = in.getAllocatablePods();
    read_list(in.getLevelValues(), fact.level_values);
  }

  void read(wire::NodeGone::Reader in, NodeGone& fact) {
    fact.node = NodeNumber{in.getNode()};
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::WorkloadNumbered::Reader in, WorkloadNumbered& fact) {
    fact.workload = WorkloadNumber{in.getWorkload()};
    read(in.getKind(), fact.kind);
    read(in.getKindName(), fact.kind_name);
    read(in.getSpace(), fact.space);
    read(in.getName(), fact.name);
    read(in.getUid(), fact.uid);
  }

  void read(wire::WorkloadObserved::Reader in, WorkloadObserved& fact) {
    fact.workload = WorkloadNumber{in.getWorkload()};
    fact.resource_version = in.getResourceVersion();
    fact.controller = optional(in.getHasController(), WorkloadNumber{in.getController()});
    fact.wanted = optional(in.getHasWanted(), in.getWanted());
  }

  void read(wire::WorkloadGone::Reader in, WorkloadGone& fact) {
    fact.workload = WorkloadNumber{in.getWorkload()};
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::NamespaceObserved::Reader in, NamespaceObserved& fact) {
    read(in.getName(), fact.name);
    fact.resource_version = in.getResourceVersion();
    fact.default_ul = optional(in.getHasDefaultUl(), in.getDefaultUl());
    fact.default_dl = optional(in.getHasDefaultDl(), in.getDefaultDl());
  }

  void read(wire::NamespaceGone::Reader in, NamespaceGone& fact) {
    read(in.getName(), fact.name);
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::PodObserved::Reader in, PodObserved& fact) {
    fact.pod = PodNumber{in.getPod()};
    if (in.hasIdentity()) {
      if (!fact.identity) fact.identity.emplace();
      read(in.getIdentity(), *fact.identity);
    } else {
      fact.identity.reset();
    }
    fact.resource_version = in.getResourceVersion();
    read(in.getBy(), fact.by);
    read(in, fact.fields);
  }

  void read(wire::PodGone::Reader in, PodGone& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::ObjectUnchanged::Reader in, ObjectUnchanged& fact) {
    read(in.getStream(), fact.stream);
    fact.number = in.getNumber();
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::BandwidthObserved::Reader in, BandwidthObserved& fact) {
    fact.node = NodeNumber{in.getNode()};
    read(in.getUid(), fact.uid);
    fact.resource_version = in.getResourceVersion();
    fact.generation = in.getGeneration();
    fact.local_ul = optional(in.getHasLocalUl(), in.getLocalUl());
    fact.local_dl = optional(in.getHasLocalDl(), in.getLocalDl());
    fact.network_ul = optional(in.getHasNetworkUl(), in.getNetworkUl());
    fact.network_dl = optional(in.getHasNetworkDl(), in.getNetworkDl());
    fact.max_interfaces = optional(in.getHasMaxInterfaces(), in.getMaxInterfaces());
    read_list(in.getKeptBack(), fact.kept_back);
  }

  void read(wire::BandwidthGone::Reader in, BandwidthGone& fact) {
    fact.node = NodeNumber{in.getNode()};
    fact.resource_version = in.getResourceVersion();
  }

  void read(wire::ObjectUnreadable::Reader in, ObjectUnreadable& fact) {
    read(in.getStream(), fact.stream);
    read(in.getSpace(), fact.space);
    read(in.getName(), fact.name);
    fact.resource_version = in.getResourceVersion();
    read(in.getProblem(), fact.problem);
  }

  // ---- decisions and what became of them ------------------------------------------------------------------------

  void read(wire::FilterDecided::Reader in, FilterDecided& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.attempt = in.getAttempt();
    read(in.getOffered(), fact.offered);
    fact.fitting = in.getFitting();
    fact.named = in.getNamed();
    fact.named_hash = in.getNamedHash();
    read_list(in.getRefusals(), fact.refusals);
  }

  void read(wire::FilterRepeated::Reader in, FilterRepeated& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.attempt = in.getAttempt();
    fact.previous = in.getPrevious();
  }

  void read(wire::PrioritizeDecided::Reader in, PrioritizeDecided& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.filter = in.getFilter();
    read(in.getOffered(), fact.offered);
    fact.scores_hash = in.getScoresHash();
  }

  void read(wire::BandwidthReserved::Reader in, BandwidthReserved& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.node = NodeNumber{in.getNode()};
    fact.granted = {in.getGrantedUl(), in.getGrantedDl()};
    fact.default_ul = in.getDefaultUl();
    fact.default_dl = in.getDefaultDl();
    read(in.getGroup(), fact.group);
    fact.all_links = in.getAllLinks();
  }

  void read(wire::BindRefused::Reader in, BindRefused& fact) {
    read(in.getUid(), fact.uid);
    read(in.getNodeName(), fact.node_name);
    read(in.getReason(), fact.reason);
  }

  void read(wire::BindingConfirmed::Reader in, BindingConfirmed& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.node = NodeNumber{in.getNode()};
  }

  void read(wire::BindingRefused::Reader in, BindingRefused& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.node = NodeNumber{in.getNode()};
    fact.status = in.getStatus();
    read(in.getMessage(), fact.message);
  }

  void read(wire::PodWoken::Reader in, PodWoken& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.retry = in.getRetry();
  }

  // ---- conditions that begin and end ----------------------------------------------------------------------------

  void read(wire::LinkOvercommitted::Reader in, LinkOvercommitted& fact) { read(in.getLink(), fact.link); }

  void read(wire::LinkRecovered::Reader in, LinkRecovered& fact) { read(in.getLink(), fact.link); }

  void read(wire::GrantRaised::Reader in, GrantRaised& fact) {
    fact.pod = PodNumber{in.getPod()};
    read(in.getGranted(), fact.granted);
  }

  void read(wire::DriftBegan::Reader in, DriftBegan& fact) {
    fact.pod = PodNumber{in.getPod()};
    read(in.getRequested(), fact.requested);
  }

  void read(wire::DriftEnded::Reader in, DriftEnded& fact) { fact.pod = PodNumber{in.getPod()}; }

  void read(wire::GroupStuck::Reader in, GroupStuck& fact) {
    fact.pod = PodNumber{in.getPod()};
    fact.node = NodeNumber{in.getNode()};
    read(in.getLacking(), fact.lacking);
  }

  // ---- parts of facts -------------------------------------------------------------------------------------------

  void read(wire::Policy::Reader in, Policy& policy) {
    read(in.getDefaultLocalCapacity(), policy.default_local_capacity);
    read(in.getDefaultNetworkCapacity(), policy.default_network_capacity);
    read_list(in.getLevels(), policy.levels);
    read_list(in.getDialects(), policy.dialects);
    read(in.getDefaultRequest(), policy.default_request);
    read(in.getWriteDialect(), policy.write_dialect);
    policy.always_charge_network = in.getAlwaysChargeNetwork();
    policy.max_interfaces = optional(in.getHasMaxInterfaces(), in.getMaxInterfaces());
    policy.scoring_seed = in.getScoringSeed();
    read_list(in.getPlugins(), policy.plugins);
    policy.candidates = in.getCandidates();
  }

  void read(wire::TopologyLevel::Reader in, TopologyLevel& level) {
    read(in.getLabel(), level.label);
    read(in.getUplink(), level.uplink);
    read_list(in.getByValue(), level.by_value);
  }

  void read(wire::UplinkOfValue::Reader in, std::pair<std::string, Rates>& uplink) {
    read(in.getValue(), uplink.first);
    read(in.getUplink(), uplink.second);
  }

  void read(wire::PluginWeight::Reader in, PluginWeight& weight) {
    read(in.getPlugin(), weight.plugin);
    weight.weight = in.getWeight();
    weight.threshold = optional(in.getHasThreshold(), in.getThreshold());
  }

  void read(wire::PodIdentity::Reader in, PodIdentity& identity) {
    read(in.getSpace(), identity.space);
    read(in.getName(), identity.name);
    read(in.getUid(), identity.uid);
  }

  void read(wire::PodObserved::Reader in, PodFields& fields) {
    fields.node = optional(in.getHasNode(), NodeNumber{in.getNode()});
    read(in.getPhase(), fields.phase);
    fields.terminating = in.getTerminating();
    fields.host_network = in.getHostNetwork();
    fields.gated = in.getGated();
    fields.refused = in.getRefused();
    fields.interfaces = in.getInterfaces();
    fields.priority = in.getPriority();
    fields.created.ns = in.getCreatedNs();
    fields.controller = optional(in.getHasController(), WorkloadNumber{in.getController()});
    read(in.getGroup(), fields.group);
    read(in.getNetworkCharge(), fields.network_charge);
    read_list(in.getRequests(), fields.requests);
    fields.granted = optional(in.getHasGranted(), Rates{in.getGrantedUl(), in.getGrantedDl()});
    fields.term = in.getTerm();
    fields.retry = in.getRetry();
  }

  void read(wire::RequestEntry::Reader in, RequestEntry& entry) {
    read(in.getDialect(), entry.dialect);
    read(in.getDirection(), entry.direction);
    entry.rate = optional(in.getHasRate(), in.getRate());
    read(in.getText(), entry.text);
  }

  void read(wire::KeptBack::Reader in, KeptBack& kept) {
    read(in.getName(), kept.name);
    read(in.getLocal(), kept.local);
    read(in.getNetwork(), kept.network);
    kept.until = optional(in.getHasUntil(), Timestamp{in.getUntilNs()});
  }

  void read(wire::NodeSetDelta::Reader in, NodeSetDelta& set) {
    read(in.getBase(), set.base);
    const auto toggled = in.getToggled();
    set.toggled.resize(toggled.size());
    std::uint32_t end = 0;  // of the run before
    for (unsigned i = 0; i < toggled.size(); ++i) {
      const bool is_first = i % 2 == 0;
      const std::uint32_t value = is_first ? end + toggled[i] : toggled[i];
      set.toggled[i] = value;
      end = is_first ? value : end + value;
    }
    read_list(in.getUnknownNames(), set.unknown_names);
  }

  void read(wire::RefusalCount::Reader in, RefusalCount& refusal) {
    read(in.getReason(), refusal.reason);
    refusal.nodes = in.getNodes();
  }

  void read(wire::GroupRef::Reader in, GroupRef& group) {
    read(in.getKind(), group.kind);
    group.workload = WorkloadNumber{in.getWorkload()};
    read(in.getName(), group.name);
  }

  void read(wire::LinkName::Reader in, LinkName& link) {
    read(in.getKind(), link.kind);
    link.node = NodeNumber{in.getNode()};
    read(in.getUplink(), link.uplink);
  }

  // ---- values ---------------------------------------------------------------------------------------------------

  void read(wire::Head::Reader in, Head& head) {
    head.sequence = in.getSequence();
    read(in.getHash(), head.hash);
  }

  void read(wire::Rates::Reader in, Rates& rates) { rates = {in.getUl(), in.getDl()}; }

  void read(wire::Uid::Reader in, std::string& uid) {
    if (in.getHigh() == 0 && in.getLow() == 0) {
      read(in.getText(), uid);
    } else {
      write_uuid({in.getHigh(), in.getLow()}, uid);
    }
  }

  void read(capnp::Text::Reader in, std::string& text) { text.assign(in.begin(), in.size()); }

  template <std::size_t kSize>
  void read(capnp::Data::Reader in, std::array<std::uint8_t, kSize>& bytes) {
    if (in.size() == kSize) {
      std::copy(in.begin(), in.end(), bytes.begin());
    } else {
      problem = "a hash or an id in it has a wrong size";
    }
  }

  void read(wire::NetworkCharge in, std::optional<NetworkCharge>& charge) {
    if (in > wire::NetworkCharge::ALWAYS) unknown = true;
    charge = optional(in != wire::NetworkCharge::UNSAID,
                      in == wire::NetworkCharge::ALWAYS ? NetworkCharge::kAlways : NetworkCharge::kWhenSpread);
  }

  template <class Ours>
  requires std::is_enum_v<Ours>
  void read(typename WireEnum<Ours>::type in, Ours& value) {
    const auto number = static_cast<std::uint16_t>(in);
    if (number > WireEnum<Ours>::kLast) unknown = true;
    value = static_cast<Ours>(number);
  }

  template <class List, class Ours>
  void read_list(List in, std::vector<Ours>& values) {
    values.resize(in.size());
    for (unsigned i = 0; i < in.size(); ++i) read(in[i], values[i]);
  }

  template <class T>
  static std::optional<T> optional(bool is_said, T value) {
    return is_said ? std::optional<T>(value) : std::nullopt;
  }
};

// The fact as a `Kind`, with the memory that it has.
template <class Kind>
Kind& as(Fact& fact) {
  if (Kind* const held = std::get_if<Kind>(&fact)) return *held;
  return fact.emplace<Kind>();
}

}  // namespace

#define BW_READ_PART(Part)                                                  \
  const char* read_part(wire::Part::Reader in, Part& part, bool& unknown) { \
    FactReader reader;                                                      \
    reader.read(in, part);                                                  \
    unknown = unknown || reader.unknown;                                    \
    return reader.problem;                                                  \
  }
BW_WIRE_PARTS(BW_READ_PART)
#undef BW_READ_PART
void read_uid(wire::Uid::Reader in, std::string& uid) { FactReader().read(in, uid); }

const char* read_event(wire::Event::Reader in, Event& event) {
  event.time.ns = in.getTimeNs();
  const auto monotonic = static_cast<std::uint64_t>(in.getTimeNs()) - static_cast<std::uint64_t>(in.getClockOffsetNs());
  event.monotonic_ns = static_cast<std::int64_t>(monotonic);
  event.term = in.getTerm();

  const auto kind = in.which();
  FactReader reader;
  reader.unknown = true;  // a kind that is not in the switch
  switch (kind) {
    case wire::Event::NONE:
      return "it holds no fact";
#define BW_READ(Kind, MEMBER)                          \
  case wire::Event::MEMBER:                            \
    reader.unknown = false;                            \
    reader.read(in.get##Kind(), as<Kind>(event.fact)); \
    break;
      BW_WIRE_FACTS(BW_READ)
#undef BW_READ
  }
  // A fact that is understood in part would be misread: its meaning may hang on the enumerator.
  if (reader.unknown) event.fact = UnknownFact{static_cast<std::uint16_t>(kind)};
  return reader.problem;
}

}  // namespace bw
