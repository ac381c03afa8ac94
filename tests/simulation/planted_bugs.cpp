#include "tests/simulation/planted_bugs.h"

#include <optional>
#include <set>
#include <utility>
#include <variant>

namespace bw::simulation {
namespace {

bool is_wake_up(const Output& output) {
  const auto* send = std::get_if<SendRequest>(&output);
  return send != nullptr && send->what.method == Method::kPatch &&
         send->what.body.find("networking.vaclab.org/retry") != std::string::npos;
}

// The scheduler is told that a pod is bound before the controller has seen the call, so before anything is charged.
class ChargingAfterReplying : public Tamper {
 public:
  bool passes(Daemon& daemon, Input& input) override {
    const auto* call = std::get_if<CallArrived>(&input);
    if (call != nullptr && call->match.route == Route::kBind && !late_ && !taken_.contains(call->call)) {
      taken_.insert(call->call);
      unanswered_ = call->call;
      late_ = std::move(input);
      return false;
    }
    if (late_ && !unanswered_) daemon.take(*std::exchange(late_, std::nullopt));
    return true;
  }

  void sees(Daemon&, Outputs& outputs) override {
    std::erase_if(outputs, [&](const Output& output) {
      const auto* answer = std::get_if<AnswerCall>(&output);
      return answer != nullptr && taken_.contains(answer->call);
    });
    if (unanswered_) {
      outputs.emplace(outputs.begin(), AnswerCall{*std::exchange(unanswered_, std::nullopt), 200, R"({"Error":""})"});
    }
  }

 private:
  std::optional<Input> late_;
  std::optional<CallId> unanswered_;
  std::set<CallId> taken_;
};

// The disk says that a batch is durable when it has only been given it.
class BindingBeforeDurable : public Tamper {
 public:
  void started(Daemon& daemon) override { daemon.disk().acknowledge_early(); }
};

// After a start the streams go on from where they were, but nothing of what the journal holds is known.
class NoRefoldAfterRestart : public Tamper {
 public:
  void started(Daemon& daemon) override {
    // The controller's own state, which is no const object: there is no honest way to lose it.
    State& state = const_cast<State&>(daemon.controller()->state());
    State empty;
    empty.applied = state.applied;
    empty.time = state.time;
    empty.journal = state.journal;
    empty.cluster = state.cluster;
    empty.policy = state.policy;
    empty.streams = state.streams;
    state = std::move(empty);
  }
};

// A pod is decided to be woken, and nobody tells it.
class ForgettingToWake : public Tamper {
 public:
  void sees(Daemon&, Outputs& outputs) override { std::erase_if(outputs, is_wake_up); }
};

// A leader whose Lease ran out still sends, and its Bindings name no version that a newer leader's patch would make
// old.
class SendingWithoutFence : public Tamper {
 public:
  void started(Daemon& daemon) override {
    daemon.wire().bind_unfenced([&daemon] { return !daemon.leads(); });
  }
};

template <class Bug>
std::unique_ptr<Tamper> plant(ObjectStore&) {
  return std::make_unique<Bug>();
}

}  // namespace

const std::vector<PlantedBug>& planted_bugs() {
  static const std::vector<PlantedBug> kBugs{
      {"charging after replying", plant<ChargingAfterReplying>},
      {"binding before durable", plant<BindingBeforeDurable>},
      {"no refold after restart", plant<NoRefoldAfterRestart>},
      {"forget to wake", plant<ForgettingToWake>},
      {"sending without fence", plant<SendingWithoutFence>},
  };
  return kBugs;
}

}  // namespace bw::simulation
