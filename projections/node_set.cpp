#include "projections/node_set.h"

#include <algorithm>

namespace bw {

std::size_t NodeSet::size() const {
  std::size_t size = 0;
  for (std::uint64_t word : words_) size += static_cast<std::size_t>(std::popcount(word));
  return size;
}

std::vector<std::uint32_t> NodeSet::runs_from(const NodeSet& base) const {
  std::vector<std::uint32_t> runs;
  const std::size_t count = std::max(words_.size(), base.words_.size());
  for (std::size_t word = 0; word < count; ++word) {
    const std::uint64_t mine = word < words_.size() ? words_[word] : 0;
    const std::uint64_t theirs = word < base.words_.size() ? base.words_[word] : 0;
    std::uint64_t differs = mine ^ theirs;
    while (differs != 0) {
      const int first = std::countr_zero(differs);
      const int length = std::countr_one(differs >> first);
      const auto number = static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(first));
      if (!runs.empty() && runs[runs.size() - 2] + runs.back() == number) {
        runs.back() += static_cast<std::uint32_t>(length);
      } else {
        runs.push_back(number);
        runs.push_back(static_cast<std::uint32_t>(length));
      }
      if (first + length == 64) break;
      differs &= ~std::uint64_t{0} << (first + length);
    }
  }
  return runs;
}

void NodeSet::toggle(const std::vector<std::uint32_t>& runs) {
  for (std::size_t i = 0; i + 1 < runs.size(); i += 2) {
    std::uint64_t at = runs[i];
    const std::uint64_t end = at + runs[i + 1];
    if ((end + 63) / 64 > words_.size()) words_.resize((end + 63) / 64);
    while (at < end) {
      const std::uint64_t bit = at % 64;
      const std::uint64_t span = std::min<std::uint64_t>(64 - bit, end - at);
      const std::uint64_t mask = span == 64 ? ~std::uint64_t{0} : ((std::uint64_t{1} << span) - 1) << bit;
      words_[at / 64] ^= mask;
      at += span;
    }
  }
  trim();
}

}  // namespace bw
