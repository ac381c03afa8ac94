// The rules of requests once more, written from the rules and not from the code under test: slow, from nothing but
// objects, without history. What checks compare with; those of links are in tests/support/recount.h. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/policy.h"
#include "tests/simulation/model_object.h"
#include "tests/support/recount.h"

namespace bw::simulation {

// ---- what a pod asks for (R2, R3) ---------------------------------------------------------------------------

struct NamedRequest {
  bool invalid = false;
  std::optional<BitsPerSecond> ul, dl;  // absent: not named
};
NamedRequest named_request(const ModelObject& pod, const Policy& policy);

// The rate that one annotation names; nothing if it is no valid request. Knows the spellings that simulations draw and
// those in which the daemon restates a grant.
std::optional<BitsPerSecond> read_rate(Dialect dialect, std::string_view text);

// networking.vaclab.org/granted; nothing if it is missing.
std::optional<Rates> read_granted(const ModelObject& pod);

// The default of a namespace for a direction: absent, a rate, or negative where it is invalid.
std::optional<BitsPerSecond> namespace_default(const ModelObject& space, bool ul);

std::uint32_t interfaces_of(const ModelObject& pod);

// Pods that a workload wants; nothing if it does not say.
std::optional<std::uint32_t> wanted_by(const ModelObject& workload);

}  // namespace bw::simulation
