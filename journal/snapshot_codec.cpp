#include "journal/snapshot_codec.h"

#include <algorithm>

#include "event_wire.h"
#include "framed_message.h"
#include "snapshot.capnp.h"

namespace bw {
namespace {

// Every record with its member of the union wire::Record.
#define BW_WIRE_RECORDS(KIND)                 \
  KIND(HeaderRecord, HEADER, Header)          \
  KIND(StreamRecord, STREAM, Stream)          \
  KIND(NamespaceRecord, NAMESPACE, Namespace) \
  KIND(UplinkRecord, UPLINK, Uplink)          \
  KIND(NodeRecord, NODE, Node)                \
  KIND(WorkloadRecord, WORKLOAD, Workload)    \
  KIND(OfferedRecord, OFFERED, Offered)       \
  KIND(GroupRecord, GROUP, Group)             \
  KIND(PodRecord, POD, Pod)                   \
  KIND(BuriedRecord, BURIED, Buried)

capnp::Text::Reader text(const std::string& value) { return {value.data(), value.size()}; }

template <class Number>
std::uint32_t number(Number value) {
  return static_cast<std::uint32_t>(value);
}

void write_runs(const NodeRuns& runs, capnp::List<std::uint32_t>::Builder out) {
  for (unsigned i = 0; i < out.size(); ++i) out.set(i, runs[i]);
}

// ---- records -> wire --------------------------------------------------------------------------------------------

struct RecordWriter {
  wire::Record::Builder root;

  static void write(const HeaderRecord& record, wire::HeaderRecord::Builder out) {
    out.setJournal({record.journal.bytes.data(), record.journal.bytes.size()});
    out.setSequence(record.sequence);
    out.setTimeNs(record.time.ns);
    out.setRulesVersion(record.rules_version);
    out.setSuspended(record.suspended);
    out.setDigest(record.digest);
    out.setCluster(text(record.cluster));
    out.setTerm(record.term);
    out.setTermBegan(record.term_began);
    out.setTakingOver(record.taking_over);
    out.setEpoch(record.epoch);
    out.setBinary(text(record.binary));
    out.setNotUnderstood(record.not_understood);
    out.setGrewAt(record.grew_at);
    write_runs(record.last_offered, out.initLastOffered(static_cast<unsigned>(record.last_offered.size())));
    write_part(record.policy, out.initPolicy());
  }

  static void write(const StreamRecord& record, wire::StreamRecord::Builder out) {
    out.setStream(static_cast<wire::Stream>(record.stream));
    out.setSynced(record.synced);
    out.setRestored(record.restored);
    out.setResourceVersion(record.resource_version);
    out.setSettled(record.settled);
    out.setResyncBegan(record.resync_began);
    if (record.gap) write_part(*record.gap, out.initGap());
    out.setSeenAtNs(record.seen_at.ns);
    out.setSeenSequence(record.seen_sequence);
    out.setChanged(record.changed);
    out.setAdded(record.added);
    out.setGone(record.gone);
    out.setUnreadable(record.unreadable);
  }

  static void write(const NamespaceRecord& record, wire::NamespaceRecord::Builder out) {
    write_part(record.last, out.initLast());
    out.setListedAt(record.listed_at);
  }

  static void write(const UplinkRecord& record, wire::UplinkRecord::Builder out) {
    out.setName(text(record.name));
    out.setParent(text(record.parent));
    out.setLevel(record.level);
    out.setAnnounced(record.announced);
    write_part(record.capacity, out.initCapacity());
  }

  static void write(const NodeRecord& record, wire::NodeRecord::Builder out) {
    out.setName(text(record.name));
    write_part(record.last, out.initLast());
    if (record.object) write_part(*record.object, out.initObject());
    out.setUplink(text(record.uplink));
    out.setPresent(record.present);
    out.setHasAbsentSince(record.absent_since.has_value());
    out.setAbsentSinceNs(record.absent_since.value_or(Timestamp{}).ns);
    write_part(record.local_kept_back, out.initLocalKeptBack());
    write_part(record.network_kept_back, out.initNetworkKeptBack());
    out.setLocalAnnounced(record.local_announced);
    out.setNetworkAnnounced(record.network_announced);
    out.setReadinessSinceNs(record.readiness_since.ns);
    out.setOvercommittedSinceNs(record.overcommitted_since.ns);
    out.setHasDeadline(record.deadline.has_value());
    out.setDeadlineNs(record.deadline.value_or(Timestamp{}).ns);
    out.setRemovable(record.removable);
    out.setChangedAt(record.changed_at);
    out.setListedAt(record.listed_at);
    out.setObjectListedAt(record.object_listed_at);
    out.setEasedAt(record.eased_at);
  }

  static void write(const WorkloadRecord& record, wire::WorkloadRecord::Builder out) {
    write_part(record.given, out.initGiven());
    write_part(record.last, out.initLast());
    out.setObserved(record.observed);
    out.setGone(record.gone);
    out.setListedAt(record.listed_at);
  }

  static void write(const OfferedRecord& record, wire::OfferedRecord::Builder out) {
    write_runs(record.nodes, out.initNodes(static_cast<unsigned>(record.nodes.size())));
  }

  static void write(const GroupRecord& record, wire::GroupRecord::Builder out) {
    out.setNumber(record.number);
    write_part(record.ref, out.initRef());
    out.setSpace(text(record.space));
    out.setHasWanted(record.wanted.has_value());
    out.setWanted(record.wanted.value_or(0));
    out.setSpread(record.spread);
    write_part(record.meeting, out.initMeeting());
  }

  static void write(const PlacementRecord& record, wire::PlacementRecord::Builder out) {
    out.setNode(number(record.node));
    write_part(record.granted, out.initGranted());
    write_part(record.charged, out.initCharged());
    out.setDefaultUl(record.default_ul);
    out.setDefaultDl(record.default_dl);
    out.setAllLinks(record.all_links);
    out.setSettled(record.settled);
    out.setTerminating(record.terminating);
    out.setBy(static_cast<wire::PlacedBy>(record.by));
    write_part(record.group, out.initGroup());
    out.setHasGroupNumber(record.group_number.has_value());
    out.setGroupNumber(record.group_number.value_or(0));
    out.setHasTop(record.top.has_value());
    out.setTop(number(record.top.value_or(WorkloadNumber{})));
    out.setReservedAt(record.reserved_at);
    out.setTerm(record.term);
    out.setSettledAt(record.settled_at);
  }

  static void write(const RefusalRecord& record, wire::RefusalRecord::Builder out) {
    out.setAttemptedAt(record.attempted_at);
    out.setHasOffered(record.offered.has_value());
    out.setOffered(record.offered.value_or(0));
    out.setWokenAt(record.woken_at);
    out.setWokenTimeNs(record.woken_time.ns);
  }

  static void write(const PodRecord& record, wire::PodRecord::Builder out) {
    write_part(record.last, out.initLast());
    out.setListedAt(record.listed_at);
    out.setAttempts(record.attempts);
    out.setLastFilter(record.last_filter);
    out.setLastVerdict(record.last_verdict);
    out.setLastNamedHash(record.last_named_hash);
    out.setRetry(record.retry);
    out.setBehind(record.behind);
    out.setDrifts(record.drifts);
    out.setDriftChanged(record.drift_changed);
    out.setCalledOnly(record.called_only);
    out.setToFence(record.to_fence);
    out.setToWake(record.to_wake);
    if (record.placement) write(*record.placement, out.initPlacement());
    if (record.refusal) write(*record.refusal, out.initRefusal());
  }

  static void write(const BuriedRecord& record, wire::BuriedRecord::Builder out) {
    write_uid(record.uid, out.initUid());
    out.setResourceVersion(record.resource_version);
  }

  void operator()(const UnknownRecord&) { fail_check("an unknown record is never written", 0); }
#define BW_WRITE(Kind, MEMBER, Member) \
  void operator()(const Kind& record) { write(record, root.init##Member()); }
  BW_WIRE_RECORDS(BW_WRITE)
#undef BW_WRITE
};

// ---- wire -> records --------------------------------------------------------------------------------------------

// Reads one record into a new one of its kind.
class RecordReader {
 public:
  bool unknown = false;           // it holds an enumerator that this version does not know
  const char* problem = nullptr;  // it is no record

  void read(wire::HeaderRecord::Reader in, HeaderRecord& record) {
    const auto journal = in.getJournal();
    if (journal.size() == record.journal.bytes.size()) {
      std::copy(journal.begin(), journal.end(), record.journal.bytes.begin());
    } else {
      problem = "its id of a journal has a wrong size";
    }
    record.sequence = in.getSequence();
    record.time.ns = in.getTimeNs();
    record.rules_version = in.getRulesVersion();
    record.suspended = in.getSuspended();
    record.digest = in.getDigest();
    read(in.getCluster(), record.cluster);
    record.term = in.getTerm();
    record.term_began = in.getTermBegan();
    record.taking_over = in.getTakingOver();
    record.epoch = in.getEpoch();
    read(in.getBinary(), record.binary);
    record.not_understood = in.getNotUnderstood();
    record.grew_at = in.getGrewAt();
    read(in.getLastOffered(), record.last_offered);
    part(in.getPolicy(), record.policy);
  }

  void read(wire::StreamRecord::Reader in, StreamRecord& record) {
    unknown = unknown || static_cast<std::size_t>(in.getStream()) >= kStreamCount;
    record.stream = static_cast<Stream>(in.getStream());
    record.synced = in.getSynced();
    record.restored = in.getRestored();
    record.resource_version = in.getResourceVersion();
    record.settled = in.getSettled();
    record.resync_began = in.getResyncBegan();
    if (in.hasGap()) part(in.getGap(), record.gap.emplace());
    record.seen_at.ns = in.getSeenAtNs();
    record.seen_sequence = in.getSeenSequence();
    record.changed = in.getChanged();
    record.added = in.getAdded();
    record.gone = in.getGone();
    record.unreadable = in.getUnreadable();
  }

  void read(wire::NamespaceRecord::Reader in, NamespaceRecord& record) {
    part(in.getLast(), record.last);
    record.listed_at = in.getListedAt();
  }

  void read(wire::UplinkRecord::Reader in, UplinkRecord& record) {
    read(in.getName(), record.name);
    read(in.getParent(), record.parent);
    record.level = in.getLevel();
    record.announced = in.getAnnounced();
    part(in.getCapacity(), record.capacity);
  }

  void read(wire::NodeRecord::Reader in, NodeRecord& record) {
    read(in.getName(), record.name);
    part(in.getLast(), record.last);
    if (in.hasObject()) part(in.getObject(), record.object.emplace());
    read(in.getUplink(), record.uplink);
    record.present = in.getPresent();
    if (in.getHasAbsentSince()) record.absent_since = Timestamp{in.getAbsentSinceNs()};
    part(in.getLocalKeptBack(), record.local_kept_back);
    part(in.getNetworkKeptBack(), record.network_kept_back);
    record.local_announced = in.getLocalAnnounced();
    record.network_announced = in.getNetworkAnnounced();
    record.readiness_since.ns = in.getReadinessSinceNs();
    record.overcommitted_since.ns = in.getOvercommittedSinceNs();
    if (in.getHasDeadline()) record.deadline = Timestamp{in.getDeadlineNs()};
    record.removable = in.getRemovable();
    record.changed_at = in.getChangedAt();
    record.listed_at = in.getListedAt();
    record.object_listed_at = in.getObjectListedAt();
    record.eased_at = in.getEasedAt();
  }

  void read(wire::WorkloadRecord::Reader in, WorkloadRecord& record) {
    part(in.getGiven(), record.given);
    part(in.getLast(), record.last);
    record.observed = in.getObserved();
    record.gone = in.getGone();
    record.listed_at = in.getListedAt();
  }

  void read(wire::OfferedRecord::Reader in, OfferedRecord& record) { read(in.getNodes(), record.nodes); }

  void read(wire::GroupRecord::Reader in, GroupRecord& record) {
    record.number = in.getNumber();
    part(in.getRef(), record.ref);
    read(in.getSpace(), record.space);
    if (in.getHasWanted()) record.wanted = in.getWanted();
    record.spread = in.getSpread();
    part(in.getMeeting(), record.meeting);
  }

  void read(wire::PodRecord::Reader in, PodRecord& record) {
    part(in.getLast(), record.last);
    record.listed_at = in.getListedAt();
    record.attempts = in.getAttempts();
    record.last_filter = in.getLastFilter();
    record.last_verdict = in.getLastVerdict();
    record.last_named_hash = in.getLastNamedHash();
    record.retry = in.getRetry();
    record.behind = in.getBehind();
    record.drifts = in.getDrifts();
    record.drift_changed = in.getDriftChanged();
    record.called_only = in.getCalledOnly();
    record.to_fence = in.getToFence();
    record.to_wake = in.getToWake();
    if (in.hasPlacement()) read(in.getPlacement(), record.placement.emplace());
    if (in.hasRefusal()) read(in.getRefusal(), record.refusal.emplace());
  }

  void read(wire::BuriedRecord::Reader in, BuriedRecord& record) {
    read_uid(in.getUid(), record.uid);
    record.resource_version = in.getResourceVersion();
  }

 private:
  void read(wire::PlacementRecord::Reader in, PlacementRecord& record) {
    record.node = NodeNumber{in.getNode()};
    part(in.getGranted(), record.granted);
    part(in.getCharged(), record.charged);
    record.default_ul = in.getDefaultUl();
    record.default_dl = in.getDefaultDl();
    record.all_links = in.getAllLinks();
    record.settled = in.getSettled();
    record.terminating = in.getTerminating();
    unknown = unknown || in.getBy() > wire::PlacedBy::FOREIGN;
    record.by = static_cast<PlacedBy>(in.getBy());
    part(in.getGroup(), record.group);
    if (in.getHasGroupNumber()) record.group_number = in.getGroupNumber();
    if (in.getHasTop()) record.top = WorkloadNumber{in.getTop()};
    record.reserved_at = in.getReservedAt();
    record.term = in.getTerm();
    record.settled_at = in.getSettledAt();
  }

  void read(wire::RefusalRecord::Reader in, RefusalRecord& record) {
    record.attempted_at = in.getAttemptedAt();
    if (in.getHasOffered()) record.offered = in.getOffered();
    record.woken_at = in.getWokenAt();
    record.woken_time.ns = in.getWokenTimeNs();
  }

  static void read(capnp::Text::Reader in, std::string& text) { text.assign(in.begin(), in.size()); }

  static void read(capnp::List<std::uint32_t>::Reader in, NodeRuns& runs) {
    for (const std::uint32_t number : in) runs.push_back(number);
  }

  template <class Reader, class Part>
  void part(Reader in, Part& value) {
    if (const char* found = read_part(in, value, unknown)) problem = found;
  }
};

static_assert(static_cast<int>(PlacedBy::kForeign) == static_cast<int>(wire::PlacedBy::FOREIGN));

const char* read_record(wire::Record::Reader in, SnapshotRecord& record) {
  const auto kind = in.which();
  RecordReader reader;
  reader.unknown = true;  // a kind that is not in the switch
  switch (kind) {
    case wire::Record::NONE:
      return "it holds nothing";
#define BW_READ(Kind, MEMBER, Member)                      \
  case wire::Record::MEMBER:                               \
    reader.unknown = false;                                \
    reader.read(in.get##Member(), record.emplace<Kind>()); \
    break;
      BW_WIRE_RECORDS(BW_READ)
#undef BW_READ
  }
  if (reader.unknown) record = UnknownRecord{static_cast<std::uint16_t>(kind)};
  return reader.problem;
}

}  // namespace

struct SnapshotCodec::Buffers {
  FramedMessage message;
};

SnapshotCodec::SnapshotCodec() : buffers_(std::make_unique<Buffers>()) {}
SnapshotCodec::~SnapshotCodec() = default;
SnapshotCodec::SnapshotCodec(SnapshotCodec&&) noexcept = default;
SnapshotCodec& SnapshotCodec::operator=(SnapshotCodec&&) noexcept = default;

void SnapshotCodec::encode(const SnapshotRecord& record, std::string& out) {
  buffers_->message.append<wire::Record>(out,
                                         [&](wire::Record::Builder root) { std::visit(RecordWriter{root}, record); });
}

Result<void> SnapshotCodec::decode(std::string_view bytes, SnapshotRecord& record) {
  const std::string problem =
      buffers_->message.read<wire::Record>(bytes, [&](wire::Record::Reader root) { return read_record(root, record); });
  if (problem.empty()) return {};
  return Error{ErrorCode::kCorrupt, "a record of the snapshot cannot be read: " + problem};
}

}  // namespace bw
