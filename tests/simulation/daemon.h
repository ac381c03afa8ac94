// One replica of the daemon: the real Controller, its journal, and its way to the API server. It is a loop.cpp on
// virtual time: moves inputs and outputs, and decides nothing. It can be crashed, stopped, paused and started again at
// any time. Several may live in one world, each with its own journal. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "controller/controller.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/wire.h"

namespace bw::simulation {

// Sees everything that passes between a daemon and the rest of the world, as it happens.
class DaemonObserver {
 public:
  virtual ~DaemonObserver() = default;
  virtual void started(const Controller& controller, const SimulatedDisk& disk) = 0;
  virtual void sends(const ApiRequest& request) = 0;
  virtual void answers(Route route, const std::string& question, const AnswerCall& answer) = 0;
  virtual void learns(const ApiRequest& request, const Result<ApiResponse>& result) = 0;
  virtual void writes(const RecordBatch& batch) = 0;
  virtual void stepped() = 0;
  virtual void ended() = 0;
};

class Daemon;

// A bug planted between the controller and the world: what it changes, the controller and the world take for real.
class Tamper {
 public:
  virtual ~Tamper() = default;
  virtual void started(Daemon&) {}
  virtual bool passes(Daemon&, Input&) { return true; }  // false: the controller never sees it
  virtual void sees(Daemon&, Outputs&) {}
};

class Daemon {
 public:
  // Called with the answer, or without one if the connection broke.
  using Reply = std::function<void(const AnswerCall*)>;

  // Number 0 is the first of the replicas. All references must outlive this. `tamper` may be null.
  Daemon(World& world, ObjectStore& store, ModelApiServer& server, Policy policy, std::uint32_t number,
         DaemonObserver& observer, Tamper* tamper);

  void start();
  void stop();  // as SIGTERM
  void crash();
  void pause(std::int64_t for_ns);  // as SIGSTOP and SIGCONT
  // ... when it has decided to send a Binding, and before it does.
  void pause_before_sending(std::int64_t for_ns) { pause_before_sending_ns_ = for_ns; }  // 0: not any more
  void go_on();
  bool up() const { return controller_ != nullptr; }
  bool paused() const { return paused_until_ns_.has_value(); }
  bool ready() const { return up() && controller_->ready(); }
  // It takes itself for the leader, or is the only one.
  bool leads() const { return up() && controller_->serves(); }
  const std::string& name() const { return name_; }

  // An HTTP request that has arrived. Body as the scheduler writes it; "" for GET.
  void call(RouteMatch match, std::string body, Reply reply);

  const Controller* controller() const { return controller_.get(); }
  const Policy& policy() const { return policy_; }
  Wire& wire() { return wire_; }
  SimulatedDisk& disk() { return disk_; }
  std::uint64_t steps() const { return steps_; }
  // One input from outside, as if it had come over the wire.
  void take(Input input);

 private:
  struct Call {
    Route route = Route::kNodes;
    std::string question;
    Reply reply;
  };

  void run(Input input);
  void perform(Outputs outputs);
  void perform(AnswerCall& answer);
  void perform(SendRequest& send);
  void perform(OpenWatch& open);
  void perform(CloseWatch& close) { wire_.close(close.stream); }
  void perform(WriteRecords& write);
  void perform(NoteDigest&) {}  // there is no auditor
  void perform(RemoveHistory&) {}
  void perform(KeepReserve&) {}  // there is always room
  void perform(LogLine& line);
  void perform(Finished& finished);
  void perform(SetJournalAside& aside);
  LeadershipOptions leadership(const JournalId& journal) const;
  void set_timer();
  void leave();
  Instant clocks() const { return {world_.wall(), world_.now_ns()}; }

  World& world_;
  const Policy policy_;
  const std::string name_;  // "daemon", "daemon-1", ...
  DaemonObserver& observer_;
  Tamper* const tamper_;
  Random random_;
  SimulatedDisk disk_;
  Wire wire_;
  std::unique_ptr<Controller> controller_;
  std::map<CallId, Call> calls_;
  CallId next_call_ = 1;
  std::deque<Input> inbox_;  // what arrives while it is paused
  std::optional<std::int64_t> paused_until_ns_;
  std::int64_t pause_before_sending_ns_ = 0;
  std::int64_t paused_last_ns_ = 0;
  std::optional<std::int64_t> timer_ns_;
  std::uint64_t timer_ = 0;
  std::uint64_t ticks_ = 0;  // since time last moved by a millisecond
  std::int64_t ticks_since_ns_ = 0;
  std::uint64_t life_ = 0;
  std::uint64_t steps_ = 0;
  bool finished_ = false;
  bool stopping_ = false;
};

}  // namespace bw::simulation
