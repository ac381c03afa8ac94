// Virtual time: what is to happen, in the order of its time and, at one time, of its being asked for. Nothing takes
// time but waiting. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "journal/types.h"

namespace bw::simulation {

constexpr std::int64_t kMicrosecond = 1'000;
constexpr std::int64_t kMillisecond = kNanosecondsPerMillisecond;
constexpr std::int64_t kSecond = kNanosecondsPerSecond;

class Timeline {
 public:
  std::int64_t now_ns() const { return now_ns_; }

  // A time that is past means now.
  void at(std::int64_t time_ns, std::function<void()> happen);
  void after(std::int64_t delay_ns, std::function<void()> happen) { at(now_ns_ + delay_ns, std::move(happen)); }

  // Lets everything happen that is due up to `end_ns`, which becomes now, unless stop() is called on the way.
  void run_until(std::int64_t end_ns);
  void stop() { stopped_ = true; }

  std::uint64_t happened() const { return happened_; }

 private:
  struct Entry {
    std::int64_t time_ns = 0;
    std::uint64_t order = 0;
    std::function<void()> happen;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.order > b.order;
  }

  std::vector<Entry> heap_;
  std::int64_t now_ns_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t happened_ = 0;
  bool stopped_ = false;
};

}  // namespace bw::simulation
