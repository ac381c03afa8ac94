// Decisions: pure functions of the state and a request. Each returns its verdict and the facts that record it; the
// caller journals the facts, applies them, and only then (for binds: once they are durable) answers. No clock, no
// I/O, no randomness, no logging.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/fit.h"
#include "projections/observation.h"

namespace bw {

// ---- the scheduler's calls ----

struct RefusedNode {
  NodeNumber node{};
  Fit fit;
};

struct FilterVerdict {
  bool all = false;                                     // the pod asks for nothing: every offered node, known or not
  std::vector<NodeNumber> named;                        // ascending; empty: none fits
  std::vector<RefusedNode> refused;                     // ascending; filled only if none fits
  Reason unknown_reason = Reason::kNoCapacityRecorded;  // of offered names that have no number, if none fits
  std::vector<Fact> facts;
};

// `pod` has been observed, in the call or before.
FilterVerdict decide_filter(const State& state, PodNumber pod, const NodeSet& offered,
                            std::vector<std::string> unknown_names);

struct PrioritizeVerdict {
  std::vector<std::pair<NodeNumber, std::uint32_t>> scores;  // 10..1, best first; all others score 0
  std::vector<Fact> facts;
};
PrioritizeVerdict decide_prioritize(const State& state, PodNumber pod, const NodeSet& offered,
                                    std::vector<std::string> unknown_names);

struct BindVerdict {
  enum class Outcome {
    kReserve,  // the facts reserve; bind once they are durable
    kJoin,     // reserved on this node by an earlier call whose Binding is under way
    kDone,     // bound to this node
    kRefuse,
  };
  Outcome outcome = Outcome::kRefuse;
  std::string refusal;  // one sentence for the scheduler's event
  std::vector<Fact> facts;
};
BindVerdict decide_bind(const State& state, std::string_view uid, std::string_view node_name);

// ---- what was observed ----

// Facts that a read object makes: none if it is not news. The objects of a list, and of a watch, in their order.
std::vector<Fact> decide_observed(const State& state, ObservedBy by, Stream stream, const ObjectSeen& object);

// The object of a DELETED event.
std::vector<Fact> decide_deleted(const State& state, Stream stream, const ObjectSeen& object);

// A list at `resource_version` has ended: what it did not hold is gone.
std::vector<Fact> decide_list_ended(const State& state, Stream stream, ResourceVersion resource_version);

// A bookmark of the stream has been recorded: pods that only a filter call has shown, and no event up to it, are gone.
std::vector<Fact> decide_bookmark(const State& state, Stream stream);

// ---- what follows by itself ----

// Conditions that began or ended with the events so far: overcommitted links, drift.
std::vector<Fact> decide_conditions(const State& state);

// DeadlinePassed, if one has at `now`.
std::vector<Fact> decide_deadlines(const State& state, Timestamp now);

}  // namespace bw
