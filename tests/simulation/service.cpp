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

Daemon* Service::leader() {
  Daemon* leader = nullptr;
  for (Daemon* daemon : daemons_) {
    if (!daemon->leads()) continue;
    const bool newer = leader == nullptr || daemon->controller()->state().term > leader->controller()->state().term;
    if (newer) leader = daemon;
  }
  return leader;
}

// Now and then another one than the leader, as the labels of pods lag behind.
Daemon* Service::chosen() {
  std::vector<Daemon*> up;
  for (Daemon* daemon : daemons_) {
    if (daemon->up()) up.push_back(daemon);
  }
  if (up.size() <= 1) return up.empty() ? nullptr : up.front();
  Daemon* const leads = leader();
  const bool other = world_.storms() && choice_.chance(50);
  return leads == nullptr || other ? choice_.pick(up) : leads;
}

void Service::arrive(const RouteMatch& match, const std::string& body, const std::shared_ptr<OnAnswer>& on_answer) {
  Daemon* const daemon = chosen();
  if (daemon == nullptr) return (*on_answer)(nullptr);
  const bool lost = world_.strikes(Feature::kLateCalls) && random_.chance(15);
  daemon->call(match, body, [on_answer, lost](const AnswerCall* answer) {
    if (!lost) (*on_answer)(answer);
  });
}

}  // namespace bw::simulation
