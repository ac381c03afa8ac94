// A node and an uplink as people and programs are shown them: the Bandwidth object's status, the read API and
// `bwreplay at` are all written from these. Exact bit/s; whoever shows Mbps rounds. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "projections/state.h"

namespace bw {

struct LinkView {
  Rates capacity;
  Rates kept_back;
  Rates used;       // cut at the largest 64-bit number
  Rates available;  // capacity - kept back - used, never below 0
  bool overcommitted = false;
  bool operator==(const LinkView&) const = default;
};

enum class ReservationPhase : std::uint8_t { kReserved, kBound, kTerminating };

struct ReservationView {
  std::string space;
  std::string pod_name;
  std::string pod_uid;
  std::string group_kind;  // "" of no group
  std::string group_name;
  Rates charged;
  std::vector<std::string> links;  // it is charged on: local, network, names of uplinks
  ReservationPhase phase = ReservationPhase::kBound;
  PlacedBy by = PlacedBy::kUs;
  bool unshaped = false;  // hostNetwork: counted, but no CNI shapes it
  bool drifts = false;
  bool operator==(const ReservationView&) const = default;
};

struct NodeView {
  std::string name;
  bool present = false;
  std::int64_t observed_generation = 0;  // 0: no Bandwidth object
  LinkView local;
  LinkView network;
  std::uint64_t interfaces_used = 0;
  std::optional<std::uint32_t> max_interfaces;
  std::uint64_t pods = 0;                     // that count, also those that ask for nothing
  std::vector<ReservationView> reservations;  // pods that ask for something, by namespace and name
  NodeReadiness readiness = NodeReadiness::kReady;
  Timestamp readiness_since;
  bool overcommitted = false;
  Timestamp overcommitted_since;
  bool operator==(const NodeView&) const = default;
};

struct UplinkView {
  std::string name;
  std::string label;  // of its level
  LinkView link;
  bool operator==(const UplinkView&) const = default;
};

NodeView view_node(const State& state, NodeNumber node);

// All nodes that exist, have a Bandwidth object or hold pods, by name.
std::vector<NodeView> view_nodes(const State& state);

std::vector<UplinkView> view_uplinks(const State& state);

LinkView view_link(const Link& link);

// Mbit/s for people: never in a pod's favour (R1).
constexpr std::int64_t megabits_up(BitsPerSecond rate) { return (rate + kBitsPerMegabit - 1) / kBitsPerMegabit; }
constexpr std::int64_t megabits_down(BitsPerSecond rate) { return rate / kBitsPerMegabit; }

}  // namespace bw
