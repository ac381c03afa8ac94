@0xa5b63d0f9086aa62;
# The stored form of a snapshot's records: each is one framed message of one struct Record. The structs have the names
# and fields of journal/snapshot_record.h, which says what they mean. Parts that facts have too are those of
# event.capnp.
#
# This schema changes by the rule at the head of event.capnp: ordinals only grow, every struct and enum has an explicit
# type id, a new kind is a new member of the union in Record, an absent field means what was true before it existed.
# Every released version of a record is readable for ever. A reader that meets a kind or an enumerator that it does not
# know leaves the whole snapshot alone: it folds events, or begins from an older snapshot.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("bw::wire");

using Facts = import "event.capnp";

struct Record @0xd45b0746effef9f5 {
  union {
    none @0 :Void;  # never written, so that zeroed bytes are no record
    header @1 :HeaderRecord;
    stream @2 :StreamRecord;
    namespace @3 :NamespaceRecord;
    uplink @4 :UplinkRecord;
    node @5 :NodeRecord;
    workload @6 :WorkloadRecord;
    offered @7 :OfferedRecord;
    group @8 :GroupRecord;
    pod @9 :PodRecord;
    buried @10 :BuriedRecord;
  }
}

struct HeaderRecord @0x957f89758364e491 {
  journal @0 :Data;  # 16 bytes
  sequence @1 :UInt64;
  timeNs @2 :Int64;
  rulesVersion @3 :UInt32;
  suspended @4 :Bool;
  digest @5 :UInt64;
  cluster @6 :Text;
  term @7 :UInt64;
  termBegan @8 :UInt64;
  epoch @9 :UInt64;
  binary @10 :Text;
  notUnderstood @11 :UInt64;
  grewAt @12 :UInt64;
  lastOffered @13 :List(UInt32);
  policy @14 :Facts.Policy;
  takingOver @15 :Bool;
}

struct StreamRecord @0xeed2d20e4070c376 {
  stream @0 :Facts.Stream;
  synced @1 :Bool;
  restored @2 :Bool;
  resourceVersion @3 :UInt64;
  settled @4 :UInt64;
  resyncBegan @5 :UInt64;
  gap @6 :Facts.GapOpened;  # null: none
  seenAtNs @7 :Int64;
  seenSequence @8 :UInt64;
  changed @9 :UInt32;
  added @10 :UInt32;
  gone @11 :UInt32;
  unreadable @12 :UInt64;
}

struct NamespaceRecord @0xcac63a9d95133039 {
  last @0 :Facts.NamespaceObserved;
  listedAt @1 :UInt64;
}

struct UplinkRecord @0xf3403d935d026b7d {
  name @0 :Text;
  parent @1 :Text;
  level @2 :UInt32;
  announced @3 :Bool;
  capacity @4 :Facts.Rates;
}

struct NodeRecord @0xabb582bbc23f08c1 {
  name @0 :Text;
  last @1 :Facts.NodeObserved;
  object @2 :Facts.BandwidthObserved;  # null: none
  uplink @3 :Text;
  present @4 :Bool;
  hasAbsentSince @5 :Bool;
  localAnnounced @6 :Bool;
  networkAnnounced @7 :Bool;
  hasDeadline @8 :Bool;
  removable @9 :Bool;
  absentSinceNs @10 :Int64;
  localKeptBack @11 :Facts.Rates;
  networkKeptBack @12 :Facts.Rates;
  readinessSinceNs @13 :Int64;
  overcommittedSinceNs @14 :Int64;
  deadlineNs @15 :Int64;
  changedAt @16 :UInt64;
  listedAt @17 :UInt64;
  objectListedAt @18 :UInt64;
  easedAt @19 :UInt64;
}

struct WorkloadRecord @0xb400094a7f8162f6 {
  given @0 :Facts.WorkloadNumbered;
  last @1 :Facts.WorkloadObserved;
  observed @2 :Bool;
  gone @3 :Bool;
  listedAt @4 :UInt64;
}

struct OfferedRecord @0x8316cb16edb8ce31 {
  nodes @0 :List(UInt32);
}

struct GroupRecord @0xd371ba53b1d3996b {
  number @0 :UInt32;
  wanted @1 :UInt32;
  hasWanted @2 :Bool;
  spread @3 :Bool;
  ref @4 :Facts.GroupRef;
  space @5 :Text;
  meeting @6 :Facts.LinkName;
}

enum PlacedBy @0xecb00a7336ca73bf {
  us @0;
  granted @1;
  foreign @2;
}

struct PlacementRecord @0x8a96e8c560da7325 {
  node @0 :UInt32;
  groupNumber @1 :UInt32;
  top @2 :UInt32;
  by @3 :PlacedBy;
  hasGroupNumber @4 :Bool;
  hasTop @5 :Bool;
  defaultUl @6 :Bool;
  defaultDl @7 :Bool;
  allLinks @8 :Bool;
  settled @9 :Bool;
  terminating @10 :Bool;
  granted @11 :Facts.Rates;
  charged @12 :Facts.Rates;
  group @13 :Facts.GroupRef;
  reservedAt @14 :UInt64;
  settledAt @15 :UInt64;
  term @16 :UInt64;
}

struct RefusalRecord @0xb2e7acfdf0befe36 {
  offered @0 :UInt32;
  hasOffered @1 :Bool;
  attemptedAt @2 :UInt64;
  wokenAt @3 :UInt64;
  wokenTimeNs @4 :Int64;
}

struct PodRecord @0xe177d45eede336b7 {
  last @0 :Facts.PodObserved;
  listedAt @1 :UInt64;
  attempts @2 :UInt32;
  retry @3 :UInt32;
  lastFilter @4 :UInt64;
  lastVerdict @5 :UInt64;
  lastNamedHash @6 :UInt64;
  behind @7 :UInt64;
  drifts @8 :Bool;
  driftChanged @9 :Bool;
  calledOnly @10 :Bool;
  toFence @11 :Bool;
  toWake @12 :Bool;
  placement @13 :PlacementRecord;  # null: none
  refusal @14 :RefusalRecord;      # null: none
}

struct BuriedRecord @0x895e56bead1a9d21 {
  uid @0 :Facts.Uid;
  resourceVersion @1 :UInt64;
}
