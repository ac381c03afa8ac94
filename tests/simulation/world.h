// What all parts of one simulation share: time, weather, the trace, and the verdict. The first violation ends the run.
// Thread: the simulation's.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "tests/simulation/coverage.h"
#include "tests/simulation/options.h"
#include "tests/simulation/random.h"
#include "tests/simulation/timeline.h"

namespace bw::simulation {

struct Violation {
  std::string rule;      // which check
  std::string sentence;  // what it saw
  std::int64_t at_ns = 0;
};

class World {
 public:
  World(const Options& options, std::size_t trace_lines)
      : options_(options), trace_lines_(trace_lines), hash_(options.seed) {}

  Timeline timeline;
  Coverage coverage;

  const Options& options() const { return options_; }
  std::int64_t now_ns() const { return timeline.now_ns(); }
  Random random(std::string_view part) const { return Random(options_.seed, part); }

  // Features happen only while it storms: afterwards the run must come to rest.
  bool storms() const { return storms_; }
  void set_storm(bool storms) { storms_ = storms; }
  bool strikes(Feature fault) const { return storms_ && options_.has(fault); }
  // People and the cluster's own doings go on for a while after the storm.
  bool busy() const { return busy_; }
  void set_busy(bool busy) { busy_ = busy; }

  // The wall clock; it may be stepped.
  Timestamp wall() const { return {kWallStartNs + now_ns() + wall_offset_ns_}; }
  void step_clock(std::int64_t by_ns) { wall_offset_ns_ += by_ns; }

  void fail(std::string rule, std::string sentence) {
    if (violation_) return;
    violation_ = Violation{std::move(rule), std::move(sentence), now_ns()};
    timeline.stop();
  }
  const std::optional<Violation>& violation() const { return violation_; }

  // ---- the trace ----
  // `line()` is built only where traces are kept.
  template <class Line>
  void trace(const Line& line) {
    if (trace_lines_ == 0) return;
    if (trace_.size() == trace_lines_) trace_.pop_front();
    trace_.push_back(stamp() + line());
  }
  const std::deque<std::string>& trace_lines() const { return trace_; }

  // Everything that passes between the parts goes in here: equal hashes are equal runs.
  void mix(std::uint64_t value) { hash_ = Random(hash_ ^ value).next(); }
  std::uint64_t hash() const { return hash_; }

 private:
  static constexpr std::int64_t kWallStartNs = 1'800'000'000 * kSecond;  // 2027-01-15T08:00:00Z

  std::string stamp() const {
    const std::int64_t us = now_ns() / kMicrosecond;
    std::string digits = std::to_string(us % 1'000'000);
    return std::to_string(us / 1'000'000) + "." + std::string(6 - digits.size(), '0') + digits + " ";
  }

  const Options options_;
  const std::size_t trace_lines_;
  bool storms_ = true;
  bool busy_ = true;
  std::int64_t wall_offset_ns_ = 0;
  std::optional<Violation> violation_;
  std::deque<std::string> trace_;
  std::uint64_t hash_;
};

}  // namespace bw::simulation
