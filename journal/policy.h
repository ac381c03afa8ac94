// The part of the configuration that decisions and projections depend on. It enters the state only through
// the EpochBegan fact, so that a journal alone is enough to make the same decisions again. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/types.h"

namespace bw {

// A family of request annotations; the enumerators are bits' positions in stored masks and never change.
//   kKubernetes  kubernetes.io/{egress,ingress}-bandwidth        Quantity, bit/s
//   kOvn         ovn.kubernetes.io/{egress,ingress}_rate         whole Mbit/s
//   kCalico      qos.projectcalico.org/{egress,ingress}Bandwidth Quantity, bit/s
enum class Dialect : std::uint8_t { kKubernetes, kOvn, kCalico };
constexpr std::size_t kDialectCount = 3;

// One level of the topology above nodes, e.g. racks. Nodes that bear the same value of `label` (and of the
// labels of all outer levels) hang on one uplink.
struct TopologyLevel {
  std::string label;
  Rates uplink;                                         // of a value that is not named below
  std::vector<std::pair<std::string, Rates>> by_value;  // sorted by value
  bool operator==(const TopologyLevel&) const = default;
};

enum class ScoringPlugin : std::uint8_t {
  kColocation,
  kFreeBandwidth,
  kInterfaceCount,
  kActiveFlows,
  kMeasuredBandwidth,
};

struct PluginWeight {
  ScoringPlugin plugin = ScoringPlugin::kFreeBandwidth;
  std::uint32_t weight = 1;
  std::optional<std::int64_t> threshold;  // nodes above it are filtered; only for measured plugins
  bool operator==(const PluginWeight&) const = default;
};

struct Policy {
  Rates default_local_capacity{20'000 * kBitsPerMegabit, 20'000 * kBitsPerMegabit};
  Rates default_network_capacity{1'000 * kBitsPerMegabit, 1'000 * kBitsPerMegabit};
  std::vector<TopologyLevel> levels;  // innermost first
  std::vector<Dialect> dialects{Dialect::kKubernetes, Dialect::kOvn, Dialect::kCalico};
  Rates default_request;  // per direction, for pods and namespaces that say nothing
  Dialect write_dialect = Dialect::kKubernetes;
  bool always_charge_network = false;
  std::optional<std::uint32_t> max_interfaces;  // per node whose object says nothing; absent: no limit
  std::uint64_t scoring_seed = 1;
  std::vector<PluginWeight> plugins{{ScoringPlugin::kColocation, 5, {}},
                                    {ScoringPlugin::kFreeBandwidth, 2, {}},
                                    {ScoringPlugin::kInterfaceCount, 1, {}}};
  std::uint32_t candidates = 100;  // most nodes that a filter reply names
  bool operator==(const Policy&) const = default;
};

}  // namespace bw
