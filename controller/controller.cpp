#include "controller/controller.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "controller/cluster_events.h"
#include "extender/explanation_json.h"
#include "extender/state_json.h"
#include "journal/chain.h"
#include "projections/decide.h"
#include "projections/explain.h"
#include "projections/wake_up.h"

namespace bw {
namespace {

// How long an orderly stop waits for Bindings that are under way.
constexpr std::int64_t kStopGraceNs = 5 * kNanosecondsPerSecond;

Door find_door(Route route) {
  const bool for_scheduler =
      route == Route::kFilter || route == Route::kPrioritize || route == Route::kBind || route == Route::kPreempt;
  return for_scheduler ? Door::kScheduler : Door::kOperations;
}

// Of the terms that the journal or a pod tells of.
std::uint64_t highest_term(const State& state) {
  std::uint64_t highest = state.term;
  state.pods.for_each([&](PodNumber, const Pod& pod) { highest = std::max(highest, pod.fields.term); });
  return highest;
}

std::vector<std::string> level_labels(const Policy& policy) {
  std::vector<std::string> labels;
  for (const TopologyLevel& level : policy.levels) labels.push_back(level.label);
  return labels;
}

}  // namespace

Controller::Controller(ControllerOptions options, std::unique_ptr<State> state, Head head)
    : options_(std::move(options)),
      state_(std::move(state)),
      recorder_(*state_, head, *this),
      reader_(level_labels(options_.policy)),
      preflight_({state_->cluster, state_->journal,
                  options_.leadership.elected ? options_.leadership.lease.space : std::string(),
                  options_.leadership.lease.name},
                 options_.seed),
      leadership_(options_.leadership, options_.seed + 400),
      watch_(*state_, recorder_, reader_, *this, options_.seed + 1),
      bindings_(options_.seed + 100),
      duties_(options_.seed + 200),
      statuses_(options_.seed + 300),
      events_(options_.instance),
      space_(options_.space),
      door_(*state_, recorder_, reader_, bindings_),
      durable_(head.sequence),
      durable_head_(head) {}

Outputs Controller::start(const Instant& now) {
  now_ = now;
  recorder_.begin(now);
  if (state_->applied != 0) outputs_.emplace_back(NoteDigest{{state_->applied, state_->digest}});
  preflight_.start(next_request_, outputs_);
  return finish_step();
}

Outputs Controller::step(const Instant& now, Input input) {
  now_ = now;
  recorder_.begin(now);
  std::visit([this](auto& message) { on(message); }, input);
  follow_up();
  return finish_step();
}

void Controller::on(CallArrived& call) {
  const Route route = call.match.route;
  if (find_door(route) != Door::kScheduler) return read(call);
  last_call_ns_ = now_.monotonic_ns;
  // A pause may have outlasted the Lease: that is seen here before anything is decided, and recorded afterwards.
  if (!serves() || !leadership_.may_send(now_.monotonic_ns)) {
    outputs_.emplace_back(AnswerCall{call.call, 503, not_serving_because(), false});
  } else if (!space_.suspended_because().empty() && route != Route::kPreempt) {
    outputs_.emplace_back(AnswerCall{call.call, 503, space_.suspended_because(), false});
  } else if (route == Route::kFilter) {
    door_.filter(call, outputs_);
  } else if (route == Route::kPrioritize) {
    door_.prioritize(call, outputs_);
  } else if (route == Route::kBind) {
    someone_waits_ |= door_.bind(call, now_.monotonic_ns, outputs_);
  } else {
    door_.preempt(call, outputs_);
  }
}

// What a reader sees must be durable, so its answer is held until it is.
void Controller::read(const CallArrived& call) {
  AnswerCall answer{call.call, 200, {}, true};
  if (call.match.route == Route::kNodes) {
    answer.body = state_json(*state_);
  } else if (call.match.route == Route::kLinks) {
    answer.body = links_json(*state_);
  } else if (call.match.route == Route::kPods) {
    answer.body = pods_json(*state_);
  } else if (call.match.route == Route::kExplain) {
    const std::optional<PodNumber> pod = state_->find_pod(call.match.space, call.match.pod);
    if (pod) {
      answer.body = explanation_json(*state_, explain(*state_, *pod), door_.refused_attempts().last(*state_, *pod));
    } else {
      answer = {call.call, 404, "no pod " + call.match.space + "/" + call.match.pod + " is known", false};
    }
  } else {
    answer = {call.call, 404, "this version does not serve this path", false};
  }
  held_.push_back({state_->applied, std::move(answer)});
  someone_waits_ = true;
}

void Controller::on(RequestAnswered& answer) {
  const std::int64_t now_ns = now_.monotonic_ns;
  if (bindings_.owns(answer.request)) {
    recorder_.record(bindings_.answered(*state_, answer.request, answer.result, reader_, now_ns, outputs_));
  } else if (statuses_.owns(answer.request)) {
    statuses_.answered(answer.request, answer.result, now_ns, outputs_);
  } else if (duties_.owns(answer.request)) {
    if (duties_.answered(answer.request, answer.result, now_ns, outputs_)) {
      const ObjectSeen pod = reader_.observe(Stream::kPods, answer.result->body);
      recorder_.record(decide_observed(*state_, ObservedBy::kRead, Stream::kPods, pod));
    }
  } else if (leadership_.owns(answer.request)) {
    if (leadership_.may_begin_a_term()) leadership_.set_known_term(highest_term(*state_));
    leadership_.answered(answer.request, answer.result, now_, next_request_, outputs_);
  } else if (events_.owns(answer.request)) {
    events_.answered(answer.request);
  } else if (watch_.owns(answer.request)) {
    watch_.answered(std::move(answer), now_ns, next_request_, outputs_);
  } else if (preflight_.owns(answer.request)) {
    preflight_.answered(answer.result, now_ns, next_request_, outputs_);
  }
}

void Controller::on(StreamOpened& opened) {
  if (watch_.owns(opened.stream)) watch_.opened(opened, now_.monotonic_ns, next_request_, outputs_);
}

void Controller::on(StreamData& data) {
  if (watch_.owns(data.stream)) watch_.data(data, now_.monotonic_ns, next_request_, outputs_);
}

void Controller::on(StreamEnded& ended) {
  if (watch_.owns(ended.stream)) watch_.ended(ended, now_.monotonic_ns, next_request_, outputs_);
}

void Controller::on(BecameDurable& durable) {
  durable_ = std::max(durable_, durable.sequence);
  while (!unsynced_heads_.empty() && unsynced_heads_.front().sequence <= durable_) {
    durable_head_ = unsynced_heads_.front();
    unsynced_heads_.pop_front();
  }
}

void Controller::on(StopAsked&) {
  if (phase_ == Phase::kStopping || phase_ == Phase::kFinished) return;
  phase_ = Phase::kStopping;
  stop_by_ns_ = now_.monotonic_ns + kStopGraceNs;
  watch_.stop(outputs_);
  someone_waits_ = true;  // everything is to be on disk at the end
}

// What follows from the input by itself: phases, conditions, timers, and what is owed to the world.
void Controller::follow_up() {
  const std::int64_t now_ns = now_.monotonic_ns;
  if (phase_ == Phase::kFinished) return;
  if (phase_ == Phase::kPreflight) pass_preflight();
  if (phase_ == Phase::kSyncing || phase_ == Phase::kSynced) watch_.tick(now_ns, next_request_, outputs_);
  if (phase_ != Phase::kPreflight) {
    history_.record(recorder_);
    recorder_.record(space_.owed(*state_, outputs_));
    recorder_.record(decide_deadlines(*state_, now_.wall));
    recorder_.record(decide_conditions(*state_));
  }
  if (phase_ == Phase::kSyncing && watch_.synced()) {
    if (synced_at_ == 0) synced_at_ = state_->applied;
    someone_waits_ = true;
    if (durable_ >= synced_at_) {
      phase_ = Phase::kSynced;
      outputs_.emplace_back(LogLine{LogLevel::kInfo, "synced: " + std::to_string(state_->nodes.size()) + " nodes, " +
                                                         std::to_string(state_->pods.size()) + " pods, sequence " +
                                                         std::to_string(synced_at_)});
    }
  }
  if (phase_ == Phase::kSynced && history_.difference().empty()) take_part_in_election();
  if (phase_ == Phase::kSynced && !history_.difference().empty() && !stepped_down_) step_down();
  send_what_is_owed();
  history_.release(durable_, outputs_);
  while (!held_.empty() && held_.front().shows <= durable_) {
    outputs_.emplace_back(std::move(held_.front().answer));
    held_.pop_front();
  }
  if (phase_ == Phase::kStopping) stop_when_settled();
}

void Controller::pass_preflight() {
  preflight_.tick(now_.monotonic_ns, next_request_, outputs_);
  if (preflight_.refusal()) return finish(1, *preflight_.refusal());
  if (!preflight_.passed()) return;
  if (const std::optional<KnownHead>& known = preflight_.known_head(); known && options_.journal != nullptr) {
    const Result<HeadComparison> comparison = compare(*options_.journal, state_->journal, *known);
    if (!comparison) return finish(1, comparison.error().message);
    if (*comparison == HeadComparison::kShorter || *comparison == HeadComparison::kDiffers) {
      phase_ = Phase::kFinished;
      outputs_.emplace_back(SetJournalAside{{state_->journal, recorder_.head(), known->head}});
      return;
    }
  }
  if (state_->applied == 0) recorder_.record(JournalCreated{options_.new_journal});
  if (options_.history_lost) recorder_.record(*options_.history_lost);
  if (options_.dropped_tail) recorder_.record(*options_.dropped_tail);
  // Labels of topology levels are read when a node is; other levels need another reading.
  const bool relist_nodes = level_labels(state_->policy) != level_labels(options_.policy);
  recorder_.record(EpochBegan{options_.binary, kRulesVersion, options_.policy, options_.configuration});
  if (state_->cluster.empty()) recorder_.record(ClusterIdentified{preflight_.cluster()});
  phase_ = Phase::kSyncing;
  watch_.start(now_.monotonic_ns, relist_nodes, next_request_, outputs_);
}

void Controller::take_part_in_election() {
  if (durable_head_.sequence != 0) {
    leadership_.set_journal_head(to_text(KnownHead{state_->journal, durable_head_}));
  }
  const Leadership::Role before = leadership_.role();
  switch (leadership_.run(now_, next_request_, outputs_)) {
    case Leadership::Change::kNone:
      break;
    case Leadership::Change::kTermBegan:
      begin_term();
      break;
    case Leadership::Change::kTermEnded:
      recorder_.record(TermEnded{"the lease was not renewed in time"});
      bindings_.give_up_calls(outputs_);
      outputs_.emplace_back(LogLine{LogLevel::kWarning, "the lease was not renewed in time: this replica follows now"});
      break;
  }
  if (leadership_.role() == Leadership::Role::kTakesOver) take_over();
  if (leadership_.role() != before && serves()) {
    outputs_.emplace_back(LogLine{LogLevel::kInfo, "serving the scheduler"});
  }
}

// The Lease also names whoever crashed in the middle of a take-over, or never learned that it was given the Lease: a
// term goes on only if the journal says that its take-over has ended.
void Controller::begin_term() {
  const bool taken_over = state_->term == leadership_.term() && !state_->taking_over;
  const bool goes_on = leadership_.continued() && taken_over;
  recorder_.record(TermBegan{leadership_.term(), leadership_.identity(), goes_on});
  if (goes_on) {
    leadership_.lead();
  } else {
    watch_.confirm(now_.monotonic_ns, next_request_, outputs_);
  }
  outputs_.emplace_back(
      LogLine{LogLevel::kInfo, "term " + std::to_string(leadership_.term()) + (goes_on ? " goes on" : " begins")});
}

// Ends when everything up to a list that was made in this term is known, and no unbound pod can be bound by a
// Binding of an older one.
void Controller::take_over() {
  someone_waits_ = true;  // the term, before it is written to pods
  if (!watch_.synced() || !state_->to_fence.empty()) return;
  recorder_.record(TakeOverEnded{});
  leadership_.lead();
}

// What this replica decides with is not what its journal says, or that is not what was written: another one, whose
// journal is its own, leads from now on. What it sent and has no answer to is fenced as after any other fail-over.
void Controller::step_down() {
  stepped_down_ = true;
  if (state_->term_began != 0) recorder_.record(TermEnded{history_.difference()});
  bindings_.give_up_calls(outputs_);
  leadership_.release(now_, next_request_, outputs_);
  ClusterEvent event;
  event.api_version = "coordination.k8s.io/v1";
  event.kind = "Lease";
  event.space = options_.leadership.lease.space;
  event.name = options_.leadership.lease.name;
  event.time = now_.wall;
  event.cause = recorder_.head().sequence;
  event.warning = true;
  event.reason = "BandwidthJournalDiffers";
  event.action = "Audit";
  event.note = history_.difference();
  events_.add(std::move(event));
}

void Controller::send_what_is_owed() {
  const std::int64_t now_ns = now_.monotonic_ns;
  if (serves() && !state_->suspended) wake_pods();
  bindings_.run(*state_, durable_, may_bind(), now_ns, next_request_, outputs_);
  if (stepped_down_) events_.run(durable_, false, now_ns, next_request_, outputs_);
  if (does_duties()) duties_.run(*state_, durable_, now_ns, next_request_, outputs_);
  if (!serves()) return;
  events_.run(durable_, scheduler_is_busy(), now_ns, next_request_, outputs_);
  statuses_.run(*state_, recorder_.head(), scheduler_is_busy(), now_ns);
  statuses_.release(durable_, next_request_, outputs_);
  someone_waits_ |= statuses_.drafts_wait();
}

// While it takes over, only what the take-over needs: pods are listed first, then patched.
bool Controller::does_duties() const {
  const bool leads = state_->term_began != 0 || !options_.leadership.elected;
  return phase_ == Phase::kSynced && leads && (serves() || watch_.synced());
}

// What can wait gives way for so long after each call.
bool Controller::scheduler_is_busy() const {
  constexpr std::int64_t kBusyNs = kNanosecondsPerSecond;
  return last_call_ns_ && now_.monotonic_ns - *last_call_ns_ < kBusyNs;
}

void Controller::stop_when_settled() {
  someone_waits_ = true;
  const bool overdue = now_.monotonic_ns >= stop_by_ns_;
  // What is reserved is still bound; bind calls are refused since the stop.
  const bool owes = bindings_.in_flight() != 0 || (may_bind() && !state_->unsettled.empty());
  if (owes && !overdue) return;
  if (!released_) {  // only now: until the last Binding was answered, nobody else was to decide
    released_ = true;
    leadership_.release(now_, next_request_, outputs_);
  }
  if (leadership_.busy() && !overdue) return;
  if (durable_ >= state_->applied) finish(0, {});
}

// Refused pods that fit now: soon after room appeared, a few at a time, and in a sweep now and then for those whose
// wake-up was lost.
void Controller::wake_pods() {
  constexpr std::size_t kMostAtOnce = 100;
  constexpr std::int64_t kIntervalNs = 100 * kNanosecondsPerMillisecond;
  constexpr std::int64_t kSweepNs = 5 * kNanosecondsPerSecond;
  const std::int64_t now_ns = now_.monotonic_ns;
  const bool lapsed = wakes_lapse_at_ && *wakes_lapse_at_ <= now_.wall;
  const bool due = lapsed || wake_ups_possible(*state_, wakes_decided_at_) || now_ns >= wakes_sweep_at_ns_;
  if (!due || now_ns < wakes_not_before_ns_) return;
  std::vector<Fact> facts = decide_wake_ups(*state_, now_.wall, kMostAtOnce);
  wakes_decided_at_ = facts.size() == kMostAtOnce ? 0 : state_->applied;  // 0: there may be more
  wakes_not_before_ns_ = now_ns + kIntervalNs;
  wakes_sweep_at_ns_ = now_ns + kSweepNs;
  wake_ups_ += facts.size();
  recorder_.record(std::move(facts));
  wakes_lapse_at_ = next_wake_up_lapse(*state_, now_.wall);
}

Outputs Controller::finish_step() {
  RecordBatch batch = recorder_.take_batch(someone_waits_ && durable_ < state_->applied);
  if (!batch.records.empty()) unsynced_heads_.push_back(batch.head);
  if (!batch.records.empty() || batch.sync) outputs_.emplace_back(WriteRecords{std::move(batch)});
  for (const DigestNote& note : recorder_.take_notes()) outputs_.emplace_back(NoteDigest{note});
  someone_waits_ = false;
  return std::exchange(outputs_, {});
}

void Controller::finish(int exit_code, std::string sentence) {
  if (phase_ == Phase::kFinished) return;
  phase_ = Phase::kFinished;
  outputs_.emplace_back(Finished{exit_code, std::move(sentence)});
}

std::optional<std::int64_t> Controller::wake_at_ns() const {
  std::optional<std::int64_t> earliest;
  const auto consider = [&](std::optional<std::int64_t> at) {
    if (at && (!earliest || *at < *earliest)) earliest = at;
  };
  consider(preflight_.wake_at_ns());
  consider(bindings_.wake_at_ns());
  if (phase_ == Phase::kStopping && now_.monotonic_ns < stop_by_ns_) consider(stop_by_ns_);  // then only for the disk
  if (phase_ == Phase::kSyncing || phase_ == Phase::kSynced) consider(watch_.wake_at_ns());
  if (phase_ == Phase::kSynced) {
    if (!stepped_down_) consider(leadership_.wake_at_ns());
    if (stepped_down_) consider(events_.wake_at_ns());
    if (does_duties()) consider(duties_.wake_at_ns());
  }
  if (serves()) {
    consider(statuses_.wake_at_ns());
    consider(events_.wake_at_ns());
  }
  if (serves() && !state_->suspended) {
    if (wake_ups_possible(*state_, wakes_decided_at_)) consider(wakes_not_before_ns_);
    if (!state_->refused.empty()) consider(wakes_sweep_at_ns_);
    if (wakes_lapse_at_) {
      consider(std::max(wakes_not_before_ns_, now_.monotonic_ns + (wakes_lapse_at_->ns - now_.wall.ns)));
    }
  }
  const std::optional<Timestamp> deadline = next_deadline(*state_);
  if (deadline && phase_ != Phase::kPreflight && phase_ != Phase::kFinished) {
    consider(now_.monotonic_ns + (deadline->ns - now_.wall.ns));
  }
  return earliest;
}

bool Controller::ready() const {
  return phase_ == Phase::kSynced && history_.difference().empty() &&
         (serves() || leadership_.role() == Leadership::Role::kFollows);
}

std::string Controller::not_serving_because() const {
  if (phase_ == Phase::kPreflight) return "not ready: waiting for the API server";
  if (phase_ == Phase::kSyncing) return "not ready: the cluster is being listed";
  if (phase_ != Phase::kSynced) return "not ready: stopping";
  if (!history_.difference().empty()) return "not ready: " + history_.difference();
  switch (leadership_.role()) {
    case Leadership::Role::kUnknown:
      return "not ready: the Lease has not been read yet";
    case Leadership::Role::kFollows:
      return "not the leader: " + leadership_.leader() + " leads";
    case Leadership::Role::kTakesOver:
      return "not ready: taking over from " + leadership_.previous_leader();
    case Leadership::Role::kLeads:
      if (!leadership_.may_send(now_.monotonic_ns)) return "not ready: the Lease was not renewed in time";
      break;
  }
  return space_.suspended_because().empty() ? "ready" : "ready, but " + space_.suspended_because();
}

void Controller::bandwidth_seen(NodeNumber node, const BandwidthSeen& object) {
  duties_.bandwidth_seen(node, object.resource_version);
  statuses_.seen(*state_, node, object);
}

// What people should hear of; not while the cluster is listed for the first time, when everything is new.
void Controller::recording(const Event& event) {
  if (!serves()) return;
  if (std::optional<ClusterEvent> told = cluster_event(*state_, event)) events_.add(std::move(*told));
}

void Controller::bandwidth_gone(NodeNumber node) { statuses_.gone(node); }

}  // namespace bw
