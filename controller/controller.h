// The daemon without its sockets, threads and clocks. step() takes one input and says what is to be done; everything
// that decides is behind it, so the simulator runs the same code as the daemon. Thread: one, the state's.
//
// Durability: the state may run ahead of the disk by a few events. Nothing that the world can see may show a
// sequence that is not durable, so Bindings, statuses and the read API wait for BecameDurable.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "controller/binding_fsm.h"
#include "controller/cluster_watch.h"
#include "controller/configuration.h"
#include "controller/duty_fsm.h"
#include "controller/event_fsm.h"
#include "controller/history_fsm.h"
#include "controller/leadership.h"
#include "controller/messages.h"
#include "controller/preflight_fsm.h"
#include "controller/recorder.h"
#include "controller/scheduler_door.h"
#include "controller/space_fsm.h"
#include "controller/status_fsm.h"

namespace bw {

struct ControllerOptions {
  Policy policy;
  std::string configuration;              // the whole effective one, as YAML
  std::string binary;                     // name and version
  std::string instance = "bwcontroller";  // which replica, in Kubernetes events
  std::uint64_t seed = 0;                 // of jitter
  LeadershipOptions leadership;
  SpaceLimits space;
  JournalId new_journal;                    // the id to give a journal that is empty
  std::optional<HistoryLost> history_lost;  // why it is empty
  std::optional<TailDropped> dropped_tail;  // by the recovery of the journal
  const JournalReader* journal = nullptr;   // compared once with the heads it published; null: it is not
};

class Controller : private BandwidthListener, private RecordListener {
 public:
  // `state` is what the journal says up to `head`; all of that is durable.
  Controller(ControllerOptions options, std::unique_ptr<State> state, Head head);

  // The first step: begins an epoch and asks for the cluster.
  Outputs start(const Instant& now);
  Outputs step(const Instant& now, Input input);

  // When a Tick is due, on the monotonic clock.
  std::optional<std::int64_t> wake_at_ns() const;

  // All streams are synced, what they showed is durable, and it is known who leads. Only the leader serves the
  // scheduler; the others are ready to.
  bool ready() const;
  bool serves() const {
    return phase_ == Phase::kSynced && leadership_.role() == Leadership::Role::kLeads && history_.difference().empty();
  }
  // Why the scheduler is not served, for people.
  std::string not_serving_because() const;

  const State& state() const { return *state_; }
  const Head& head() const { return recorder_.head(); }
  Sequence durable() const { return durable_; }
  std::uint64_t wake_ups() const { return wake_ups_; }  // decided since the start
  const DecisionCounts& decisions() const { return door_.counts(); }
  const BindingFsm& bindings() const { return bindings_; }
  const StatusFsm& statuses() const { return statuses_; }
  const HistoryFsm& history() const { return history_; }
  const SpaceFsm& space() const { return space_; }
  const SpaceLimits& space_limits() const { return options_.space; }

 private:
  enum class Phase { kPreflight, kSyncing, kSynced, kStopping, kFinished };

  void on(CallArrived& call);
  void on(RequestAnswered& answer);
  void on(StreamOpened& opened);
  void on(StreamData& data);
  void on(StreamEnded& ended);
  void on(BecameDurable& durable);
  void on(AuditReported& report) { history_.reported(report, outputs_); }
  void on(SpaceMeasured& space) { space_.measured(space, outputs_); }
  void on(Tick&) {}
  void on(StopAsked&);

  void follow_up();
  void pass_preflight();
  void take_part_in_election();
  void begin_term();
  void take_over();
  void step_down();
  void send_what_is_owed();
  bool does_duties() const;
  void stop_when_settled();
  // Bindings of what it has reserved may go out: it serves, or it stops and still holds the Lease.
  bool may_bind() const {
    const bool takes_part = phase_ == Phase::kSynced || phase_ == Phase::kStopping;
    return takes_part && !released_ && !stepped_down_ && leadership_.role() == Leadership::Role::kLeads &&
           leadership_.may_send(now_.monotonic_ns);
  }
  bool scheduler_is_busy() const;
  void wake_pods();
  Outputs finish_step();
  void read(const CallArrived& call);
  void finish(int exit_code, std::string sentence);

  void bandwidth_seen(NodeNumber node, const BandwidthSeen& object) override;
  void bandwidth_gone(NodeNumber node) override;
  void recording(const Event& event) override;

  ControllerOptions options_;
  const std::unique_ptr<State> state_;
  Recorder recorder_;
  ObjectReader reader_;
  PreflightFsm preflight_;
  Leadership leadership_;
  ClusterWatch watch_;
  BindingFsm bindings_;
  DutyFsm duties_;
  StatusFsm statuses_;
  EventFsm events_;
  HistoryFsm history_;
  SpaceFsm space_;
  SchedulerDoor door_;

  Phase phase_ = Phase::kPreflight;
  Instant now_;
  Sequence durable_ = 0;
  Head durable_head_;
  std::deque<Head> unsynced_heads_;  // of batches that are not durable yet
  Sequence synced_at_ = 0;           // everything up to here must be durable before we serve
  bool someone_waits_ = false;
  bool released_ = false;      // the Lease, at the end
  bool stepped_down_ = false;  // the auditor found that the journal and the state differ: for good
  std::int64_t stop_by_ns_ = 0;
  std::optional<std::int64_t> last_call_ns_;  // of the scheduler
  Sequence wakes_decided_at_ = 0;             // the state that wake-ups were last decided on
  std::int64_t wakes_not_before_ns_ = 0;
  std::uint64_t wake_ups_ = 0;
  std::int64_t wakes_sweep_at_ns_ = 0;
  std::optional<Timestamp> wakes_lapse_at_;  // one of the woken is not waited for any more
  RequestId next_request_ = 1;
  Outputs outputs_;
  struct HeldAnswer {
    Sequence shows = 0;
    AnswerCall answer;
  };
  std::deque<HeldAnswer> held_;
};

}  // namespace bw
