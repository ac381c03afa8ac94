// What a pod asks for, resolved from its annotations, its namespace and the policy (rules R2, R3, R12). Pure
// functions; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/event.h"

namespace bw {

// Defaults that a namespace's annotations name; negative: named, but not a valid request.
struct NamespaceDefaults {
  std::optional<BitsPerSecond> ul;
  std::optional<BitsPerSecond> dl;
  bool operator==(const NamespaceDefaults&) const = default;
};

struct Request {
  Rates rates;              // meaningless unless `problem` is empty
  bool default_ul = false;  // the pod does not name this direction
  bool default_dl = false;
  std::string problem;  // one sentence; "" for a valid request

  bool valid() const { return problem.empty(); }
  bool asks() const { return !valid() || rates.ul > 0 || rates.dl > 0; }
};

constexpr BitsPerSecond kSmallestRequest = 1'000;                 // 1k
constexpr BitsPerSecond kLargestRequest = 1'000'000'000'000'000;  // 1P, as kubelet's ExtractPodBandwidthResources

Request resolve_request(const std::vector<RequestEntry>& entries, const NamespaceDefaults& defaults,
                        const Policy& policy);

// The annotations that restate `granted` on the pod: each named direction in each dialect that names it; a granted
// default, and what the pod does not name any more, in the policy's dialect; and networking.vaclab.org/granted. Empty
// if nothing was granted.
std::vector<std::pair<std::string, std::string>> granted_annotations(const std::vector<RequestEntry>& entries,
                                                                     Rates granted, bool default_ul, bool default_dl,
                                                                     const Policy& policy);

// The annotations that write the defaults of a valid request to its pod, before it is scheduled.
std::vector<std::pair<std::string, std::string>> default_annotations(const Request& request, const Policy& policy);

std::string_view annotation_key(Dialect dialect, Direction direction);

// `ul=100000000,dl=50000000`, bit/s.
std::string format_granted(Rates granted);
std::optional<Rates> parse_granted(std::string_view text);

}  // namespace bw
