// Checks what all replicas together must keep, on the API server's truth and on what each has recorded: one of them
// decides at a time; no Binding that a leader decided on is carried out once a later one has begun to decide (R14); and
// all that they have bound never puts a link above its capacity (R9). Thread: the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "journal/event.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/rules.h"

namespace bw::simulation {

// A reservation as a fact recorded it.
struct RecordedGrant {
  Sequence sequence = 0;
  std::uint64_t reign = 0;  // of which leadership; 0: nobody is elected
  std::string uid, space, name, node;
  Rates granted;
  std::string group;  // "Named/space/name" or "Workload/uid"; "": none
  bool all_links = false;
};

class ClusterCheck {
 public:
  ClusterCheck(World& world, const ObjectStore& store, const Policy& policy)
      : world_(world), store_(store), policy_(policy) {}

  // ---- what a replica has recorded ----
  void term_began(const std::string& replica, const TermBegan& fact);
  void take_over_ended(const std::string& replica);
  void reserved(const std::string& replica, const RecordedGrant& grant);
  // Leaderships are counted here: terms are not new where somebody deleted the Lease and no pod bears the old one.
  std::uint64_t reign_of(const std::string& replica) const;
  // ---- the truth ----
  // A Binding was carried out that serves `grant`. `raised_by_others`: groups whose meeting point, as the replica knows
  // it, was raised by something else than its decisions; R10 lets their links be above capacity from then on.
  void bound(const std::string& replica, const ModelObject& pod, const RecordedGrant& grant,
             const std::set<std::string>& raised_by_others);
  bool has_bound(const std::string& uid) const { return ours_.contains(uid); }

 private:
  struct Bound {
    ModelObject pod;
    RecordedGrant grant;
  };

  void check_links();
  void forget_ended();
  std::string who_is_on(const std::string& link) const;

  World& world_;
  const ObjectStore& store_;
  const Policy& policy_;
  std::map<std::string, std::uint64_t> reigns_;  // the newest of each replica
  std::uint64_t newest_reign_ = 0, newest_term_ = 0;
  std::uint64_t deciding_ = 0;         // the reign that began to decide last
  std::map<std::string, Bound> ours_;  // by uid
  std::set<std::string> raised_by_others_;
};

}  // namespace bw::simulation
