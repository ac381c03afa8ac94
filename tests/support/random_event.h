// Random facts and events from a seed: every kind of fact, every field, with extreme values among plain ones. They
// are well-formed one by one (enumerators exist, runs ascend), but make no history: a pod may go before it is seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "journal/event.h"

namespace bw {

class RandomEvents {
 public:
  explicit RandomEvents(std::uint64_t seed) : state_(seed) {}

  // Kinds are the indices of the variant Fact; 0 is UnknownFact, which is never written and so not made here.
  static constexpr std::size_t kFirstKind = 1;
  static constexpr std::size_t kKindCount = std::variant_size_v<Fact>;

  Fact fact(std::size_t kind);

  // Of any kind, each equally often.
  Event event(Sequence sequence);

  // SplitMix64.
  std::uint64_t next();

  // 0 .. bound - 1; `bound` is above 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace bw
