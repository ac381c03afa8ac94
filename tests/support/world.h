// A small cluster for tests of the core. What it is told to do goes through decide_*() and apply(), as in the daemon:
// each input is decided on the state, its facts are recorded with running sequences and times, and what follows by
// itself (deadlines, conditions) is recorded after it. It remembers every object as it was last shown, so that an edit
// says only what changes. Names as in event_builder.h. Thread: one.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/decide.h"
#include "projections/node_view.h"
#include "projections/state.h"
#include "tests/support/event_builder.h"

namespace bw {

class World {
 public:
  explicit World(const Policy& policy = {});

  const State& state() const { return state_; }
  const std::vector<Event>& events() const { return events_; }
  Timestamp now() const { return now_; }
  ResourceVersion version() const { return version_; }

  // ---- recording ----
  void record(Fact fact);
  void record(std::vector<Fact> facts);
  void begin_epoch(const Policy& policy);  // a start of the daemon
  void begin_epoch() { begin_epoch(Policy(state_.policy)); }
  void begin_term(std::uint64_t term) { record(TermBegan{term, "us"}); }
  void pass_seconds(std::int64_t seconds);  // deadlines that pass are recorded
  void follow_up();

  // ---- what the watches show; each time at a new version ----
  void bare_node(std::string_view name);                            // without a Bandwidth object
  void node(std::string_view name);                                 // its object declares nothing
  void node(std::string_view name, std::int64_t network_megabits);  // in both directions
  void edit_node(std::string_view name, const std::function<void(NodeSeen&)>& edit);
  void node_gone(std::string_view name);
  void edit_bandwidth(std::string_view node, const std::function<void(BandwidthSeen&)>& edit);
  void bandwidth_gone(std::string_view node);
  void space(const NamespaceSeen& seen);
  void space_gone(std::string_view name);
  // Its name is the short one by which pods name it: "peers" or "lab/peers".
  void workload(WorkloadKind kind, std::string_view name, std::optional<std::uint32_t> wanted,
                std::string_view owner = "");
  void workload_gone(std::string_view name);

  // `of`: a workload that was shown, or "Kind/name" of one that was not.
  void pod(std::string_view name, std::string_view request = "", std::string_view of = "");
  // Remembers a pod that the watch has not shown yet; an edit shows it.
  void prepare_pod(std::string_view name, std::string_view request = "", std::string_view of = "");
  void edit(std::string_view pod, const std::function<void(PodSeen&)>& edit, ObservedBy by = ObservedBy::kWatch);
  void place(std::string_view pod, std::string_view node);  // bound by somebody else
  void phase(std::string_view pod, PodPhase phase);
  void terminate(std::string_view pod);
  void gone(std::string_view pod);

  void observe(ObservedBy by, Stream stream, const ObjectSeen& object);  // as it is, version included
  void deleted(Stream stream, const ObjectSeen& object);
  void bookmark(Stream stream, ResourceVersion version);
  void list(Stream stream, const std::vector<ObjectSeen>& objects, ResourceVersion version, bool restored = false);

  // ---- the scheduler's calls; `offered`: names, all nodes that were shown if empty ----
  FilterVerdict filter(std::string_view pod, const std::vector<std::string>& offered = {});
  PrioritizeVerdict prioritize(std::string_view pod, const std::vector<std::string>& offered = {});
  BindVerdict bind(std::string_view pod, std::string_view node);

  // ---- what became of a Binding ----
  void confirm(std::string_view pod);  // accepted, and the watch shows the pod bound, with the annotations it was given
  void refuse(std::string_view pod, std::uint16_t status = 409);
  bool run(std::string_view pod, std::string_view node);  // bind and confirm; false: refused

  std::vector<Fact> wake(std::size_t most = 100);  // decided and recorded

  // ---- looking ----
  const PodSeen& shown(std::string_view pod) const { return pods_.at(full(pod)); }
  const NodeSeen& shown_node(std::string_view name) const { return nodes_.at(std::string(name)); }
  const BandwidthSeen& shown_bandwidth(std::string_view node) const { return objects_.at(std::string(node)); }
  const WorkloadSeen& shown_workload(std::string_view name) const { return workloads_.at(full(name)); }
  bool is_shown(std::string_view pod) const { return pods_.contains(full(pod)); }
  PodNumber pod_number(std::string_view pod) const;
  NodeNumber node_number(std::string_view node) const;
  const Pod& pod_at(std::string_view pod) const { return state_.pods.at(pod_number(pod)); }
  LinkView local(std::string_view node) const { return view_node(state_, node_number(node)).local; }
  LinkView network(std::string_view node) const { return view_node(state_, node_number(node)).network; }
  LinkView uplink(std::string_view name) const;
  std::vector<std::string> names_of(const std::vector<NodeNumber>& nodes) const;

 private:
  static std::string full(std::string_view name);
  std::string new_uid(std::string_view stem);
  OwnerSeen find_owner(std::string_view name) const;
  NodeSet offer(const std::vector<std::string>& names, std::vector<std::string>& unknown) const;

  State state_;
  std::vector<Event> events_;
  Timestamp now_;
  ResourceVersion version_ = 0;
  std::map<std::string, int> lives_;  // how often a uid's stem was used
  std::map<std::string, NodeSeen> nodes_;
  std::map<std::string, BandwidthSeen> objects_;
  std::map<std::string, WorkloadSeen> workloads_;
  std::map<std::string, PodSeen> pods_;
};

// Folds `events` into a new state.
State fold(const std::vector<Event>& events);

}  // namespace bw
