// Numbers from a seed, the same on every machine: SplitMix64 (Guy Steele and others, 2014). Thread: one.
#pragma once

#include <cstdint>
#include <vector>

namespace bw {

class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  // 0 .. bound - 1; `bound` is above 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  // True once in `times`.
  bool one_in(std::uint64_t times) { return below(times) == 0; }

  template <class Value>
  const Value& pick(const std::vector<Value>& values) {
    return values[below(values.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace bw
