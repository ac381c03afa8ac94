// What bwreplay says about a journal, and whether it is what the cluster was told. It runs the program, as a person
// would, and compares its exact bit/s with the Mbps of the Bandwidth objects. Safe on any thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "journal/result.h"
#include "tests/support/cluster_view.h"

namespace bw {

// The answer of `bwreplay verify`.
struct VerifyReport {
  std::string result;  // ok, broken, shorter
  std::string refold;  // ok, differs
  Sequence last_sequence = 0;
  bool holds() const { return result == "ok" && refold == "ok"; }
};
Result<VerifyReport> replay_verify(const std::filesystem::path& journal);

// Of the answer of `bwreplay at`: by node, in the form of a Bandwidth object: used rounded up to Mbps, capacity and
// available rounded down.
struct NodeAt {
  NodeLinksView capacity;
  NodeLinksView used;
  NodeLinksView available;
};
Result<std::map<std::string, NodeAt>> replay_at(const std::filesystem::path& journal, Sequence sequence);
Result<std::map<std::string, NodeAt>> read_at(std::string_view json);

// Of `bwreplay at end`: the phase of each counted pod, by NAMESPACE/NAME.
Result<std::map<std::string, std::string>> replay_reservations(const std::filesystem::path& journal);

// One line of `bwreplay log`.
struct LoggedFact {
  Sequence sequence = 0;
  std::int64_t time_ns = 0;
  std::uint64_t term = 0;
  std::string kind;
  std::string json;  // of the fact
};
// Of this kind, in order; "": all.
Result<std::vector<LoggedFact>> replay_log(const std::filesystem::path& journal, const std::string& kind);

// What the Bandwidth objects say otherwise than the journal, one sentence for each; none when replay equals live.
std::vector<std::string> differences(const std::map<std::string, NodeAt>& replayed,
                                     const std::vector<BandwidthView>& live);

}  // namespace bw
