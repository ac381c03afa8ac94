// The containers that the state is made of: things with dense numbers, sets of numbers, and names looked up by hash.
// Compact, since a state holds 150,000 pods; ordered, since what iterates reaches outputs. Values only; one thread at
// a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "journal/hash64.h"
#include "journal/types.h"

namespace bw {

// Lookup by name; never iterated, so its order reaches no output.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return static_cast<std::size_t>(hash64(name, 0)); }
};
template <class Value>
using NameMap = std::unordered_map<std::string, Value, NameHash, std::equal_to<>>;

// Numbers by the hash of a name that the numbered thing holds itself, so that the name is stored once. Lookup only.
template <class Number>
class NameIndex {
 public:
  void insert(std::string_view name, Number number) { numbers_.emplace(hash64(name, 0), number); }

  void erase(std::string_view name, Number number) {
    auto [at, end] = numbers_.equal_range(hash64(name, 0));
    while (at->second != number) ++at;
    numbers_.erase(at);
  }

  // `is_named(number)` tells whether the thing with this number has this very name.
  template <class IsNamed>
  std::optional<Number> find(std::string_view name, IsNamed is_named) const {
    auto [at, end] = numbers_.equal_range(hash64(name, 0));
    for (; at != end; ++at) {
      if (is_named(at->second)) return at->second;
    }
    return std::nullopt;
  }

 private:
  std::unordered_multimap<std::uint64_t, Number> numbers_;
};

// A set of numbers in ascending order, at four bytes each.
template <class Number>
class NumberSet {
 public:
  void insert(Number number) {
    const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), number);
    if (at == numbers_.end() || *at != number) numbers_.insert(at, number);
  }
  void erase(Number number) {
    const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), number);
    if (at != numbers_.end() && *at == number) numbers_.erase(at);
  }
  bool contains(Number number) const { return std::binary_search(numbers_.begin(), numbers_.end(), number); }
  std::size_t size() const { return numbers_.size(); }
  bool empty() const { return numbers_.empty(); }
  auto begin() const { return numbers_.begin(); }
  auto end() const { return numbers_.end(); }
  bool operator==(const NumberSet&) const = default;

 private:
  std::vector<Number> numbers_;
};

// Things with dense numbers, which never move. Freed numbers are given again, the smallest first, so that two
// journals with the same facts give the same numbers.
template <class Number, class Thing>
class NumberedTable {
 public:
  NumberedTable() = default;
  NumberedTable(NumberedTable&&) noexcept = default;
  NumberedTable& operator=(NumberedTable&&) noexcept = default;
  NumberedTable(const NumberedTable& other) { *this = other; }
  NumberedTable& operator=(const NumberedTable& other) {
    if (this == &other) return *this;
    chunks_.clear();
    for (const auto& chunk : other.chunks_) chunks_.push_back(std::make_unique<Chunk>(*chunk));
    end_ = other.end_;
    free_ = other.free_;
    return *this;
  }
  ~NumberedTable() = default;

  Thing* find(Number number) {
    if (index_of(number) >= end_) return nullptr;
    std::optional<Thing>& slot = slot_of(number);
    return slot ? &*slot : nullptr;
  }
  const Thing* find(Number number) const { return const_cast<NumberedTable*>(this)->find(number); }
  Thing& at(Number number) { return slot_of(number).value(); }
  const Thing& at(Number number) const { return const_cast<NumberedTable*>(this)->at(number); }

  // The number to give next.
  Number next() const { return free_.empty() ? Number{static_cast<std::uint32_t>(end_)} : *free_.begin(); }

  // The number that next() would give once `taken`, which it gave, is in use.
  Number next_after(Number taken) const {
    const auto free = free_.upper_bound(taken);
    if (free != free_.end()) return *free;
    return Number{static_cast<std::uint32_t>(std::max(end_, index_of(taken) + 1))};
  }

  Thing& create(Number number) {
    const std::size_t index = index_of(number);
    free_.erase(number);
    for (; end_ <= index; ++end_) {
      if (end_ % kChunk == 0) chunks_.push_back(std::make_unique<Chunk>());
      if (end_ != index) free_.insert(Number{static_cast<std::uint32_t>(end_)});
    }
    return slot_of(number).emplace();
  }

  void erase(Number number) {
    slot_of(number).reset();
    free_.insert(number);
  }

  std::size_t size() const { return end_ - free_.size(); }
  std::size_t end_number() const { return end_; }  // above every number in use

  // Calls visit(Number, const Thing&) in ascending order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < end_; ++i) {
      const Number number{static_cast<std::uint32_t>(i)};
      if (const Thing* thing = find(number)) visit(number, *thing);
    }
  }

 private:
  static constexpr std::size_t kChunk = 256;
  using Chunk = std::array<std::optional<Thing>, kChunk>;

  std::optional<Thing>& slot_of(Number number) {
    return (*chunks_[index_of(number) / kChunk])[index_of(number) % kChunk];
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t end_ = 0;
  std::set<Number> free_;
};

}  // namespace bw
