// What tests of the whole system share: one control plane, one daemon and one scheduler for all tests of a program,
// which start with the first test and end with the program. Each test has nodes of its own and leaves an empty
// cluster. The folder of a program in which a test has failed is kept, and named.
//
// One thread: that of the tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "outcome.h"
#include "tests/support/capacity_watch.h"
#include "tests/support/live_system.h"

namespace bw {

class LiveTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  static LiveSystem& system();
  static Cluster& cluster() { return system().cluster(); }
  static BandwidthDaemon& daemon() { return system().daemon(); }
  static ControlPlane& plane() { return system().control_plane(); }

  // Nodes of this test, by number.
  std::string node(int number) const { return prefix_ + std::to_string(number); }
  void create_nodes(int count, const NodeSpec& spec = {});
  // A witness for nodes that all have this capacity in both directions.
  static CapacityWatch watch(int mbps, CapacityWatch::Recount recount = bw::recount);
  static void expect_strict(CapacityWatch& watch);

  // The daemon ends and starts again with further keys of the configuration, until the test ends.
  void configure(const std::string& more);

  // Pods that are all there when the scheduler sees the first of them.
  static void burst(const std::string& prefix, int count, const PodSpec& spec);

  // Waits until exactly so many pods are bound and so many have been refused by the scheduler. Fails at once when
  // more are bound.
  static void wait_for(int bound, int refused, std::chrono::seconds deadline = std::chrono::seconds(120));
  static void wait_for_bound(int at_least, std::chrono::seconds deadline = std::chrono::seconds(120));
  static void wait(const std::string& what, const std::function<Result<bool>()>& holds,
                   std::chrono::seconds deadline = std::chrono::seconds(60));

  static std::vector<PodView> pods();
  static int bound_now();
  static PodView pod(const std::string& name, const std::string& space = "default");  // empty when there is none
  static std::optional<BandwidthView> bandwidth(const std::string& node);
  // Waits until the Bandwidth object of the node says what `holds` wants; its last form.
  static BandwidthView wait_for_bandwidth(const std::string& node, const std::string& what,
                                          const std::function<bool(const BandwidthView&)>& holds);
  // Waits until it shows these Mbps as used, in both directions of each link.
  static void wait_for_used(const std::string& node, std::int64_t local, std::int64_t network);

  // Whether a Kubernetes event with that reason has been posted about that object.
  static void wait_for_event(const std::string& reason, const std::string& object);

 private:
  std::string prefix_;
  bool configured_ = false;
};

}  // namespace bw
