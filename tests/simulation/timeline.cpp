#include "tests/simulation/timeline.h"

#include <algorithm>
#include <utility>

namespace bw::simulation {

void Timeline::at(std::int64_t time_ns, std::function<void()> happen) {
  heap_.push_back({std::max(time_ns, now_ns_), asked_++, std::move(happen)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void Timeline::run_until(std::int64_t end_ns) {
  while (!stopped_ && !heap_.empty() && heap_.front().time_ns <= end_ns) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ns_ = entry.time_ns;
    ++happened_;
    entry.happen();
  }
  if (!stopped_) now_ns_ = std::max(now_ns_, end_ns);
}

}  // namespace bw::simulation
