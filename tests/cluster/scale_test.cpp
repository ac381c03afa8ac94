// Bursts on 1 to 200 nodes: exactly what fits is bound, and few of the scheduler's choices are refused at bind, since
// filter names different nodes to pods that come at once.
#include <cstdio>
#include <string>

#include "live_test.h"

namespace bw {
namespace {

class ScaleTest : public LiveTest {
 protected:
  struct Figures {
    double binds = 0;
    double refused = 0;
  };

  static double metric(const std::string& family, const std::string& labels = "") {
    const auto value = daemon().metric(family, labels);
    EXPECT_TRUE(value) << value.error().message;
    return value ? *value : 0;
  }

  // Of a burst of `count` pods that ask for `mbps` each, of which `fit` can be bound.
  Figures run_burst(int nodes, int count, int mbps, int fit) {
    create_nodes(nodes);
    if (HasFatalFailure()) return {};
    const double refused_before = metric("bandwidth_bind_refusals_total");
    CapacityWatch witness = watch(1000);
    const std::string rate = std::to_string(mbps) + "M";
    burst("pod-", count, {.egress = rate, .ingress = rate});
    wait_for(fit, count - fit, std::chrono::seconds(240));
    expect_strict(witness);
    EXPECT_EQ(witness.findings().most_bound, fit);
    const Figures figures{.binds = static_cast<double>(fit),
                          .refused = metric("bandwidth_bind_refusals_total") - refused_before};
    std::printf("  %d pods over %d nodes: %d bound, %.0f binds refused\n", count, nodes, fit, figures.refused);
    return figures;
  }
};

TEST_F(ScaleTest, OneNode) { run_burst(1, 40, 100, 10); }

TEST_F(ScaleTest, TwentyNodes) { run_burst(20, 150, 150, 6 * 20); }

TEST_F(ScaleTest, TwoHundredNodes) { run_burst(200, 660, 300, 3 * 200); }

TEST_F(ScaleTest, TwoThousandPodsOverAHundredNodes) {
  const Figures figures = run_burst(100, 2000, 60, 16 * 100);
  ASSERT_GT(figures.binds, 0);
  const double share = figures.refused / (figures.binds + figures.refused);
  std::printf("  %.2f %% of the binds were refused\n", 100 * share);
  RecordProperty("refused_binds_percent", std::to_string(100 * share));
  EXPECT_LT(share, 0.01);
}

}  // namespace
}  // namespace bw
