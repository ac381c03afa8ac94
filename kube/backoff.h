// The one back-off of the watch, effect and lease machines: delays that double, with jitter from a seed and an upper
// bound. No clock: the caller passes the time. Values only; one thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "journal/types.h"

namespace bw {

// Deterministic draws (splitmix64). Not for anything that must stay secret.
class Jitter {
 public:
  explicit Jitter(std::uint64_t seed) : state_(seed) {}

  // Evenly from 0 to `bound` - 1; `bound` is at least 1.
  std::int64_t below(std::int64_t bound) {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::int64_t>((z ^ (z >> 31)) % static_cast<std::uint64_t>(bound));
  }

 private:
  std::uint64_t state_;
};

class Backoff {
 public:
  // The defaults are those of client-go's reflector; `cap_ns` bounds the delay with its jitter.
  struct Limits {
    std::int64_t first_ns = 800 * kNanosecondsPerMillisecond;
    std::int64_t cap_ns = 30 * kNanosecondsPerSecond;
    std::int64_t reset_after_ns = 120 * kNanosecondsPerSecond;  // without a failure
  };

  explicit Backoff(std::uint64_t seed) : Backoff(seed, Limits{}) {}
  Backoff(std::uint64_t seed, Limits limits) : limits_(limits), jitter_(seed) {}

  // How long to wait after a failure at `now_ns`: from the base up to twice the base, which doubles with each failure
  // until the delay lies between half the cap and the cap.
  std::int64_t next_delay_ns(std::int64_t now_ns) {
    if (base_ns_ != 0 && now_ns - quiet_since_ns_ > limits_.reset_after_ns) reset();
    base_ns_ = std::min(base_ns_ == 0 ? limits_.first_ns : base_ns_ * 2, limits_.cap_ns / 2);
    const std::int64_t delay_ns = base_ns_ + jitter_.below(base_ns_);
    quiet_since_ns_ = now_ns + delay_ns;
    return delay_ns;
  }

  // Begins again from the first delay.
  void reset() { base_ns_ = 0; }

 private:
  Limits limits_;
  Jitter jitter_;
  std::int64_t base_ns_ = 0;         // of the last delay; 0: none yet
  std::int64_t quiet_since_ns_ = 0;  // end of the last delay
};

}  // namespace bw
