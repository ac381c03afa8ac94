// Facts -> wire. What is empty or absent is left unset, so that it stays zero and costs nothing after compression.
#include <array>
#include <optional>

#include "event_wire.h"
#include "journal/result.h"
#include "uuid.h"

namespace bw {
namespace {

// ---- values -----------------------------------------------------------------------------------------------------

capnp::Text::Reader text(const std::string& value) { return {value.data(), value.size()}; }

template <std::size_t kSize>
capnp::Data::Reader data(const std::array<std::uint8_t, kSize>& bytes) {
  return {bytes.data(), bytes.size()};
}

template <class Number>
std::uint32_t number(Number value) {
  return static_cast<std::uint32_t>(value);
}

template <class Ours>
typename WireEnum<Ours>::type wired(Ours value) {
  return static_cast<typename WireEnum<Ours>::type>(value);
}

template <class T>
unsigned list_size(const std::vector<T>& values) {
  return static_cast<unsigned>(values.size());
}

wire::NetworkCharge wired(const std::optional<NetworkCharge>& charge) {
  if (!charge) return wire::NetworkCharge::UNSAID;
  return *charge == NetworkCharge::kAlways ? wire::NetworkCharge::ALWAYS : wire::NetworkCharge::WHEN_SPREAD;
}

// Writes one fact into the event that it was made for.
struct FactWriter {
  wire::Event::Builder event;
  Sequence sequence;

  // ---- the journal itself -----------------------------------------------------------------------------------------

  static void write(const JournalCreated& fact, wire::JournalCreated::Builder out) { out.setId(data(fact.id.bytes)); }

  static void write(const ClusterIdentified& fact, wire::ClusterIdentified::Builder out) {
    write(fact.uid, out.initUid());
  }

  static void write(const std::pair<std::string, Rates>& uplink, wire::UplinkOfValue::Builder out) {
    out.setValue(text(uplink.first));
    write(uplink.second, out.initUplink());
  }

  static void write(const TopologyLevel& level, wire::TopologyLevel::Builder out) {
    out.setLabel(text(level.label));
    write(level.uplink, out.initUplink());
    if (!level.by_value.empty()) write_list(level.by_value, out.initByValue(list_size(level.by_value)));
  }

  static void write(const PluginWeight& weight, wire::PluginWeight::Builder out) {
    out.setPlugin(wired(weight.plugin));
    out.setWeight(weight.weight);
    out.setHasThreshold(weight.threshold.has_value());
    out.setThreshold(weight.threshold.value_or(0));
  }

  static void write(const Policy& policy, wire::Policy::Builder out) {
    write(policy.default_local_capacity, out.initDefaultLocalCapacity());
    write(policy.default_network_capacity, out.initDefaultNetworkCapacity());
    if (!policy.levels.empty()) write_list(policy.levels, out.initLevels(list_size(policy.levels)));
    auto dialects = out.initDialects(list_size(policy.dialects));
    for (unsigned i = 0; i < dialects.size(); ++i) dialects.set(i, wired(policy.dialects[i]));
    write(policy.default_request, out.initDefaultRequest());
    out.setWriteDialect(wired(policy.write_dialect));
    out.setAlwaysChargeNetwork(policy.always_charge_network);
    out.setHasMaxInterfaces(policy.max_interfaces.has_value());
    out.setMaxInterfaces(policy.max_interfaces.value_or(0));
    out.setScoringSeed(policy.scoring_seed);
    if (!policy.plugins.empty()) write_list(policy.plugins, out.initPlugins(list_size(policy.plugins)));
    out.setCandidates(policy.candidates);
  }

  static void write(const EpochBegan& fact, wire::EpochBegan::Builder out) {
    out.setBinary(text(fact.binary));
    out.setRulesVersion(fact.rules_version);
    write(fact.policy, out.initPolicy());
    out.setConfiguration(text(fact.configuration));
  }

  static void write(const TermBegan& fact, wire::TermBegan::Builder out) {
    out.setTerm(fact.term);
    out.setHolder(text(fact.holder));
    out.setContinued(fact.continued);
  }

  static void write(const TakeOverEnded&, wire::TakeOverEnded::Builder) {}

  static void write(const TermEnded& fact, wire::TermEnded::Builder out) { out.setReason(text(fact.reason)); }

  static void write(const ClockSteppedBack& fact, wire::ClockSteppedBack::Builder out) { out.setByNs(fact.by_ns); }

  static void write(const DeadlinePassed&, wire::DeadlinePassed::Builder) {}

  static void write(const SnapshotTaken& fact, wire::SnapshotTaken::Builder out) {
    out.setSequence(fact.sequence);
    out.setHeadHash(data(fact.head_hash));
    out.setFileHash(data(fact.file_hash));
    out.setStateDigest(fact.state_digest);
    out.setRulesVersion(fact.rules_version);
    out.setFile(text(fact.file));
  }

  static void write(const HistoryCut& fact, wire::HistoryCut::Builder out) {
    out.setFirst(fact.first);
    out.setPreviousHash(data(fact.previous_hash));
    out.setSnapshot(fact.snapshot);
  }

  static void write(const HistoryLost& fact, wire::HistoryLost::Builder out) {
    out.setOldId(data(fact.old_id.bytes));
    write(fact.last_readable, out.initLastReadable());
    write(fact.known, out.initKnown());
  }

  static void write(const TailDropped& fact, wire::TailDropped::Builder out) {
    out.setBytes(fact.bytes);
    out.setDetail(text(fact.detail));
  }

  static void write(const DecisionsSuspended& fact, wire::DecisionsSuspended::Builder out) {
    out.setReason(text(fact.reason));
  }

  static void write(const DecisionsResumed&, wire::DecisionsResumed::Builder) {}

  // ---- what the watches saw ---------------------------------------------------------------------------------------

  static void write(const ResyncBegan& fact, wire::ResyncBegan::Builder out) {
    out.setStream(wired(fact.stream));
    out.setRestored(fact.restored);
  }

  static void write(const ResyncEnded& fact, wire::ResyncEnded::Builder out) {
    out.setStream(wired(fact.stream));
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const BookmarkObserved& fact, wire::BookmarkObserved::Builder out) {
    out.setStream(wired(fact.stream));
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const GapOpened& fact, wire::GapOpened::Builder out) {
    out.setStream(wired(fact.stream));
    out.setSinceNs(fact.since.ns);
    out.setSinceSequence(fact.since_sequence);
    out.setReason(text(fact.reason));
  }

  static void write(const GapClosed& fact, wire::GapClosed::Builder out) {
    out.setStream(wired(fact.stream));
    out.setChanged(fact.changed);
    out.setAdded(fact.added);
    out.setGone(fact.gone);
  }

  static void write(const NodeNumbered& fact, wire::NodeNumbered::Builder out) {
    out.setNode(number(fact.node));
    out.setName(text(fact.name));
  }

  static void write(const NodeObserved& fact, wire::NodeObserved::Builder out) {
    out.setNode(number(fact.node));
    write(fact.uid, out.initUid());
    out.setResourceVersion(fact.resource_version);
    out.setUnschedulable(fact.unschedulable);
    out.setAllocatablePods(fact.allocatable_pods);
    if (!fact.level_values.empty()) write_texts(fact.level_values, out.initLevelValues(list_size(fact.level_values)));
  }

  static void write(const NodeGone& fact, wire::NodeGone::Builder out) {
    out.setNode(number(fact.node));
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const WorkloadNumbered& fact, wire::WorkloadNumbered::Builder out) {
    out.setWorkload(number(fact.workload));
    out.setKind(wired(fact.kind));
    out.setKindName(text(fact.kind_name));
    out.setSpace(text(fact.space));
    out.setName(text(fact.name));
    write(fact.uid, out.initUid());
  }

  static void write(const WorkloadObserved& fact, wire::WorkloadObserved::Builder out) {
    out.setWorkload(number(fact.workload));
    out.setResourceVersion(fact.resource_version);
    out.setHasController(fact.controller.has_value());
    out.setController(number(fact.controller.value_or(WorkloadNumber{})));
    out.setHasWanted(fact.wanted.has_value());
    out.setWanted(fact.wanted.value_or(0));
  }

  static void write(const WorkloadGone& fact, wire::WorkloadGone::Builder out) {
    out.setWorkload(number(fact.workload));
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const NamespaceObserved& fact, wire::NamespaceObserved::Builder out) {
    out.setName(text(fact.name));
    out.setResourceVersion(fact.resource_version);
    out.setHasDefaultUl(fact.default_ul.has_value());
    out.setDefaultUl(fact.default_ul.value_or(0));
    out.setHasDefaultDl(fact.default_dl.has_value());
    out.setDefaultDl(fact.default_dl.value_or(0));
  }

  static void write(const NamespaceGone& fact, wire::NamespaceGone::Builder out) {
    out.setName(text(fact.name));
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const PodIdentity& identity, wire::PodIdentity::Builder out) {
    out.setSpace(text(identity.space));
    out.setName(text(identity.name));
    write(identity.uid, out.initUid());
  }

  static void write(const RequestEntry& entry, wire::RequestEntry::Builder out) {
    out.setDialect(wired(entry.dialect));
    out.setDirection(wired(entry.direction));
    out.setHasRate(entry.rate.has_value());
    out.setRate(entry.rate.value_or(0));
    if (!entry.text.empty()) out.setText(text(entry.text));
  }

  static void write(const PodFields& fields, wire::PodObserved::Builder out) {
    out.setHasNode(fields.node.has_value());
    out.setNode(number(fields.node.value_or(NodeNumber{})));
    out.setPhase(wired(fields.phase));
    out.setTerminating(fields.terminating);
    out.setHostNetwork(fields.host_network);
    out.setGated(fields.gated);
    out.setRefused(fields.refused);
    out.setInterfaces(fields.interfaces);
    out.setPriority(fields.priority);
    out.setCreatedNs(fields.created.ns);
    out.setHasController(fields.controller.has_value());
    out.setController(number(fields.controller.value_or(WorkloadNumber{})));
    if (!fields.group.empty()) out.setGroup(text(fields.group));
    out.setNetworkCharge(wired(fields.network_charge));
    if (!fields.requests.empty()) write_list(fields.requests, out.initRequests(list_size(fields.requests)));
    const Rates granted = fields.granted.value_or(Rates{});
    out.setHasGranted(fields.granted.has_value());
    out.setGrantedUl(granted.ul);
    out.setGrantedDl(granted.dl);
    out.setTerm(fields.term);
    out.setRetry(fields.retry);
  }

  static void write(const PodObserved& fact, wire::PodObserved::Builder out) {
    out.setPod(number(fact.pod));
    if (fact.identity) write(*fact.identity, out.initIdentity());
    out.setResourceVersion(fact.resource_version);
    out.setBy(wired(fact.by));
    write(fact.fields, out);
  }

  static void write(const PodGone& fact, wire::PodGone::Builder out) {
    out.setPod(number(fact.pod));
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const ObjectUnchanged& fact, wire::ObjectUnchanged::Builder out) {
    out.setStream(wired(fact.stream));
    out.setNumber(fact.number);
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const KeptBack& kept, wire::KeptBack::Builder out) {
    out.setName(text(kept.name));
    write(kept.local, out.initLocal());
    write(kept.network, out.initNetwork());
    out.setHasUntil(kept.until.has_value());
    out.setUntilNs(kept.until.value_or(Timestamp{}).ns);
  }

  static void write(const BandwidthObserved& fact, wire::BandwidthObserved::Builder out) {
    out.setNode(number(fact.node));
    write(fact.uid, out.initUid());
    out.setResourceVersion(fact.resource_version);
    out.setGeneration(fact.generation);
    out.setHasLocalUl(fact.local_ul.has_value());
    out.setLocalUl(fact.local_ul.value_or(0));
    out.setHasLocalDl(fact.local_dl.has_value());
    out.setLocalDl(fact.local_dl.value_or(0));
    out.setHasNetworkUl(fact.network_ul.has_value());
    out.setNetworkUl(fact.network_ul.value_or(0));
    out.setHasNetworkDl(fact.network_dl.has_value());
    out.setNetworkDl(fact.network_dl.value_or(0));
    out.setHasMaxInterfaces(fact.max_interfaces.has_value());
    out.setMaxInterfaces(fact.max_interfaces.value_or(0));
    if (!fact.kept_back.empty()) write_list(fact.kept_back, out.initKeptBack(list_size(fact.kept_back)));
  }

  static void write(const BandwidthGone& fact, wire::BandwidthGone::Builder out) {
    out.setNode(number(fact.node));
    out.setResourceVersion(fact.resource_version);
  }

  static void write(const ObjectUnreadable& fact, wire::ObjectUnreadable::Builder out) {
    out.setStream(wired(fact.stream));
    out.setSpace(text(fact.space));
    out.setName(text(fact.name));
    out.setResourceVersion(fact.resource_version);
    out.setProblem(text(fact.problem));
  }

  // ---- decisions and what became of them --------------------------------------------------------------------------

  static void write(const NodeSetDelta& set, wire::NodeSetDelta::Builder out) {
    out.setBase(wired(set.base));
    if (!set.toggled.empty()) {
      auto toggled = out.initToggled(list_size(set.toggled));
      std::uint32_t end = 0;  // of the run before
      for (unsigned i = 0; i < toggled.size(); ++i) {
        const std::uint32_t value = set.toggled[i];
        const bool is_first = i % 2 == 0;
        toggled.set(i, is_first ? value - end : value);
        end = is_first ? value : end + value;
      }
    }
    if (!set.unknown_names.empty()) write_texts(set.unknown_names, out.initUnknownNames(list_size(set.unknown_names)));
  }

  static void write(const RefusalCount& refusal, wire::RefusalCount::Builder out) {
    out.setReason(wired(refusal.reason));
    out.setNodes(refusal.nodes);
  }

  static void write(const FilterDecided& fact, wire::FilterDecided::Builder out) {
    out.setPod(number(fact.pod));
    out.setAttempt(fact.attempt);
    write(fact.offered, out.initOffered());
    out.setFitting(fact.fitting);
    out.setNamed(fact.named);
    out.setNamedHash(fact.named_hash);
    if (!fact.refusals.empty()) write_list(fact.refusals, out.initRefusals(list_size(fact.refusals)));
  }

  static void write(const FilterRepeated& fact, wire::FilterRepeated::Builder out) {
    out.setPod(number(fact.pod));
    out.setAttempt(fact.attempt);
    out.setPrevious(fact.previous);
  }

  static void write(const PrioritizeDecided& fact, wire::PrioritizeDecided::Builder out) {
    out.setPod(number(fact.pod));
    out.setFilter(fact.filter);
    write(fact.offered, out.initOffered());
    out.setScoresHash(fact.scores_hash);
  }

  static void write(const GroupRef& group, wire::GroupRef::Builder out) {
    out.setKind(wired(group.kind));
    out.setWorkload(number(group.workload));
    if (!group.name.empty()) out.setName(text(group.name));
  }

  static void write(const BandwidthReserved& fact, wire::BandwidthReserved::Builder out) {
    out.setPod(number(fact.pod));
    out.setNode(number(fact.node));
    out.setGrantedUl(fact.granted.ul);
    out.setGrantedDl(fact.granted.dl);
    out.setDefaultUl(fact.default_ul);
    out.setDefaultDl(fact.default_dl);
    if (fact.group != GroupRef{}) write(fact.group, out.initGroup());
    out.setAllLinks(fact.all_links);
  }

  static void write(const BindRefused& fact, wire::BindRefused::Builder out) {
    write(fact.uid, out.initUid());
    out.setNodeName(text(fact.node_name));
    out.setReason(wired(fact.reason));
  }

  static void write(const BindingConfirmed& fact, wire::BindingConfirmed::Builder out) {
    out.setPod(number(fact.pod));
    out.setNode(number(fact.node));
  }

  static void write(const BindingRefused& fact, wire::BindingRefused::Builder out) {
    out.setPod(number(fact.pod));
    out.setNode(number(fact.node));
    out.setStatus(fact.status);
    out.setMessage(text(fact.message));
  }

  static void write(const PodWoken& fact, wire::PodWoken::Builder out) {
    out.setPod(number(fact.pod));
    out.setRetry(fact.retry);
  }

  // ---- conditions that begin and end ------------------------------------------------------------------------------

  static void write(const LinkName& link, wire::LinkName::Builder out) {
    out.setKind(wired(link.kind));
    out.setNode(number(link.node));
    if (!link.uplink.empty()) out.setUplink(text(link.uplink));
  }

  static void write(const LinkOvercommitted& fact, wire::LinkOvercommitted::Builder out) {
    write(fact.link, out.initLink());
  }

  static void write(const LinkRecovered& fact, wire::LinkRecovered::Builder out) { write(fact.link, out.initLink()); }

  static void write(const GrantRaised& fact, wire::GrantRaised::Builder out) {
    out.setPod(number(fact.pod));
    write(fact.granted, out.initGranted());
  }

  static void write(const DriftBegan& fact, wire::DriftBegan::Builder out) {
    out.setPod(number(fact.pod));
    write(fact.requested, out.initRequested());
  }

  static void write(const DriftEnded& fact, wire::DriftEnded::Builder out) { out.setPod(number(fact.pod)); }

  static void write(const GroupStuck& fact, wire::GroupStuck::Builder out) {
    out.setPod(number(fact.pod));
    out.setNode(number(fact.node));
    write(fact.lacking, out.initLacking());
  }

  // ---- values ---------------------------------------------------------------------------------------------------

  static void write(const std::string& uid, wire::Uid::Builder out) {
    const auto uuid = parse_uuid(uid);
    if (uuid && (uuid->high != 0 || uuid->low != 0)) {
      out.setHigh(uuid->high);
      out.setLow(uuid->low);
    } else if (!uid.empty()) {
      out.setText(text(uid));
    }
  }

  static void write(const Rates& rates, wire::Rates::Builder out) {
    out.setUl(rates.ul);
    out.setDl(rates.dl);
  }

  static void write(const Head& head, wire::Head::Builder out) {
    out.setSequence(head.sequence);
    out.setHash(data(head.hash));
  }

  static void write_texts(const std::vector<std::string>& texts, capnp::List<capnp::Text>::Builder out) {
    for (unsigned i = 0; i < out.size(); ++i) out.set(i, text(texts[i]));
  }

  template <class Value, class List>
  static void write_list(const std::vector<Value>& values, List out) {
    for (unsigned i = 0; i < out.size(); ++i) write(values[i], out[i]);
  }

  // ---- the event -------------------------------------------------------------------------------------------------

  void operator()(const UnknownFact&) { fail_check("an unknown fact is never written", sequence); }

#define BW_WRITE(Kind, MEMBER) \
  void operator()(const Kind& fact) { write(fact, event.init##Kind()); }
  BW_WIRE_FACTS(BW_WRITE)
#undef BW_WRITE
};

}  // namespace

#define BW_WRITE_PART(Part) \
  void write_part(const Part& part, wire::Part::Builder out) { FactWriter::write(part, out); }
BW_WIRE_PARTS(BW_WRITE_PART)
#undef BW_WRITE_PART
void write_uid(const std::string& uid, wire::Uid::Builder out) { FactWriter::write(uid, out); }

void write_event(const Event& event, wire::Event::Builder out) {
  out.setTimeNs(event.time.ns);
  const auto offset = static_cast<std::uint64_t>(event.time.ns) - static_cast<std::uint64_t>(event.monotonic_ns);
  out.setClockOffsetNs(static_cast<std::int64_t>(offset));
  out.setTerm(event.term);
  std::visit(FactWriter{out, event.sequence}, event.fact);
}

}  // namespace bw
