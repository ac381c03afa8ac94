#include "controller/event_fsm.h"

#include <algorithm>

namespace bw {
namespace {

constexpr std::size_t kMostWaiting = 1000;  // of each kind
constexpr std::size_t kMostInFlight = 2;
constexpr std::int64_t kPerSecond = 20;
constexpr std::int64_t kBurst = 100;
constexpr std::int64_t kOne = 1000;

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

void EventFsm::run(Sequence durable, std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  const std::int64_t gained = (now_ns - credited_at_ns_) / kNanosecondsPerMillisecond * kPerSecond;
  if (credited_at_ns_ == 0) {
    credit_ = kBurst * kOne;
    credited_at_ns_ = now_ns;
  } else if (gained > 0) {
    credit_ = std::min(credit_ + gained, kBurst * kOne);
    credited_at_ns_ = now_ns;
  }
  wake_at_ns_.reset();
  while (requests_.size() < kMostInFlight) {
    std::deque<ClusterEvent>& waiting = warnings_.empty() ? normals_ : warnings_;
    if (waiting.empty() || waiting.front().cause > durable) return;
    if (credit_ < kOne) {
      wake_at_ns_ = now_ns + kNanosecondsPerSecond / kPerSecond;
      return;
    }
    const Result<ApiRequest> request = post_event(waiting.front());
    waiting.pop_front();
    if (!request) {
      ++dropped_;
      continue;
    }
    credit_ -= kOne;
    requests_.insert(next_request);
    outputs.emplace_back(SendRequest{next_request++, *request});
  }
}

}  // namespace bw
