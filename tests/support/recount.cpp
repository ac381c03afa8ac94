#include "tests/support/recount.h"

#include <algorithm>

namespace bw {
namespace {

void add(LinkUse& use, const Counted& pod, const std::string& top) {
  for (const LinkStep& step : pod.path) {
    Rates& used = use[step.link];
    used.ul += pod.rates.ul;
    used.dl += pod.rates.dl;
    if (step.place == top) return;
  }
}

}  // namespace

LinkPath link_path(const std::string& node, const std::map<std::string, std::string>& labels, const Policy& policy) {
  // Names of uplinks begin with the outermost level; one whose label is missing has none.
  std::vector<std::string> uplinks;
  std::string name;
  for (std::size_t i = policy.levels.size(); i-- > 0;) {
    const auto value = labels.find(policy.levels[i].label);
    if (i + 1 < policy.levels.size()) name += '/';
    if (value == labels.end() || value->second.empty()) continue;
    name += value->second;
    uplinks.push_back("uplink " + name);
  }
  LinkPath path{{"local " + node, node}, {"network " + node, ""}};
  for (auto uplink = uplinks.rbegin(); uplink != uplinks.rend(); ++uplink) {
    path.back().place = *uplink;
    path.push_back({*uplink, ""});
  }
  return path;
}

std::string lowest_place(const std::vector<const Counted*>& members) {
  for (const LinkStep& candidate : members.front()->path) {
    const bool holds_all = std::all_of(members.begin(), members.end(), [&](const Counted* member) {
      return std::any_of(member->path.begin(), member->path.end(),
                         [&](const LinkStep& step) { return step.place == candidate.place; });
    });
    if (holds_all) return candidate.place;
  }
  return "";
}

LinkUse count_use(const std::vector<Counted>& pods, const std::map<std::string, std::string>& meeting) {
  std::map<std::string, std::vector<const Counted*>> groups;
  for (const Counted& pod : pods) {
    if (!pod.group.empty()) groups[pod.group].push_back(&pod);
  }
  LinkUse use;
  for (const Counted& pod : pods) {
    if (pod.group.empty() || pod.all_links) {
      add(use, pod, "");
      continue;
    }
    const auto said = meeting.find(pod.group);
    add(use, pod, said != meeting.end() ? said->second : lowest_place(groups.at(pod.group)));
  }
  return use;
}

}  // namespace bw
