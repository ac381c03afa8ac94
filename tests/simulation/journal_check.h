// Checks what the daemon writes, fact by fact, with a state of its own that it folds from the written bytes: the chain
// holds, the fold is the live state, every decision is made again from the journal alone, no decision of ours makes a
// room negative, and nothing that was acknowledged is lost by a crash. Thread: the simulation's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/controller.h"
#include "journal/chain.h"
#include "journal/event_codec.h"
#include "replay/redecide.h"
#include "tests/simulation/cluster_check.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/simulated_disk.h"

namespace bw::simulation {

class JournalCheck {
 public:
  // `replica` is the name of the daemon that writes.
  JournalCheck(World& world, const ObjectStore& store, const Policy& policy, ClusterCheck& cluster, std::string replica)
      : world_(world), store_(store), policy_(policy), cluster_(cluster), replica_(std::move(replica)) {}

  void started(const Controller& controller, const SimulatedDisk& disk);
  void writes(const RecordBatch& batch);
  void stepped(const Controller& controller);
  // Folds the whole journal once more, from nothing. The daemon has stopped in good order.
  void replay(const SimulatedDisk& disk);

  // What the journal says, unsynced events included.
  const State& state() const { return *shadow_; }
  // Grants by uid, also of reservations that have ended.
  const std::map<std::string, RecordedGrant>& grants() const { return grants_; }
  // Groups whose meeting point was raised by something else than a decision that is recorded here: what others placed
  // and edited, and what was not known when a pod was seen that another leader had placed.
  const std::set<std::string>& raised_by_others() const { return raised_by_others_; }
  // h(sequence), of this life of the daemon and of what it found.
  std::optional<Sha256> hash_at(Sequence sequence) const;

 private:
  void fold(const Event& event);
  void check_before(const Event& event);
  void check_after(const Event& event);
  void check_grant(const BandwidthReserved& fact);
  void note_grant(const Event& event, const BandwidthReserved& fact);
  void count(const Event& event);
  void note_meetings(const Event& event);
  void note_term(const Fact& fact);
  std::vector<Sum> used() const;

  World& world_;
  const ObjectStore& store_;
  const Policy& policy_;
  ClusterCheck& cluster_;
  const std::string replica_;
  std::unique_ptr<State> shadow_;
  std::optional<Chain> chain_;
  std::vector<Sha256> hashes_;  // by sequence - 1
  EventCodec codec_;
  replay::Redecider redecider_;
  std::map<std::string, RecordedGrant> grants_;
  std::vector<Sum> used_before_;
  std::map<GroupNumber, std::uint32_t> depths_;  // of the meeting points of groups
  std::set<std::string> raised_by_others_;
};

}  // namespace bw::simulation
