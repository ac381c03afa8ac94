// A rate: so many things a second, and a few at once after a pause. Times are of any clock that does not go back.
// Values only; thread: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "journal/types.h"

namespace bw {

class TokenBucket {
 public:
  // Full at first.
  explicit TokenBucket(std::int64_t most) : most_(most * kOne), tokens_(most * kOne) {}

  // What has been earned since the last call, at `per_second`.
  void refill(std::int64_t now_ns, std::int64_t per_second) {
    const std::int64_t passed_ms = (now_ns - refilled_at_ns_) / kNanosecondsPerMillisecond;
    per_second_ = per_second;
    if (passed_ms <= 0) return;
    // Whole milliseconds only: the rest counts the next time.
    const std::int64_t counted_ms = std::min(passed_ms, most_ / per_second + 1);
    tokens_ = std::min(tokens_ + counted_ms * per_second, most_);
    refilled_at_ns_ += passed_ms * kNanosecondsPerMillisecond;
  }

  bool take() {
    if (tokens_ < kOne) return false;
    tokens_ -= kOne;
    return true;
  }

  // When there will be one more, if the rate stays as it was at the last refill.
  std::int64_t next_at_ns() const {
    const std::int64_t missing = std::max<std::int64_t>(0, kOne - tokens_);
    return refilled_at_ns_ + (missing + per_second_ - 1) / per_second_ * kNanosecondsPerMillisecond;
  }

 private:
  static constexpr std::int64_t kOne = 1000;  // so that a rate of n a second is n a millisecond

  const std::int64_t most_;
  std::int64_t tokens_;
  std::int64_t per_second_ = 1;
  std::int64_t refilled_at_ns_ = 0;
};

}  // namespace bw
