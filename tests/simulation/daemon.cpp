#include "tests/simulation/daemon.h"

#include <utility>
#include <variant>

#include "controller/restore.h"
#include "journal/chain.h"

namespace bw::simulation {
namespace {

constexpr std::uint64_t kMostTicks = 200;  // in a millisecond: it would spin
constexpr std::int64_t kLongestStopNs = 20 * kSecond;

std::string numbered(const char* what, std::uint32_t number) {
  return number == 0 ? what : what + ("-" + std::to_string(number));
}

std::string describe_input(const Input& input) {
  constexpr const char* kNames[] = {"call",    "answer",       "watch opened",   "watch data", "watch ended",
                                    "durable", "audit report", "space measured", "tick",       "stop"};
  static_assert(std::size(kNames) == std::variant_size_v<Input>);
  std::string text = kNames[input.index()];
  if (const auto* call = std::get_if<CallArrived>(&input)) {
    text += " " + std::to_string(call->call) + " route " + std::to_string(static_cast<int>(call->match.route)) + " " +
            call->body.substr(0, 400);
  } else if (const auto* answer = std::get_if<RequestAnswered>(&input)) {
    text += " " + std::to_string(answer->request) + " ";
    text += answer->result ? std::to_string(answer->result->status) + " " + answer->result->body.substr(0, 160)
                           : "none: " + answer->result.error().message;
  } else if (const auto* data = std::get_if<StreamData>(&input)) {
    text += " " + std::to_string(data->stream) + " " + data->bytes.substr(0, 600);
  } else if (const auto* durable = std::get_if<BecameDurable>(&input)) {
    text += " " + std::to_string(durable->sequence);
  }
  return text;
}

}  // namespace

Daemon::Daemon(World& world, ObjectStore& store, ModelApiServer& server, Policy policy, std::uint32_t number,
               DaemonObserver& observer, Tamper* tamper)
    : world_(world),
      policy_(std::move(policy)),
      name_(numbered("daemon", number)),
      observer_(observer),
      tamper_(tamper),
      random_(world.random(name_)),
      disk_(world, numbered("disk", number)),
      wire_(world, store, server, numbered("wire", number)) {
  disk_.on_durable([this](Sequence sequence) { take(BecameDurable{sequence}); });
}

void Daemon::start() {
  check(!up(), "a daemon is started twice");
  Result<Restored> restored = restore(disk_.journal());
  if (!restored) return world_.fail("restart", "the journal cannot be read: " + restored.error().message);
  if (restored->head.sequence > 0) world_.coverage.count(Counter::kRestarts);
  ControllerOptions options;
  options.policy = policy_;
  options.binary = "simulated";
  options.seed = random_.next();
  for (std::uint8_t& byte : options.new_journal.bytes) byte = static_cast<std::uint8_t>(random_.next());
  options.journal = &disk_.journal();
  options.leadership = leadership(restored->head.sequence == 0 ? options.new_journal : restored->state->journal);
  ++life_;
  ticks_ = 0;
  finished_ = stopping_ = false;
  controller_ = std::make_unique<Controller>(std::move(options), std::move(restored->state), restored->head);
  world_.trace([&] { return name_ + ": starts at sequence " + std::to_string(restored->head.sequence); });
  observer_.started(*controller_, disk_);
  if (tamper_ != nullptr) tamper_->started(*this);
  perform(controller_->start(clocks()));
}

// As main.cpp makes it: a journal that was lost is another replica.
LeadershipOptions Daemon::leadership(const JournalId& journal) const {
  LeadershipOptions options;
  options.elected = world_.options().has(Feature::kReplicas);
  options.lease.space = "bandwidth";
  options.lease.identity = name_ + "_" + to_hex(journal).substr(0, 16);
  return options;
}

void Daemon::stop() {
  if (!up() || stopping_) return;
  stopping_ = true;
  take(StopAsked{});
  world_.timeline.after(kLongestStopNs, [this, life = life_] {
    const bool was_paused = paused() || paused_last_ns_ > world_.now_ns() - kLongestStopNs;
    if (life == life_ && up() && !was_paused) world_.fail("stop", "an orderly stop takes longer than 20 s");
  });
}

void Daemon::crash() {
  if (!up()) return;
  const bool owes = !controller_->state().unsettled.empty();
  const bool power_loss = world_.options().has(Feature::kPowerLoss) && random_.chance(600);
  world_.coverage.count(Counter::kCrashes);
  if (wire_.binding_under_way()) world_.coverage.count(Counter::kCrashesDuringBinding);
  if (owes && !wire_.binding_under_way()) world_.coverage.count(Counter::kCrashesBeforeBinding);
  const Sequence lost = disk_.crash(power_loss);
  if (lost > 0) world_.coverage.count(Counter::kCrashesLosingEvents);
  world_.trace([&] { return name_ + ": crashes and loses " + std::to_string(lost) + " events"; });
  leave();
}

void Daemon::leave() {
  ++life_;
  controller_.reset();
  wire_.forget_client();
  inbox_.clear();
  paused_until_ns_.reset();
  pause_before_sending_ns_ = 0;
  timer_ns_.reset();
  ++timer_;
  for (auto& [number, call] : std::exchange(calls_, {})) {
    world_.timeline.after(kMillisecond, [reply = std::move(call.reply)] { reply(nullptr); });
  }
  observer_.ended();
}

void Daemon::pause(std::int64_t for_ns) {
  if (!up() || paused()) return;
  world_.coverage.count(Counter::kPauses);
  world_.trace([&] { return name_ + ": pauses for " + std::to_string(for_ns / kMillisecond) + " ms"; });
  paused_until_ns_ = world_.now_ns() + for_ns;
  world_.timeline.at(*paused_until_ns_, [this, life = life_, until_ns = *paused_until_ns_] {
    if (life == life_ && paused_until_ns_ == until_ns) go_on();
  });
}

void Daemon::go_on() {
  if (!paused()) return;
  paused_until_ns_.reset();
  paused_last_ns_ = world_.now_ns();
  world_.trace([&] { return name_ + ": goes on"; });
  wire_.let_go();
  for (const std::uint64_t life = life_; life == life_ && !paused() && !inbox_.empty();) {
    Input input = std::move(inbox_.front());
    inbox_.pop_front();
    run(std::move(input));
  }
}

void Daemon::call(RouteMatch match, std::string body, Reply reply) {
  if (!up() || finished_) {
    world_.timeline.after(kMillisecond, [reply = std::move(reply)] { reply(nullptr); });
    return;
  }
  const CallId number = next_call_++;
  body.reserve(body.size() + kBodyPadding);
  calls_[number] = {match.route, body, std::move(reply)};
  take(CallArrived{number, std::move(match), {}, std::move(body)});
}

void Daemon::take(Input input) {
  if (!up() || finished_) return;
  if (paused_until_ns_) {
    inbox_.push_back(std::move(input));
  } else {
    run(std::move(input));
  }
}

void Daemon::run(Input input) {
  if (!up() || finished_) return;
  world_.trace([&] { return name_ + " < " + describe_input(input); });
  world_.mix(input.index());
  if (tamper_ != nullptr && !tamper_->passes(*this, input)) return;
  ++steps_;
  world_.coverage.count(Counter::kSteps);
  perform(controller_->step(clocks(), std::move(input)));
}

void Daemon::perform(Outputs outputs) {
  if (tamper_ != nullptr) tamper_->sees(*this, outputs);
  const std::uint64_t life = life_;
  for (Output& output : outputs) {
    world_.mix(output.index());
    std::visit([this](auto& what) { perform(what); }, output);
    if (life != life_) return;
  }
  observer_.stepped();
  set_timer();
}

void Daemon::perform(AnswerCall& answer) {
  const auto found = calls_.find(answer.call);
  if (found == calls_.end()) return world_.fail("calls", "a call was answered twice, or never made");
  const Call call = std::move(found->second);
  calls_.erase(found);
  world_.trace([&] {
    return name_ + " > answer " + std::to_string(answer.call) + ": " + std::to_string(answer.status) + " " +
           answer.body.substr(0, 300);
  });
  observer_.answers(call.route, call.question, answer);
  world_.timeline.after(random_.between(20 * kMicrosecond, kMillisecond),
                        [reply = call.reply, answer = std::move(answer)] { reply(&answer); });
}

void Daemon::perform(SendRequest& send) {
  world_.trace([&] {
    return name_ + " > request " + std::to_string(send.request) + " " + send.what.target + " " +
           send.what.body.substr(0, 300);
  });
  observer_.sends(send.what);
  if (pause_before_sending_ns_ != 0 && is_binding(send.what) && !paused()) {
    world_.coverage.count(Counter::kPausesBeforeSending);
    pause(std::exchange(pause_before_sending_ns_, 0));
    wire_.hold();
  }
  wire_.send(send.what, [this, number = send.request, what = send.what](Result<ApiResponse> result) {
    observer_.learns(what, result);
    take(RequestAnswered{number, std::move(result)});
  });
}

void Daemon::perform(OpenWatch& open) {
  world_.trace([&] { return name_ + " > watch " + std::to_string(open.stream) + " " + open.what.target; });
  const RequestId id = open.stream;
  wire_.open(id, open.what,
             {[this, id](ApiResponse head) {
                take(StreamOpened{id, std::move(head)});
              },
              [this, id](std::string bytes) {
                take(StreamData{id, std::move(bytes)});
              },
              [this, id](std::optional<Error> error) {
                take(StreamEnded{id, std::move(error)});
              }});
}

void Daemon::perform(WriteRecords& write) {
  observer_.writes(write.batch);
  if (!write.batch.records.empty()) {
    disk_.submit(std::move(write.batch));
  } else if (write.batch.sync) {
    disk_.request_sync();
  }
}

void Daemon::perform(LogLine& line) {
  world_.trace([&] { return name_ + ": " + line.text; });
}

void Daemon::perform(Finished& finished) {
  finished_ = true;
  world_.trace([&] { return name_ + ": ends with " + std::to_string(finished.exit_code) + " " + finished.sentence; });
  if (finished.exit_code != 0 || !stopping_) {
    return world_.fail("stop", "the daemon ended by itself: " + finished.sentence);
  }
  world_.coverage.count(Counter::kOrderlyStops);
  const std::uint64_t life = life_;
  world_.timeline.after(kMillisecond, [this, life] {  // the outputs of this step are performed first
    if (life != life_) return;
    disk_.finish();
    leave();
  });
}

void Daemon::perform(SetJournalAside& aside) {
  world_.fail("durability", "the cluster knows sequence " + std::to_string(aside.lost.known.sequence) +
                                " of this journal, which ends at " + std::to_string(aside.lost.last_readable.sequence));
}

void Daemon::set_timer() {
  if (!up() || finished_) return;
  std::optional<std::int64_t> at = controller_->wake_at_ns();
  if (at == timer_ns_) return;
  timer_ns_ = at;
  const std::uint64_t number = ++timer_;
  if (!at) return;
  world_.timeline.at(std::max(*at, world_.now_ns() + kMicrosecond), [this, number] {
    if (number != timer_) return;
    timer_ns_.reset();
    if (world_.now_ns() - ticks_since_ns_ > kMillisecond) {
      ticks_ = 0;
      ticks_since_ns_ = world_.now_ns();
    }
    if (++ticks_ > kMostTicks) return world_.fail("timers", "the controller asks for one tick after another");
    take(Tick{});
  });
}

}  // namespace bw::simulation
