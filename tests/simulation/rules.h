// The rules of requests and links once more, written from the rules and not from the code under test: slow, from
// nothing but objects, without history. What checks compare with. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/policy.h"
#include "tests/simulation/model_object.h"

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

// ---- links (R6 to R8) ---------------------------------------------------------------------------------------

// The way up from a pod on a node: each link, and the place that it leads to. The last leads to the fabric, "".
struct LinkStep {
  std::string link;   // "local node-1", "network node-1", "uplink zone-0/rack-1"
  std::string place;  // "node-1", "uplink zone-0/rack-1", ""
};
using LinkPath = std::vector<LinkStep>;
LinkPath link_path(const std::string& node, const std::map<std::string, std::string>& labels, const Policy& policy);

struct Counted {
  LinkPath path;
  Rates rates;
  std::string group;       // "": none
  bool all_links = false;  // whatever the group does
};

// The lowest place that holds all of them.
std::string lowest_place(const std::vector<const Counted*>& members);

using LinkUse = std::map<std::string, Rates>;

// What the pods take from each link if each group meets at `meeting`; a group that is not named there meets at the
// lowest place that holds its members, which is the least that it can take.
LinkUse count_use(const std::vector<Counted>& pods, const std::map<std::string, std::string>& meeting);

}  // namespace bw::simulation
