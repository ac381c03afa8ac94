// What the demo promises, checked at its end; what did not hold is said in sentences. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "demo_load.h"
#include "tests/support/capacity_watch.h"

namespace bw {

// What is written with --json; the demo succeeds when `failures` is empty.
struct Verdict {
  Snapshot end{};
  int bound_at_kill = 0;
  CapacityWatch::Findings watch{};
  std::string pending_reason{};
  bool replay_equals_live = false;
  std::string verify = "not run";
  double seconds = 0;  // from the creation of the load until nothing changed any more
  std::vector<std::string> failures{};
};

// Waits until the Bandwidth objects show what a recount of bound pods shows; they follow the binds within a second or
// two. Brings verdict.end up to date.
void check_status(Cluster& cluster, Verdict& verdict);

// As many pods as there should be, as many bound as fit, and no node over its capacity at any look.
void check_counts(const DemoLoad& load, Verdict& verdict);

// A pending pod says in its condition PodScheduled that bandwidth is short.
void check_reason(Cluster& cluster, Verdict& verdict);

// `bwreplay verify` holds, and `bwreplay at` the end of the journal equals the Bandwidth objects.
void check_replay(const std::filesystem::path& journal, Verdict& verdict);

// The whole verdict, as one JSON object.
void write_json(const std::filesystem::path& file, const DemoLoad& load, const Verdict& verdict);

}  // namespace bw
