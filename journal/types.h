// Small types that every folder shares: numbers, times and rates, with the unit in the type or in its name.
// Values only; safe on any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace bw {

// Place of an event in the journal. The first event is 1; 0 means "before the first event".
using Sequence = std::uint64_t;

// Dense numbers that facts give to things with names, so that a name is stored once. A number is free
// again, and given again, once its bearer is gone and nothing refers to it; node numbers are kept for the life of the
// journal.
enum class PodNumber : std::uint32_t {};
enum class NodeNumber : std::uint32_t {};
enum class WorkloadNumber : std::uint32_t {};

template <class Number>
constexpr std::size_t index_of(Number number) {
  return static_cast<std::size_t>(number);
}

// resourceVersion of a Kubernetes object or list. The API promises decimal digits that may be compared within
// one resource (KEP-5504); 0 is never the version of a live object.
using ResourceVersion = std::uint64_t;

// Wall clock, nanoseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

using BitsPerSecond = std::int64_t;

constexpr BitsPerSecond kBitsPerMegabit = 1'000'000;

// The two directions of a link, or of a request: `ul` from pods (egress), `dl` to pods (ingress). Bit/s.
struct Rates {
  BitsPerSecond ul = 0;
  BitsPerSecond dl = 0;
  friend constexpr bool operator==(const Rates&, const Rates&) = default;
};

// The number of a kind of object we watch; one stream of events with one resourceVersion each.
enum class Stream : std::uint8_t {
  kPods,
  kNodes,
  kBandwidths,
  kNamespaces,
  kReplicaSets,
  kDeployments,
  kStatefulSets,
  kDaemonSets,
  kJobs,
};
constexpr std::size_t kStreamCount = 9;

using Sha256 = std::array<std::uint8_t, 32>;

// Head of the hash chain: h(N) = SHA-256(h(N-1), N, stored bytes of event N); h(0) is all zero.
struct Head {
  Sequence sequence = 0;
  Sha256 hash{};
  friend bool operator==(const Head&, const Head&) = default;
};

// Random identity of a journal, written by its first fact. Shown as 32 lower-case hexadecimal digits.
struct JournalId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const JournalId&, const JournalId&) = default;
};

}  // namespace bw
