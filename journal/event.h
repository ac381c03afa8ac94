// Facts: what happened, in the past tense, as plain structs. An event is a fact with its sequence and stamps;
// the journal holds nothing else. Facts refer to pods, nodes and workloads by the numbers that earlier facts
// gave them (PodObserved with an identity, NodeNumbered, WorkloadNumbered). Here: facts about the journal itself, and
// the event; the others are in observations.h and decisions.h. Values only; safe on any thread.
//
// The stored form is journal/event.capnp; a struct here and its struct there have the same fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "journal/decisions.h"
#include "journal/observations.h"
#include "journal/policy.h"
#include "journal/types.h"

namespace bw {

// ---- the journal itself -------------------------------------------------------------------------------------

// The first fact of every journal.
struct JournalCreated {
  JournalId id;
  bool operator==(const JournalCreated&) const = default;
};

// The cluster this journal belongs to: uid of the namespace kube-system. Another cluster is refused.
struct ClusterIdentified {
  std::string uid;
  bool operator==(const ClusterIdentified&) const = default;
};

// A start of the daemon. `configuration` is the whole effective configuration as YAML, for people.
struct EpochBegan {
  std::string binary;
  std::uint32_t rules_version = 0;  // of projections and decisions; digests compare only within one
  Policy policy;
  std::string configuration;
  bool operator==(const EpochBegan&) const = default;
};

// This replica leads from here on; `term` grows with every change of leader.
struct TermBegan {
  std::uint64_t term = 0;
  std::string holder;
  bool continued = false;  // the same holder was only restarted: nobody else led in between
  bool operator==(const TermBegan&) const = default;
};

// What a new leader must do before it decides is done: every unbound pod that asks for bandwidth bears the term.
struct TakeOverEnded {
  bool operator==(const TakeOverEnded&) const = default;
};

struct TermEnded {
  std::string reason;
  bool operator==(const TermEnded&) const = default;
};

// The wall clock was behind the last event; events keep the last time until it has caught up.
struct ClockSteppedBack {
  std::int64_t by_ns = 0;
  bool operator==(const ClockSteppedBack&) const = default;
};

// A time that the state was waiting for has come: apply() compares its deadlines with the event's time.
struct DeadlinePassed {
  bool operator==(const DeadlinePassed&) const = default;
};

// A snapshot of the state at `sequence` is durable in the file `file` beside the events.
struct SnapshotTaken {
  Sequence sequence = 0;
  Sha256 head_hash{};  // h(sequence)
  Sha256 file_hash{};
  std::uint64_t state_digest = 0;
  std::uint32_t rules_version = 0;
  std::string file;
  bool operator==(const SnapshotTaken&) const = default;
};

// Events before `first` may be gone; `previous_hash` is h(first - 1); `snapshot` replaces them.
struct HistoryCut {
  Sequence first = 0;
  Sha256 previous_hash{};
  Sequence snapshot = 0;
  bool operator==(const HistoryCut&) const = default;
};

// An older journal was set aside because it does not lead to a head of its own that is known from elsewhere: it ends
// before it, or (`last_readable` is not before `known`) holds other events up to it.
struct HistoryLost {
  JournalId old_id;
  Head last_readable;
  Head known;
  bool operator==(const HistoryLost&) const = default;
};

// Recovery found and dropped bytes behind the last readable event.
struct TailDropped {
  std::uint64_t bytes = 0;
  std::string detail;
  bool operator==(const TailDropped&) const = default;
};

// Filter and bind answer "not now" (no room on disk); decisions are not journaled until the next resume.
struct DecisionsSuspended {
  std::string reason;
  bool operator==(const DecisionsSuspended&) const = default;
};

struct DecisionsResumed {
  bool operator==(const DecisionsResumed&) const = default;
};

// A kind that this version does not know; kept and counted, never skipped in silence.
struct UnknownFact {
  std::uint16_t kind = 0;
  bool operator==(const UnknownFact&) const = default;
};

using Fact =
    std::variant<UnknownFact, JournalCreated, ClusterIdentified, EpochBegan, TermBegan, TermEnded, ClockSteppedBack,
                 DeadlinePassed, SnapshotTaken, HistoryCut, HistoryLost, TailDropped, DecisionsSuspended,
                 DecisionsResumed, ResyncBegan, ResyncEnded, BookmarkObserved, GapOpened, GapClosed, NodeNumbered,
                 NodeObserved, NodeGone, WorkloadNumbered, WorkloadObserved, WorkloadGone, NamespaceObserved,
                 NamespaceGone, PodObserved, PodGone, ObjectUnchanged, BandwidthObserved, BandwidthGone,
                 ObjectUnreadable, FilterDecided, FilterRepeated, PrioritizeDecided, BandwidthReserved, BindRefused,
                 BindingConfirmed, BindingRefused, PodWoken, LinkOvercommitted, LinkRecovered, DriftBegan, DriftEnded,
                 GroupStuck, TakeOverEnded, GrantRaised>;

struct Event {
  Sequence sequence = 0;
  Timestamp time;                 // max(time of the event before, wall clock)
  std::int64_t monotonic_ns = 0;  // of the machine's monotonic clock; comparable within one epoch
  std::uint64_t term = 0;         // of the leader that wrote it; 0: follower or no election
  Fact fact;
  bool operator==(const Event&) const = default;
};

}  // namespace bw
