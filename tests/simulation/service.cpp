#include "tests/simulation/service.h"

#include <memory>
#include <utility>

namespace bw::simulation {

void Service::call(const RouteMatch& match, const std::string& body, std::int64_t timeout_ns, OnAnswer on_answer) {
  // The first of answer and time-out is heard; what comes later is not.
  auto heard =
      std::make_shared<OnAnswer>([on_answer = std::move(on_answer), done = false](const AnswerCall* answer) mutable {
        if (!std::exchange(done, true)) on_answer(answer);
      });
  world_.timeline.after(timeout_ns, [heard] { (*heard)(nullptr); });
  const bool bind = match.route == Route::kBind;
  std::int64_t delay_ns = random_.between(50 * kMicrosecond, 2 * kMillisecond);
  if (world_.strikes(Feature::kLateCalls)) {
    if (random_.chance(15)) {
      return world_.timeline.after(delay_ns, [heard] { (*heard)(nullptr); });  // refused
    }
    if (random_.chance(bind ? 60 : 20)) {
      delay_ns = random_.between(500 * kMillisecond, 9 * kSecond);
      if (bind && delay_ns > timeout_ns) world_.coverage.count(Counter::kLateBindCalls);
    }
    if (bind && random_.chance(50)) {
      world_.coverage.count(Counter::kDuplicateBindCalls);
      world_.timeline.after(delay_ns + random_.between(0, 6 * kSecond), [this, match, body] {
        arrive(match, body, std::make_shared<OnAnswer>([](const AnswerCall*) {}));
      });
    }
  }
  world_.timeline.after(delay_ns, [this, match, body, heard] { arrive(match, body, heard); });
}

void Service::arrive(const RouteMatch& match, const std::string& body, const std::shared_ptr<OnAnswer>& on_answer) {
  for (Daemon* daemon : daemons_) {
    if (!daemon->up()) continue;
    const bool lost = world_.strikes(Feature::kLateCalls) && random_.chance(15);
    return daemon->call(match, body, [on_answer, lost](const AnswerCall* answer) {
      if (!lost) (*on_answer)(answer);
    });
  }
  (*on_answer)(nullptr);
}

}  // namespace bw::simulation
