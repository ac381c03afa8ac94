@0xa8d62223e8c22c84;
# The stored form of an event: one framed message (`capnp decode event.capnp Event` reads it) of one struct Event. The
# structs have the names and fields of journal/event.h, which says what they mean.
#
# How this schema may change. A journal is read for ever, so what is here stays:
# - Ordinals only grow. None is used twice, moved, or given another type or default; names may change.
# - Each struct and enum has an explicit type id.
# - A new kind of fact is a new member of the union in Event, with a struct of its own, even an empty one. Nothing
#   moves into or out of that union.
# - A new field means, where it is absent (0, false, null), what was true before it existed.
# - Enumerators are added at the end. A reader that does not know one treats the whole fact as of an unknown kind.
# All this is a minor change: every reader of the same major version accepts it, keeps and counts the facts that it does
# not know, and says so. Anything else is a new major version: the number `format` in the journal's metadata, which a
# reader of another major version refuses.
#
# Conventions that keep events small: an optional number is a flag `hasX` beside `x`, so that absent is all zero; an
# optional enum has `unsaid` first; the monotonic clock is stored as its distance from the wall clock, which repeats.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("bw::wire");

struct Event @0x9aa99044c7860b5b {
  timeNs @0 :Int64;         # since 1970-01-01T00:00:00Z
  clockOffsetNs @1 :Int64;  # timeNs - monotonic clock, modulo 2^64
  term @2 :UInt64;
  union {
    none @3 :Void;  # never written, so that zeroed bytes are no event
    journalCreated @4 :JournalCreated;
    clusterIdentified @5 :ClusterIdentified;
    epochBegan @6 :EpochBegan;
    termBegan @7 :TermBegan;
    termEnded @8 :TermEnded;
    clockSteppedBack @9 :ClockSteppedBack;
    deadlinePassed @10 :DeadlinePassed;
    snapshotTaken @11 :SnapshotTaken;
    historyCut @12 :HistoryCut;
    historyLost @13 :HistoryLost;
    tailDropped @14 :TailDropped;
    decisionsSuspended @15 :DecisionsSuspended;
    decisionsResumed @16 :DecisionsResumed;
    resyncBegan @17 :ResyncBegan;
    resyncEnded @18 :ResyncEnded;
    bookmarkObserved @19 :BookmarkObserved;
    gapOpened @20 :GapOpened;
    gapClosed @21 :GapClosed;
    nodeNumbered @22 :NodeNumbered;
    nodeObserved @23 :NodeObserved;
    nodeGone @24 :NodeGone;
    workloadNumbered @25 :WorkloadNumbered;
    workloadObserved @26 :WorkloadObserved;
    workloadGone @27 :WorkloadGone;
    namespaceObserved @28 :NamespaceObserved;
    namespaceGone @29 :NamespaceGone;
    podObserved @30 :PodObserved;
    podGone @31 :PodGone;
    objectUnchanged @32 :ObjectUnchanged;
    bandwidthObserved @33 :BandwidthObserved;
    bandwidthGone @34 :BandwidthGone;
    objectUnreadable @35 :ObjectUnreadable;
    filterDecided @36 :FilterDecided;
    filterRepeated @37 :FilterRepeated;
    prioritizeDecided @38 :PrioritizeDecided;
    bandwidthReserved @39 :BandwidthReserved;
    bindRefused @40 :BindRefused;
    bindingConfirmed @41 :BindingConfirmed;
    bindingRefused @42 :BindingRefused;
    podWoken @43 :PodWoken;
    linkOvercommitted @44 :LinkOvercommitted;
    linkRecovered @45 :LinkRecovered;
    driftBegan @46 :DriftBegan;
    driftEnded @47 :DriftEnded;
    groupStuck @48 :GroupStuck;
    takeOverEnded @49 :TakeOverEnded;
    grantRaised @50 :GrantRaised;
  }
}

# ---- parts of facts -------------------------------------------------------------------------------------------------

# A uid. One in the canonical form of a UUID (lower case, not all zero) is its 128 bits, the first digits in `high`.
# Any other text is `text`, with both numbers 0.
struct Uid @0xcc7498e7613cf420 {
  high @0 :UInt64;
  low @1 :UInt64;
  text @2 :Text;
}

# bit/s
struct Rates @0x9d050713ee4ac533 {
  ul @0 :Int64;
  dl @1 :Int64;
}

struct Head @0xf3a89f8bd8087471 {
  sequence @0 :UInt64;
  hash @1 :Data;  # 32 bytes
}

enum Stream @0xc210b11c6555e53a {
  pods @0;
  nodes @1;
  bandwidths @2;
  namespaces @3;
  replicaSets @4;
  deployments @5;
  statefulSets @6;
  daemonSets @7;
  jobs @8;
}

enum Dialect @0xc52a8e735de21bdc {
  kubernetes @0;
  ovn @1;
  calico @2;
}

enum Direction @0x895acdfd86914d36 {
  ul @0;
  dl @1;
}

# ---- the journal itself ---------------------------------------------------------------------------------------------

struct JournalCreated @0xddcd6732585a4aa2 {
  id @0 :Data;  # 16 bytes
}

struct ClusterIdentified @0xf7c590809bb60f90 {
  uid @0 :Uid;
}

struct EpochBegan @0xc0b88c4e3e87e950 {
  binary @0 :Text;
  rulesVersion @1 :UInt32;
  policy @2 :Policy;
  configuration @3 :Text;
}

struct Policy @0xe38d4ba5a2a06e06 {
  defaultLocalCapacity @0 :Rates;
  defaultNetworkCapacity @1 :Rates;
  levels @2 :List(TopologyLevel);
  dialects @3 :List(Dialect);
  defaultRequest @4 :Rates;
  writeDialect @5 :Dialect;
  alwaysChargeNetwork @6 :Bool;
  hasMaxInterfaces @7 :Bool;
  maxInterfaces @8 :UInt32;
  scoringSeed @9 :UInt64;
  plugins @10 :List(PluginWeight);
  candidates @11 :UInt32;
}

struct TopologyLevel @0x8e19de9990fd6826 {
  label @0 :Text;
  uplink @1 :Rates;
  byValue @2 :List(UplinkOfValue);
}

struct UplinkOfValue @0xa848ed334b73399a {
  value @0 :Text;
  uplink @1 :Rates;
}

enum ScoringPlugin @0x8f3620a9fa009c5b {
  colocation @0;
  freeBandwidth @1;
  interfaceCount @2;
  activeFlows @3;
  measuredBandwidth @4;
}

struct PluginWeight @0x93afb7d31461dda1 {
  plugin @0 :ScoringPlugin;
  hasThreshold @1 :Bool;
  weight @2 :UInt32;
  threshold @3 :Int64;
}

struct TermBegan @0xa6d995f24845c65e {
  term @0 :UInt64;
  holder @1 :Text;
  continued @2 :Bool;
}

struct TakeOverEnded @0xd2b8a41f6c3e9075 {
}

struct TermEnded @0xb36adbdc8d5f2361 {
  reason @0 :Text;
}

struct ClockSteppedBack @0x87b48af96afb2eca {
  byNs @0 :Int64;
}

struct DeadlinePassed @0x83e455453df3bee8 {}

struct SnapshotTaken @0xa6e08d1139ec2ac7 {
  sequence @0 :UInt64;
  headHash @1 :Data;  # 32 bytes
  fileHash @2 :Data;  # 32 bytes
  stateDigest @3 :UInt64;
  rulesVersion @4 :UInt32;
  file @5 :Text;
}

struct HistoryCut @0x8c645f88d0274757 {
  first @0 :UInt64;
  previousHash @1 :Data;  # 32 bytes
  snapshot @2 :UInt64;
}

struct HistoryLost @0x95b694ed4c3eca39 {
  oldId @0 :Data;  # 16 bytes
  lastReadable @1 :Head;
  known @2 :Head;
}

struct TailDropped @0x9a7748ea3bd7bb49 {
  bytes @0 :UInt64;
  detail @1 :Text;
}

struct DecisionsSuspended @0xd6f02252b332b3ff {
  reason @0 :Text;
}

struct DecisionsResumed @0xdc5af67345a3ec92 {}

# ---- what the watches saw -------------------------------------------------------------------------------------------

struct ResyncBegan @0xe8c41d96faf6e26f {
  stream @0 :Stream;
  restored @1 :Bool;
}

struct ResyncEnded @0xf1e4f9d548df4645 {
  stream @0 :Stream;
  resourceVersion @1 :UInt64;
}

struct BookmarkObserved @0xef7d173c694133ce {
  stream @0 :Stream;
  resourceVersion @1 :UInt64;
}

struct GapOpened @0x80f4cf22c407ad6e {
  stream @0 :Stream;
  sinceNs @1 :Int64;
  sinceSequence @2 :UInt64;
  reason @3 :Text;
}

struct GapClosed @0xb06d5a4928123a16 {
  stream @0 :Stream;
  changed @1 :UInt32;
  added @2 :UInt32;
  gone @3 :UInt32;
}

struct NodeNumbered @0x963bdd81c1a18ebb {
  node @0 :UInt32;
  name @1 :Text;
}

struct NodeObserved @0xde69e53c5e068331 {
  node @0 :UInt32;
  allocatablePods @1 :UInt32;
  resourceVersion @2 :UInt64;
  unschedulable @3 :Bool;
  uid @4 :Uid;
  levelValues @5 :List(Text);
}

struct NodeGone @0x9c4d2a2b56fa6dc6 {
  node @0 :UInt32;
  resourceVersion @1 :UInt64;
}

enum WorkloadKind @0xc971b679b71141a6 {
  other @0;
  replicaSet @1;
  deployment @2;
  statefulSet @3;
  daemonSet @4;
  job @5;
}

struct WorkloadNumbered @0x9a1f19413217e28b {
  workload @0 :UInt32;
  kind @1 :WorkloadKind;
  kindName @2 :Text;
  space @3 :Text;
  name @4 :Text;
  uid @5 :Uid;
}

struct WorkloadObserved @0xec89ce80cedb1095 {
  workload @0 :UInt32;
  hasController @1 :Bool;
  hasWanted @2 :Bool;
  resourceVersion @3 :UInt64;
  controller @4 :UInt32;
  wanted @5 :UInt32;
}

struct WorkloadGone @0x931806937a6adc0f {
  workload @0 :UInt32;
  resourceVersion @1 :UInt64;
}

struct NamespaceObserved @0x8f9c913665cbc27b {
  name @0 :Text;
  resourceVersion @1 :UInt64;
  hasDefaultUl @2 :Bool;
  hasDefaultDl @3 :Bool;
  defaultUl @4 :Int64;
  defaultDl @5 :Int64;
}

struct NamespaceGone @0x95ef2301118fc7dc {
  name @0 :Text;
  resourceVersion @1 :UInt64;
}

struct RequestEntry @0xc0fada456b22fe0e {
  dialect @0 :Dialect;
  direction @1 :Direction;
  hasRate @2 :Bool;
  rate @3 :Int64;
  text @4 :Text;
}

enum PodPhase @0xd43442520379098b {
  pending @0;
  running @1;
  succeeded @2;
  failed @3;
  unknown @4;
}

enum NetworkCharge @0x9ea47887f9fe475c {
  unsaid @0;
  whenSpread @1;
  always @2;
}

struct PodIdentity @0xc5f2de6b6db29c85 {
  space @0 :Text;
  name @1 :Text;
  uid @2 :Uid;
}

enum ObservedBy @0xd9e4bd270469c8c9 {
  watch @0;
  list @1;
  filterCall @2;
  read @3;
}

# The fields of PodFields are here, not in a struct of their own: it is the most frequent fact.
struct PodObserved @0xd337ce7e6f5e3a42 {
  pod @0 :UInt32;
  node @1 :UInt32;
  resourceVersion @2 :UInt64;
  createdNs @3 :Int64;
  controller @4 :UInt32;
  interfaces @5 :UInt32;
  priority @6 :Int32;
  by @7 :ObservedBy;
  phase @8 :PodPhase;
  networkCharge @9 :NetworkCharge;
  hasNode @10 :Bool;
  hasController @11 :Bool;
  hasGranted @12 :Bool;
  terminating @13 :Bool;
  hostNetwork @14 :Bool;
  gated @15 :Bool;
  refused @16 :Bool;
  retry @17 :UInt32;
  term @18 :UInt64;
  identity @19 :PodIdentity;
  group @20 :Text;
  requests @21 :List(RequestEntry);
  grantedUl @22 :Int64;
  grantedDl @23 :Int64;
}

struct PodGone @0x8e521b81351eba2c {
  pod @0 :UInt32;
  resourceVersion @1 :UInt64;
}

struct ObjectUnchanged @0xc7da3e0fa7938bdc {
  number @0 :UInt32;
  stream @1 :Stream;
  resourceVersion @2 :UInt64;
}

struct KeptBack @0xb6e6303be638bf75 {
  name @0 :Text;
  local @1 :Rates;
  network @2 :Rates;
  hasUntil @3 :Bool;
  untilNs @4 :Int64;
}

struct BandwidthObserved @0xecefdb647ea8e6f0 {
  node @0 :UInt32;
  hasLocalUl @1 :Bool;
  hasLocalDl @2 :Bool;
  hasNetworkUl @3 :Bool;
  hasNetworkDl @4 :Bool;
  hasMaxInterfaces @5 :Bool;
  resourceVersion @6 :UInt64;
  generation @7 :Int64;
  localUl @8 :Int64;
  localDl @9 :Int64;
  networkUl @10 :Int64;
  networkDl @11 :Int64;
  maxInterfaces @12 :UInt32;
  uid @13 :Uid;
  keptBack @14 :List(KeptBack);
}

struct BandwidthGone @0x962eb3af53a75386 {
  node @0 :UInt32;
  resourceVersion @1 :UInt64;
}

struct ObjectUnreadable @0xe035c6c931c2910f {
  stream @0 :Stream;
  space @1 :Text;
  name @2 :Text;
  resourceVersion @3 :UInt64;
  problem @4 :Text;
}

# ---- decisions and what became of them ------------------------------------------------------------------------------

enum Reason @0xe9125b8cbf832ea6 {
  fits @0;
  invalidRequest @1;
  noCapacityRecorded @2;
  linkOvercommitted @3;
  localUplink @4;
  localDownlink @5;
  networkUplink @6;
  networkDownlink @7;
  aboveNode @8;
  groupNetwork @9;
  interfaceLimit @10;
  reservedElsewhere @11;
}

struct NodeSetDelta @0xe902a356a6cb448e {
  enum Base @0xa12c78a2f22b2fa3 {
    empty @0;
    schedulable @1;
    lastOffered @2;
    named @3;
  }
  base @0 :Base;
  toggled @1 :List(UInt32);  # gap, length, gap, length, ...; a gap counts from the end of the run before, modulo 2^32
  unknownNames @2 :List(Text);
}

struct RefusalCount @0xbd5f79ee86bf1c68 {
  reason @0 :Reason;
  nodes @1 :UInt32;
}

struct FilterDecided @0xf1a510f02ad8f1fa {
  pod @0 :UInt32;
  attempt @1 :UInt32;
  fitting @2 :UInt32;
  named @3 :UInt32;
  namedHash @4 :UInt64;
  offered @5 :NodeSetDelta;
  refusals @6 :List(RefusalCount);
}

struct FilterRepeated @0xa487a6126845a993 {
  pod @0 :UInt32;
  attempt @1 :UInt32;
  previous @2 :UInt64;
}

struct PrioritizeDecided @0xd43646178247e76b {
  pod @0 :UInt32;
  filter @1 :UInt64;
  scoresHash @2 :UInt64;
  offered @3 :NodeSetDelta;
}

struct GroupRef @0xc32b22f6a54c89a1 {
  enum Kind @0xf46ed37495457a7c {
    none @0;
    workload @1;
    named @2;
  }
  kind @0 :Kind;
  workload @1 :UInt32;
  name @2 :Text;
}

struct BandwidthReserved @0xe6ef41e77db31136 {
  pod @0 :UInt32;
  node @1 :UInt32;
  grantedUl @2 :Int64;
  grantedDl @3 :Int64;
  defaultUl @4 :Bool;
  defaultDl @5 :Bool;
  allLinks @6 :Bool;
  group @7 :GroupRef;
}

struct BindRefused @0xf27f3c7382183435 {
  uid @0 :Uid;
  nodeName @1 :Text;
  reason @2 :Reason;
}

struct BindingConfirmed @0x94c7a73605c8bff5 {
  pod @0 :UInt32;
  node @1 :UInt32;
}

struct BindingRefused @0x93548ebb15b5e67f {
  pod @0 :UInt32;
  node @1 :UInt32;
  status @2 :UInt16;
  message @3 :Text;
}

struct PodWoken @0x8bae6d7ff5442530 {
  pod @0 :UInt32;
  retry @1 :UInt32;
}

# ---- conditions that begin and end ----------------------------------------------------------------------------------

struct LinkName @0xc703ba1e328be047 {
  enum Kind @0x8819e4cf0579a04e {
    local @0;
    network @1;
    uplink @2;
  }
  kind @0 :Kind;
  node @1 :UInt32;
  uplink @2 :Text;
}

struct LinkOvercommitted @0x854ffde74f77ebe9 {
  link @0 :LinkName;
}

struct LinkRecovered @0xfcb82abeee7390b2 {
  link @0 :LinkName;
}

struct DriftBegan @0xc7ee7fcd5461a30c {
  pod @0 :UInt32;
  requested @1 :Rates;
}

struct DriftEnded @0xea834a207486686b {
  pod @0 :UInt32;
}

struct GroupStuck @0x859a820c4a2250d3 {
  pod @0 :UInt32;
  node @1 :UInt32;
  lacking @2 :Rates;
}

struct GrantRaised @0x8a97b306661a6796 {
  pod @0 :UInt32;
  granted @1 :Rates;
}
