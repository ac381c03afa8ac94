#include "tests/simulation/weather.h"

namespace bw::simulation {

void Weather::begin() {
  start_again(3 * kSecond);
  world_.timeline.after(8 * kSecond, [this] { strike(); });
}

void Weather::start_again(std::int64_t most_ns) {
  if (starting_) return;
  starting_ = true;
  world_.timeline.after(random_.between(10 * kMillisecond, most_ns), [this] {
    starting_ = false;
    if (!daemon_.up()) daemon_.start();
  });
}

void Weather::strike() {
  if (!world_.storms()) return;
  if (!daemon_.up()) start_again(15 * kSecond);  // after an orderly stop
  switch (random_.below(8)) {
    case 0:
      if (world_.strikes(Feature::kCrashes)) {
        daemon_.crash();
        start_again(random_.chance(700) ? 2 * kSecond : 20 * kSecond);
      }
      break;
    case 1:
      if (world_.strikes(Feature::kStops)) daemon_.stop();
      break;
    case 2:
      if (world_.strikes(Feature::kPauses)) daemon_.pause(random_.between(100 * kMillisecond, 12 * kSecond));
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
        if (random_.chance(400)) daemon_.wire().break_all();
      }
      break;
    case 5:
      if (world_.strikes(Feature::kApiServerRestarts)) daemon_.wire().break_all();
      break;
    default:
      if (world_.options().has(Feature::kReaders)) read();
  }
  world_.timeline.after(random_.between(200 * kMillisecond, 9 * kSecond), [this] { strike(); });
}

void Weather::clear_up() {
  world_.set_storm(false);
  daemon_.wire().revive();
  world_.timeline.after(15 * kSecond, [this] {  // an orderly stop may still be under way
    if (!daemon_.up()) start_again(kSecond);
  });
  if (!daemon_.up()) start_again(kSecond);
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
