// Groups are placed to their last member: a model of the scheduler's loop asks filter and prioritize, takes the best
// (ties by its own chance), and binds, until nothing is left or nothing fits. A group that stops half-way although a
// placement existed was led into a dead end.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/random_numbers.h"
#include "tests/support/world.h"

namespace bw {
namespace {

struct ModelNode {
  Rates network = both(1'000);
  std::uint32_t most_pods = 110;
  std::string rack = {};
};

class ModelScheduler {
 public:
  explicit ModelScheduler(std::uint64_t seed, const Policy& policy = {}) : random_(seed), world_(policy) {}

  void add_node(const std::string& name, const ModelNode& model) {
    world_.edit_node(name, [&](NodeSeen& node) {
      node.allocatable_pods = model.most_pods;
      if (!model.rack.empty()) node.level_values = {model.rack};
    });
    world_.edit_bandwidth(name, [&](BandwidthSeen& object) {
      object.network_ul = model.network.ul;
      object.network_dl = model.network.dl;
    });
    most_pods_[name] = model.most_pods;
  }

  void add_nodes(int count, const ModelNode& model = {}) {
    for (int i = 0; i < count; ++i) add_node("n" + std::to_string(most_pods_.size()), model);
  }

  // A pod of somebody else.
  void occupy(const std::string& node, const std::string& request) {
    const std::string pod = "other-" + std::to_string(pods_on_[node]++) + "-" + node;
    world_.pod(pod, request);
    world_.place(pod, node);
  }

  void add_group(const std::string& name, std::uint32_t members, const std::string& request) {
    world_.workload(WorkloadKind::kStatefulSet, name, members);
    for (std::uint32_t i = 0; i < members; ++i) {
      const std::string pod = name + "-" + std::to_string(i);
      world_.pod(pod, request, name);
      queue_.push_back(pod);
    }
  }

  void add_pod(const std::string& pod, const std::string& request) {
    world_.pod(pod, request);
    queue_.push_back(pod);
  }

  // Groups grow side by side.
  void shuffle() {
    for (std::size_t i = queue_.size(); i > 1; --i) std::swap(queue_[i - 1], queue_[random_.below(i)]);
  }

  // One member of each group comes before everything else.
  void begin_groups() {
    std::stable_partition(queue_.begin(), queue_.end(),
                          [](const std::string& pod) { return pod.starts_with('g') && pod.ends_with("-0"); });
  }

  // How many pods find no node, when each has had a try after the last one that did.
  std::size_t run() {
    std::vector<std::string> waiting = queue_;
    while (true) {
      std::vector<std::string> refused;
      for (const std::string& pod : waiting) {
        if (!schedule(pod)) refused.push_back(pod);
      }
      if (refused.empty() || refused.size() == waiting.size()) return refused.size();
      waiting = std::move(refused);
    }
  }

  const World& world() const { return world_; }

 private:
  bool schedule(const std::string& pod) {
    std::vector<std::string> offered;
    for (const auto& [node, most] : most_pods_) {
      if (pods_on_[node] < most) offered.push_back(node);
    }
    if (offered.empty()) return false;
    const FilterVerdict verdict = world_.filter(pod, offered);
    if (verdict.named.empty()) return false;
    const auto scores = world_.prioritize(pod, world_.names_of(verdict.named)).scores;
    std::size_t best = 1;
    while (best < scores.size() && scores[best].second == scores[0].second) ++best;
    const std::string node = world_.state().nodes.at(scores[random_.below(best)].first).name;
    if (!world_.run(pod, node)) return false;
    ++pods_on_[node];
    return true;
  }

  RandomNumbers random_;
  World world_;
  std::map<std::string, std::uint32_t> most_pods_;
  std::map<std::string, std::uint32_t> pods_on_;
  std::vector<std::string> queue_;
};

class GroupPlacement : public testing::TestWithParam<std::uint64_t> {
 protected:
  Policy policy() const {
    Policy policy;
    policy.scoring_seed = GetParam();
    return policy;
  }
};

TEST_P(GroupPlacement, AStatefulSetOfAThousandFillsFiftyNodes) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(50);
  scheduler.add_group("peers", 1'000, "20M");
  EXPECT_EQ(scheduler.run(), 0U);
  EXPECT_TRUE(scheduler.world().state().overcommitted.empty());
}

TEST_P(GroupPlacement, OneDirectionMayBeTheScarceOne) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(10, {.network = {megabits(1'000), megabits(100)}});
  scheduler.add_group("peers", 250, "10M/4M");
  EXPECT_EQ(scheduler.run(), 0U);
}

TEST_P(GroupPlacement, NodesMayBePartFull) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(12);
  for (int i = 0; i < 6; ++i) scheduler.occupy("n" + std::to_string(i), std::to_string(100 * (i + 1)) + "M");
  scheduler.add_group("peers", 495, "20M");  // 6 * 50 + 45 + 40 + 35 + 30 + 25 + 20
  EXPECT_EQ(scheduler.run(), 0U);
}

TEST_P(GroupPlacement, NodesMayBeOfDifferentSizes) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(4, {.network = both(10'000)});
  scheduler.add_nodes(8, {.network = both(100), .most_pods = 20});
  scheduler.add_group("peers", 4 * 110 + 8 * 4, "25M");
  EXPECT_EQ(scheduler.run(), 0U);
}

// Each group fits on a node as a whole and is free there, but only one to a node: one of two that begin beside each
// other would have to spread, and could not.
TEST_P(GroupPlacement, GroupsThatGrowSideBySideDoNotTakeEachOthersRoom) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(6);
  for (int i = 0; i < 6; ++i) scheduler.add_group("g" + std::to_string(i), 100, "20M");
  scheduler.shuffle();
  EXPECT_EQ(scheduler.run(), 0U);
}

TEST_P(GroupPlacement, MoreGroupsThanNodes) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(5);
  for (int i = 0; i < 6; ++i) scheduler.add_group("g" + std::to_string(i), 70, "20M");
  scheduler.shuffle();
  EXPECT_EQ(scheduler.run(), 0U);
}

// Each group fits on one node and can never spread from it; so once it has begun there, pods of no group must not take
// its places.
TEST_P(GroupPlacement, PodsOfNoGroupLeaveThePlacesThatArePromised) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(3, {.most_pods = 60});
  for (int i = 0; i < 3; ++i) scheduler.add_group("g" + std::to_string(i), 55, "20M");
  for (int i = 0; i < 12; ++i) scheduler.add_pod("single-" + std::to_string(i), "1M");
  scheduler.shuffle();
  scheduler.begin_groups();
  EXPECT_EQ(scheduler.run(), 0U);
}

TEST_P(GroupPlacement, GroupsOfManySizes) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(8);
  for (int i = 0; i < 12; ++i) {
    scheduler.add_group("g" + std::to_string(i), static_cast<std::uint32_t>(5 + i * 7), std::to_string(10 + i) + "M");
  }
  scheduler.shuffle();
  EXPECT_EQ(scheduler.run(), 0U);
}

TEST_P(GroupPlacement, AGroupBesideOneThatIsFarTooLargeForItsNode) {
  ModelScheduler scheduler(GetParam(), policy());
  scheduler.add_nodes(10);
  scheduler.add_group("large", 300, "20M");
  for (int i = 0; i < 4; ++i) scheduler.add_group("small" + std::to_string(i), 30, "30M");
  scheduler.shuffle();
  EXPECT_EQ(scheduler.run(), 0U);
}

TEST_P(GroupPlacement, RacksWithNarrowUplinks) {
  Policy racks = policy();
  racks.levels = {{"rack", both(2'000), {}}};
  ModelScheduler scheduler(GetParam(), racks);
  for (int rack = 0; rack < 3; ++rack) scheduler.add_nodes(4, {.rack = "r" + std::to_string(rack)});
  scheduler.add_group("peers", 300, "20M");  // what the three uplinks carry
  EXPECT_EQ(scheduler.run(), 0U);
}

TEST_P(GroupPlacement, GroupsInRacksWithNarrowUplinks) {
  Policy racks = policy();
  racks.levels = {{"rack", both(500), {}}};
  ModelScheduler scheduler(GetParam(), racks);
  for (int rack = 0; rack < 3; ++rack) scheduler.add_nodes(3, {.most_pods = 40, .rack = "r" + std::to_string(rack)});
  for (int i = 0; i < 9; ++i) scheduler.add_group("g" + std::to_string(i), 35, "20M");
  scheduler.shuffle();
  EXPECT_EQ(scheduler.run(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, GroupPlacement, testing::Range<std::uint64_t>(1, 4));

}  // namespace
}  // namespace bw
