#include "controller/event_fsm.h"

#include <algorithm>

namespace bw {
namespace {

constexpr std::size_t kMostWaiting = 1000;  // of each kind
constexpr std::size_t kMostInFlight = 2;
constexpr std::int64_t kPerSecond = 20;
constexpr std::int64_t kPerSecondWhileBusy = 5;

}  // namespace

void EventFsm::add(ClusterEvent event) {
  event.reporter = reporter_;
  std::deque<ClusterEvent>& waiting = event.warning ? warnings_ : normals_;
  if (waiting.size() == kMostWaiting) {
    ++dropped_;
    return;
  }
  waiting.push_back(std::move(event));
}

void EventFsm::run(Sequence durable, bool busy, std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  rate_.refill(now_ns, busy ? kPerSecondWhileBusy : kPerSecond);
  wake_at_ns_.reset();
  while (requests_.size() < kMostInFlight) {
    std::deque<ClusterEvent>& waiting = warnings_.empty() ? normals_ : warnings_;
    if (waiting.empty() || waiting.front().cause > durable) return;
    if (!rate_.take()) {
      wake_at_ns_ = rate_.next_at_ns();
      return;
    }
    const Result<ApiRequest> request = post_event(waiting.front());
    waiting.pop_front();
    if (!request) {
      ++dropped_;
      continue;
    }
    requests_.insert(next_request);
    outputs.emplace_back(SendRequest{next_request++, *request});
  }
}

}  // namespace bw
