// The rules of links (R6 to R8) once more, written from the rules and not from the code under test: slow, and without
// history. What checks compare the ledger with. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/policy.h"

namespace bw {

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

}  // namespace bw
