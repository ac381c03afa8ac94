#include "tests/simulation/weather.h"

namespace bw::simulation {
namespace {

// Of a replica that is paused or cut off: long enough for another to lead, be paused itself, and be followed.
constexpr std::int64_t kLongestAbsenceNs = 45 * kSecond;

}  // namespace

void Weather::begin() {
  for (Daemon* daemon : daemons_) start_again(*daemon, 3 * kSecond);
  world_.timeline.after(8 * kSecond, [this] { strike(); });
  if (world_.options().has(Feature::kReplicas)) world_.timeline.after(20 * kSecond, [this] { strike_leader(); });
}

void Weather::start_again(Daemon& daemon, std::int64_t most_ns) {
  if (!starting_.insert(&daemon).second) return;
  world_.timeline.after(random_.between(10 * kMillisecond, most_ns), [this, &daemon] {
    starting_.erase(&daemon);
    if (!daemon.up()) daemon.start();
  });
}

// Most often the one that leads.
Daemon& Weather::victim() {
  if (daemons_.size() == 1) return *daemons_.front();
  Daemon* const leader = service_.leader();
  return leader != nullptr && fate_.chance(600) ? *leader : *fate_.pick(daemons_);
}

void Weather::strike() {
  if (!world_.storms()) return;
  for (Daemon* daemon : daemons_) {
    if (!daemon->up()) start_again(*daemon, 15 * kSecond);  // after an orderly stop
  }
  Daemon& daemon = victim();
  switch (random_.below(8)) {
    case 0:
      if (world_.strikes(Feature::kCrashes)) {
        daemon.crash();
        start_again(daemon, random_.chance(700) ? 2 * kSecond : 20 * kSecond);
      }
      break;
    case 1:
      if (world_.strikes(Feature::kStops)) daemon.stop();
      break;
    case 2:
      if (world_.strikes(Feature::kPauses)) daemon.pause(random_.between(100 * kMillisecond, 12 * kSecond));
      break;
    case 3:
      if (world_.strikes(Feature::kClockSteps)) {
        const bool far = random_.chance(100);
        const std::int64_t by_ns = random_.between(-2 * kSecond, 2 * kSecond) * (far ? 60 : 1);
        if (by_ns < 0) world_.coverage.count(Counter::kClockStepsBack);
        world_.step_clock(by_ns);
      }
      break;
    case 4:
      if (world_.strikes(Feature::kCompaction)) {
        store_.compact();
        if (random_.chance(400)) daemon.wire().break_all();
      }
      break;
    case 5:
      if (world_.strikes(Feature::kApiServerRestarts)) daemon.wire().break_all();
      break;
    default:
      if (world_.options().has(Feature::kReaders)) read();
  }
  world_.timeline.after(random_.between(200 * kMillisecond, 9 * kSecond), [this] { strike(); });
}

// What makes another replica the leader, or should not while the one that holds the Lease may still be sending.
void Weather::strike_leader() {
  if (!world_.storms()) return;
  Daemon* const leader = service_.leader();
  Daemon& daemon = leader == nullptr ? *fate_.pick(daemons_) : *leader;
  switch (fate_.below(7)) {
    case 0:
    case 1:
      if (!world_.strikes(Feature::kFailOvers)) break;
      world_.coverage.count(Counter::kLeadersLost);
      daemon.crash();
      start_again(daemon, fate_.chance(600) ? kSecond : 40 * kSecond);
      break;
    case 2:
      if (!world_.strikes(Feature::kFailOvers)) break;
      world_.coverage.count(Counter::kLeadersLost);
      daemon.stop();
      break;
    case 3:
      if (!world_.strikes(Feature::kLongPauses)) break;
      world_.coverage.count(Counter::kLongPauses);
      daemon.pause(kLongestAbsenceNs);
      recover(daemon, fate_.between(9 * kSecond, kLongestAbsenceNs));
      break;
    case 4:
      if (!world_.strikes(Feature::kLongPauses)) break;
      daemon.pause_before_sending(kLongestAbsenceNs);
      recover(daemon, fate_.between(9 * kSecond, kLongestAbsenceNs));
      break;
    case 5:
      if (!world_.strikes(Feature::kCutOffs)) break;
      world_.coverage.count(Counter::kCutOffs);
      world_.trace([&] { return daemon.name() + ": is cut off from the API server"; });
      daemon.wire().cut_off();
      recover(daemon, fate_.between(kSecond, kLongestAbsenceNs));
      break;
    default:
      if (world_.strikes(Feature::kLeaseDeletion)) lease_.remove();
  }
  const bool burst = fate_.chance(400);  // the next leader before it has settled
  world_.timeline.after(
      burst ? fate_.between(100 * kMillisecond, 4 * kSecond) : fate_.between(8 * kSecond, 45 * kSecond),
      [this] { strike_leader(); });
}

void Weather::recover(Daemon& daemon, std::int64_t most_ns) {
  constexpr std::int64_t kLookNs = 200 * kMillisecond;
  Daemon* const leader = service_.leader();
  const bool another = leader != nullptr && leader != &daemon;
  if (most_ns <= 0 || (another && fate_.chance(300))) return recover_now(daemon);
  world_.timeline.after(kLookNs, [this, &daemon, most_ns] { recover(daemon, most_ns - kLookNs); });
}

void Weather::recover_now(Daemon& daemon) {
  daemon.pause_before_sending(0);
  daemon.go_on();
  daemon.wire().reconnect();
}

void Weather::clear_up() {
  world_.set_storm(false);
  for (Daemon* daemon : daemons_) {
    daemon->wire().revive();
    if (!daemon->up()) start_again(*daemon, kSecond);
    if (!world_.options().has(Feature::kReplicas)) continue;
    recover_now(*daemon);
  }
  world_.timeline.after(15 * kSecond, [this] {  // an orderly stop may still be under way
    for (Daemon* daemon : daemons_) {
      if (!daemon->up()) start_again(*daemon, kSecond);
    }
  });
}

void Weather::read() {
  constexpr Route kRoutes[] = {Route::kNodes, Route::kPods, Route::kLinks, Route::kExplain};
  RouteMatch match{kRoutes[random_.below(4)], {}, {}};
  if (match.route == Route::kExplain) {
    const auto& pods = store_.all(Stream::kPods);
    if (pods.empty()) return;
    match.space = pods.begin()->first.first;
    match.pod = pods.begin()->first.second;
  }
  service_.call(match, "", 10 * kSecond, [](const AnswerCall*) {});
}

}  // namespace bw::simulation
