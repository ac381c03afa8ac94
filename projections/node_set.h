// A set of nodes as a bitmap over their dense numbers, and its difference from another as runs: how an offered set
// is kept and journaled. Values only; safe on any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "journal/event.h"

namespace bw {

class NodeSet {
 public:
  void insert(NodeNumber node) {
    const std::size_t word = index_of(node) / 64;
    if (word >= words_.size()) words_.resize(word + 1);
    words_[word] |= std::uint64_t{1} << (index_of(node) % 64);
  }

  void erase(NodeNumber node) {
    const std::size_t word = index_of(node) / 64;
    if (word >= words_.size()) return;
    words_[word] &= ~(std::uint64_t{1} << (index_of(node) % 64));
    trim();
  }

  bool contains(NodeNumber node) const {
    const std::size_t word = index_of(node) / 64;
    return word < words_.size() && (words_[word] >> (index_of(node) % 64) & 1) != 0;
  }

  std::size_t size() const;
  bool empty() const { return words_.empty(); }
  void clear() { words_.clear(); }

  // Calls visit(NodeNumber) in ascending order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
        visit(NodeNumber{static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)))});
      }
    }
  }

  // Runs (first, length, ...) of the numbers that are in exactly one of *this and `base`.
  std::vector<std::uint32_t> runs_from(const NodeSet& base) const;

  // Moves the numbers in `runs` to the other side: base.toggle(set.runs_from(base)) == set.
  void toggle(const std::vector<std::uint32_t>& runs);

  bool operator==(const NodeSet&) const = default;
  const std::vector<std::uint64_t>& words() const { return words_; }

 private:
  void trim() {
    while (!words_.empty() && words_.back() == 0) words_.pop_back();
  }

  std::vector<std::uint64_t> words_;  // no zero word at the end, so that equal sets are equal vectors
};

}  // namespace bw
