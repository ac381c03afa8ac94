// The only source of chance in a simulation: every part has a stream of its own, drawn from the seed of the run and
// the part's name, so that a part that draws less does not change what the others draw. Integers only, so that a seed
// gives the same run with every compiler.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "journal/hash64.h"
#include "journal/result.h"

namespace bw::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  Random(std::uint64_t seed, std::string_view part) : state_(hash64(part, seed)) {}

  // splitmix64.
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Evenly from `least` to `most`, both included.
  std::int64_t between(std::int64_t least, std::int64_t most) {
    check(least <= most, "a draw from an empty range");
    const std::uint64_t span = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + (span == 0 ? next() : next() % span));
  }

  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(between(0, static_cast<std::int64_t>(bound) - 1));
  }

  // True in `per_mille` of 1,000 calls.
  bool chance(int per_mille) { return between(0, 999) < per_mille; }

  template <class Thing>
  const Thing& pick(const std::vector<Thing>& things) {
    return things[below(things.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace bw::simulation
