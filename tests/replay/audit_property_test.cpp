// Audits of random histories, against what looking at every link after every event finds.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "audited.h"
#include "tests/support/random_history.h"

namespace bw::replay {
namespace {

struct Seen {
  bool visible = false;
  Sum least;
  std::vector<std::tuple<int, Sequence, std::optional<Sequence>, Int128>> breaches;  // direction, began, ended, depth
  bool operator==(const Seen&) const = default;
};

// Every link looked at after every event, from a ledger that knows no groups if `strict`.
std::map<std::pair<std::string, std::string>, Seen> looked_at(const std::vector<Event>& events, Sequence from,
                                                              Sequence to, bool strict) {
  std::map<std::pair<std::string, std::string>, Seen> all;
  std::map<std::pair<std::string, std::string>, std::pair<Sequence, Int128>> open[2];
  State state;
  for (const Event& event : events) {
    apply(state, event);
    if (event.sequence > to) break;
    std::map<PlaceNumber, Sum> used;
    if (strict) {
      state.pods.for_each([&](PodNumber, const Pod& pod) {
        if (!pod.placement) return;
        for (PlaceNumber place = state.nodes.at(pod.placement->node).leaf; place != kFabric;
             place = state.ledger.place(place).parent) {
          used[place] += pod.placement->charged;
        }
      });
    }
    const auto look = [&](const std::string& node, const std::string& name, PlaceNumber place, bool visible) {
      const std::pair key(node, name);
      Link link = state.ledger.place(place).link;
      if (strict) link.used = used[place];
      if (event.sequence >= from && visible) {
        Seen& seen = all[key];
        const Sum room = link.room();
        if (!seen.visible) seen.least = room;
        seen.visible = true;
        seen.least = {std::min(seen.least.ul, room.ul), std::min(seen.least.dl, room.dl)};
      }
      const Int128 over[2] = {link.used.ul - link.capacity.ul, link.used.dl - link.capacity.dl};
      for (int direction = 0; direction < 2; ++direction) {
        auto& opened = open[direction];
        const auto was = opened.find(key);
        if (over[direction] > 0 && was == opened.end()) {
          opened[key] = {event.sequence, event.sequence >= from ? over[direction] : 0};
        } else if (over[direction] > 0) {
          if (event.sequence >= from) was->second.second = std::max(was->second.second, over[direction]);
        } else if (was != opened.end()) {
          if (event.sequence > from) {
            all[key].breaches.emplace_back(direction, was->second.first, event.sequence, was->second.second);
          }
          opened.erase(was);
        }
      }
    };
    state.nodes.for_each([&](NodeNumber, const Node& node) {
      const bool visible = node.present || node.object || !node.pods.empty();
      look(node.name, "local", node.leaf, visible);
      look(node.name, "network", node.place, visible);
    });
    for (const auto& [name, uplink] : state.uplinks) look("", name, uplink.place, true);
    for (int direction = 0; direction < 2; ++direction) {  // of an uplink that other labels have taken away
      std::erase_if(open[direction], [&](const auto& opened) {
        const auto& [key, breach] = opened;
        if (!key.first.empty() || state.uplinks.contains(key.second)) return false;
        if (event.sequence > from) {
          all[key].breaches.emplace_back(direction, breach.first, event.sequence, breach.second);
        }
        return true;
      });
    }
  }
  for (int direction = 0; direction < 2; ++direction) {
    for (const auto& [key, breach] : open[direction]) {
      all[key].breaches.emplace_back(direction, breach.first, std::nullopt, breach.second);
    }
  }
  for (auto& [key, seen] : all) std::ranges::sort(seen.breaches);
  return all;
}

TEST(Audit, FindsExactlyWhatLookingAtEveryLinkAfterEveryEventFinds) {
  std::size_t breaches = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomHistory history(seed);
    for (int step = 0; step < 200; ++step) history.step();
    const World& world = history.world();
    RandomNumbers random(seed);
    for (const bool strict : {false, true}) {
      const Sequence from = 1 + random.below(now(world));
      const Sequence to = from + random.below(now(world) - from + 1);
      const auto expected = looked_at(world.events(), from, to, strict);
      const AuditReport report = audited(world, point_at(world, from), point_at(world, to), strict);
      std::map<std::pair<std::string, std::string>, Seen> found;
      for (const LinkReport& link : report.links) {
        Seen& seen = found[{link.link.node, link.link.name}];
        seen.visible = true;
        seen.least = link.least_room;
      }
      for (const Breach& breach : report.breaches) {
        ++breaches;
        found[{breach.link.node, breach.link.name}].breaches.emplace_back(
            breach.direction == Direction::kUl ? 0 : 1, breach.began.sequence,
            breach.ended ? std::optional(breach.ended->sequence) : std::nullopt, breach.depth);
      }
      for (auto& [key, seen] : found) std::ranges::sort(seen.breaches);
      for (const auto& [key, seen] : expected) {
        const std::string where = "seed " + std::to_string(seed) + (strict ? " strict" : "") + ", " + key.second +
                                  " of " + key.first + ", " + std::to_string(from) + " to " + std::to_string(to);
        ASSERT_TRUE(found.contains(key)) << where;
        ASSERT_EQ(found[key].breaches.size(), seen.breaches.size()) << where;
        ASSERT_TRUE(found[key] == seen) << where;
      }
      ASSERT_EQ(found.size(), expected.size()) << "seed " << seed;
    }
  }
  EXPECT_GT(breaches, 100U);
}

}  // namespace
}  // namespace bw::replay
