// kube-scheduler's calls: reads them, lets the core decide, records the decision, and answers. Filter and prioritize
// promise nothing and are answered at once; bind is answered when the world has. Sans-io; thread: the state's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "controller/binding_fsm.h"
#include "controller/messages.h"
#include "controller/recorder.h"
#include "controller/refused_attempts.h"
#include "extender/protocol.h"
#include "kube/observe.h"
#include "projections/decide.h"

namespace bw {

// For the metrics.
struct DecisionCounts {
  std::uint64_t filters = 0, prioritizes = 0, binds = 0, preempts = 0;
  std::uint64_t filters_refused = 0;                   // no node fits
  std::array<std::uint64_t, kReasonCount> refusals{};  // of filters, by the reason of their first node
  std::uint64_t binds_refused = 0;
  std::uint64_t bad_requests = 0;
  std::uint64_t offered = 0;  // nodes offered in the last filter call
};

class SchedulerDoor {
 public:
  // All references must outlive this.
  SchedulerDoor(State& state, Recorder& recorder, ObjectReader& reader, BindingFsm& bindings)
      : state_(state), recorder_(recorder), reader_(reader), bindings_(bindings) {}

  // Answers, except where bind has to wait. True if somebody waits for what was recorded to become durable.
  bool filter(CallArrived& call, Outputs& outputs);
  bool prioritize(CallArrived& call, Outputs& outputs);
  bool bind(CallArrived& call, std::int64_t now_ns, Outputs& outputs);
  bool preempt(CallArrived& call, Outputs& outputs);

  const DecisionCounts& counts() const { return counts_; }
  const RefusedAttempts& refused_attempts() const { return attempts_; }

 private:
  bool parse(CallArrived& call, Outputs& outputs);
  // The pod of the call, observed if the call shows news; absent if it is gone or cannot be read.
  std::optional<PodNumber> observe_pod(std::string& problem);
  void read_offered();
  void refuse_malformed(const CallArrived& call, const Error& error, Outputs& outputs);
  std::vector<std::string> unknown_names() const;

  State& state_;
  Recorder& recorder_;
  ObjectReader& reader_;
  BindingFsm& bindings_;
  DecisionCounts counts_;
  RefusedAttempts attempts_;

  // Of the call being handled; kept for their memory.
  ExtenderArgs args_;
  NodeSet offered_;
  std::vector<std::uint32_t> unknown_;   // places of names without a number
  std::vector<std::uint32_t> place_of_;  // by node number: its place in the call
  std::vector<std::uint32_t> kept_;
  std::vector<NodeRefusal> refused_;

  // By node number: the node that came behind it in the last call that offered both. The scheduler offers nodes in
  // nearly the same order each time, and comparing with the likely name takes less than looking it up.
  std::vector<NodeNumber> next_offered_;
};

}  // namespace bw
