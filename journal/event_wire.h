// Between the codecs' parts, private to them: the kinds of facts on the wire, which enumerators correspond, and the
// two directions. event_codec.cpp frames and unframes; event_encoder.cpp and event_decoder.cpp know the fields.
#pragma once

#include <cstdint>
#include <type_traits>

#include "event.capnp.h"
#include "journal/event.h"

namespace bw {

// Every fact with its member of the union wire::Event. UnknownFact has none: it is never written.
#define BW_WIRE_FACTS(KIND)                     \
  KIND(JournalCreated, JOURNAL_CREATED)         \
  KIND(ClusterIdentified, CLUSTER_IDENTIFIED)   \
  KIND(EpochBegan, EPOCH_BEGAN)                 \
  KIND(TermBegan, TERM_BEGAN)                   \
  KIND(TermEnded, TERM_ENDED)                   \
  KIND(ClockSteppedBack, CLOCK_STEPPED_BACK)    \
  KIND(DeadlinePassed, DEADLINE_PASSED)         \
  KIND(SnapshotTaken, SNAPSHOT_TAKEN)           \
  KIND(HistoryCut, HISTORY_CUT)                 \
  KIND(HistoryLost, HISTORY_LOST)               \
  KIND(TailDropped, TAIL_DROPPED)               \
  KIND(DecisionsSuspended, DECISIONS_SUSPENDED) \
  KIND(DecisionsResumed, DECISIONS_RESUMED)     \
  KIND(ResyncBegan, RESYNC_BEGAN)               \
  KIND(ResyncEnded, RESYNC_ENDED)               \
  KIND(BookmarkObserved, BOOKMARK_OBSERVED)     \
  KIND(GapOpened, GAP_OPENED)                   \
  KIND(GapClosed, GAP_CLOSED)                   \
  KIND(NodeNumbered, NODE_NUMBERED)             \
  KIND(NodeObserved, NODE_OBSERVED)             \
  KIND(NodeGone, NODE_GONE)                     \
  KIND(WorkloadNumbered, WORKLOAD_NUMBERED)     \
  KIND(WorkloadObserved, WORKLOAD_OBSERVED)     \
  KIND(WorkloadGone, WORKLOAD_GONE)             \
  KIND(NamespaceObserved, NAMESPACE_OBSERVED)   \
  KIND(NamespaceGone, NAMESPACE_GONE)           \
  KIND(PodObserved, POD_OBSERVED)               \
  KIND(PodGone, POD_GONE)                       \
  KIND(ObjectUnchanged, OBJECT_UNCHANGED)       \
  KIND(BandwidthObserved, BANDWIDTH_OBSERVED)   \
  KIND(BandwidthGone, BANDWIDTH_GONE)           \
  KIND(ObjectUnreadable, OBJECT_UNREADABLE)     \
  KIND(FilterDecided, FILTER_DECIDED)           \
  KIND(FilterRepeated, FILTER_REPEATED)         \
  KIND(PrioritizeDecided, PRIORITIZE_DECIDED)   \
  KIND(BandwidthReserved, BANDWIDTH_RESERVED)   \
  KIND(BindRefused, BIND_REFUSED)               \
  KIND(BindingConfirmed, BINDING_CONFIRMED)     \
  KIND(BindingRefused, BINDING_REFUSED)         \
  KIND(PodWoken, POD_WOKEN)                     \
  KIND(LinkOvercommitted, LINK_OVERCOMMITTED)   \
  KIND(LinkRecovered, LINK_RECOVERED)           \
  KIND(DriftBegan, DRIFT_BEGAN)                 \
  KIND(DriftEnded, DRIFT_ENDED)                 \
  KIND(GroupStuck, GROUP_STUCK)                 \
  KIND(TakeOverEnded, TAKE_OVER_ENDED)          \
  KIND(GrantRaised, GRANT_RAISED)

// An enum of ours and its twin on the wire have the same numbers; only the last of each need be compared.
template <class Ours, class Theirs, Ours kLastOurs, Theirs kLastTheirs>
struct Twin {
  static_assert(static_cast<std::uint16_t>(kLastOurs) == static_cast<std::uint16_t>(kLastTheirs));
  using type = Theirs;
  static constexpr auto kLast = static_cast<std::uint16_t>(kLastOurs);
};

template <class Ours>
struct WireEnum;
template <>
struct WireEnum<Stream> : Twin<Stream, wire::Stream, Stream::kJobs, wire::Stream::JOBS> {};
template <>
struct WireEnum<Dialect> : Twin<Dialect, wire::Dialect, Dialect::kCalico, wire::Dialect::CALICO> {};
template <>
struct WireEnum<Direction> : Twin<Direction, wire::Direction, Direction::kDl, wire::Direction::DL> {};
template <>
struct WireEnum<ScoringPlugin> : Twin<ScoringPlugin, wire::ScoringPlugin, ScoringPlugin::kMeasuredBandwidth,
                                      wire::ScoringPlugin::MEASURED_BANDWIDTH> {};
template <>
struct WireEnum<WorkloadKind> : Twin<WorkloadKind, wire::WorkloadKind, WorkloadKind::kJob, wire::WorkloadKind::JOB> {};
template <>
struct WireEnum<PodPhase> : Twin<PodPhase, wire::PodPhase, PodPhase::kUnknown, wire::PodPhase::UNKNOWN> {};
template <>
struct WireEnum<ObservedBy> : Twin<ObservedBy, wire::ObservedBy, ObservedBy::kRead, wire::ObservedBy::READ> {};
template <>
struct WireEnum<Reason> : Twin<Reason, wire::Reason, Reason::kReservedElsewhere, wire::Reason::RESERVED_ELSEWHERE> {};
template <>
struct WireEnum<NodeSetDelta::Base>
    : Twin<NodeSetDelta::Base, wire::NodeSetDelta::Base, NodeSetDelta::Base::kNamed, wire::NodeSetDelta::Base::NAMED> {
};
template <>
struct WireEnum<GroupRef::Kind>
    : Twin<GroupRef::Kind, wire::GroupRef::Kind, GroupRef::Kind::kNamed, wire::GroupRef::Kind::NAMED> {};
template <>
struct WireEnum<LinkName::Kind>
    : Twin<LinkName::Kind, wire::LinkName::Kind, LinkName::Kind::kUplink, wire::LinkName::Kind::UPLINK> {};

// Facts and parts of facts that snapshots hold too.
#define BW_WIRE_PARTS(PART) \
  PART(Policy)              \
  PART(Rates)               \
  PART(GroupRef)            \
  PART(LinkName)            \
  PART(GapOpened)           \
  PART(NamespaceObserved)   \
  PART(NodeObserved)        \
  PART(BandwidthObserved)   \
  PART(WorkloadNumbered)    \
  PART(WorkloadObserved)    \
  PART(PodObserved)

// As write_event() and read_event(); `unknown` becomes true where `in` holds an enumerator that this version does not
// know.
#define BW_DECLARE_PART(Part)                                 \
  void write_part(const Part& part, wire::Part::Builder out); \
  const char* read_part(wire::Part::Reader in, Part& part, bool& unknown);
BW_WIRE_PARTS(BW_DECLARE_PART)
#undef BW_DECLARE_PART
void write_uid(const std::string& uid, wire::Uid::Builder out);
void read_uid(wire::Uid::Reader in, std::string& uid);

// Fills `out`, a root just made.
void write_event(const Event& event, wire::Event::Builder out);

// Fills `event` but for its sequence, reusing its memory. Returns null, or what is wrong with `in`. Throws
// kj::Exception where a pointer of `in` is broken.
const char* read_event(wire::Event::Reader in, Event& event);

}  // namespace bw
