#include "live_test.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using std::chrono::seconds;

struct Shared {
  TemporaryFolder folder{"cluster-test"};
  std::unique_ptr<LiveSystem> system;

  ~Shared() {
    if (!::testing::UnitTest::GetInstance()->Failed()) return;
    folder.keep();
    std::fprintf(stderr, "logs and journal are in %s\n", folder.path().c_str());
  }
};

Shared& shared() {
  static Shared instance;
  return instance;
}

bool is_bound(const PodView& pod) { return !pod.node.empty(); }

bool refused(const PodView& pod) { return pod.node.empty() && pod.scheduled_reason == "Unschedulable"; }

}  // namespace

LiveSystem& LiveTest::system() { return *shared().system; }

void LiveTest::SetUp() {
  static int tests = 0;
  prefix_ = "t" + std::to_string(++tests) + "-";
  if (shared().system == nullptr) {
    LiveSystemOptions options;
    options.folder = shared().folder.path();
    options.nodes = 0;
    auto started = LiveSystem::start(options);
    ASSERT_TRUE(started) << started.error().message;
    shared().system = std::move(*started);
  }
  ASSERT_OK(plane().healthy());
  if (!daemon().process().running()) {
    ASSERT_OK(daemon().start_again());
  }
}

void LiveTest::TearDown() {
  if (shared().system == nullptr) return;
  EXPECT_OK(plane().healthy());
  EXPECT_OK(cluster().wipe());
  EXPECT_TRUE(daemon().process().running()) << last_lines(daemon().log(), 20);
  if (configured_) configure("");
}

void LiveTest::create_nodes(int count, const NodeSpec& spec) {
  ASSERT_OK(cluster().create_nodes(prefix_, count, spec));
  wait("the daemon has made the Bandwidth objects", [&]() -> Result<bool> {
    const auto objects = cluster().bandwidths();
    if (!objects) return objects.error();
    return std::count_if(objects->begin(), objects->end(), [&](const BandwidthView& object) {
             return object.name.starts_with(prefix_) && object.has_status;
           }) == count;
  });
}

CapacityWatch LiveTest::watch(int mbps, CapacityWatch::Recount recount) {
  const BitsPerSecond rate = mbps * kBitsPerMegabit;
  return CapacityWatch(plane().admin_kubeconfig(), {.usual = {.ul = rate, .dl = rate}}, recount);
}

void LiveTest::expect_strict(CapacityWatch& watch) {
  const CapacityWatch::Findings findings = watch.finish();
  EXPECT_EQ(findings.worst, 0) << "bit/s above its capacity, on " << findings.worst_node;
  EXPECT_GT(findings.polls, 2);
  EXPECT_EQ(findings.failed_polls, 0) << findings.last_error;
}

void LiveTest::configure(const std::string& more) {
  configured_ = !more.empty();
  daemon().configure(more);
  EXPECT_EQ(daemon().stop(), 0);
  ASSERT_OK(daemon().start_again());
}

void LiveTest::wait_for(int bound, int refused_count, seconds deadline) {
  std::string seen;
  wait(
      std::to_string(bound) + " pods are bound and " + std::to_string(refused_count) + " are refused",
      [&]() -> Result<bool> {
        const std::vector<PodView> all = pods();
        const auto now_bound = std::count_if(all.begin(), all.end(), is_bound);
        const auto now_refused = std::count_if(all.begin(), all.end(), refused);
        seen = std::to_string(now_bound) + " bound, " + std::to_string(now_refused) + " refused";
        if (now_bound > bound) return Error{ErrorCode::kInvalid, "too many pods are bound: " + seen};
        return now_bound == bound && now_refused == refused_count;
      },
      deadline);
  if (::testing::Test::HasFatalFailure()) std::fprintf(stderr, "at last: %s\n", seen.c_str());
}

void LiveTest::burst(const std::string& prefix, int count, const PodSpec& spec) {
  ChildProcess& scheduler = plane().component(spec.scheduler);
  scheduler.pause();
  const Result<void> created = cluster().create_pods(prefix, count, spec);
  scheduler.resume();
  ASSERT_OK(created);
}

void LiveTest::wait_for_bound(int at_least, seconds deadline) {
  wait(
      "at least " + std::to_string(at_least) + " pods are bound",
      [&]() -> Result<bool> { return bound_now() >= at_least; }, deadline);
}

void LiveTest::wait(const std::string& what, const std::function<Result<bool>()>& holds, seconds deadline) {
  if (::testing::Test::HasFatalFailure()) return;  // what follows a failed wait would wait in vain
  ASSERT_OK(wait_until(what, deadline, holds));
}

std::vector<PodView> LiveTest::pods() {
  const auto all = cluster().pods();
  if (all) return *all;
  ADD_FAILURE() << all.error().message;
  return {};
}

int LiveTest::bound_now() {
  const std::vector<PodView> all = pods();
  return static_cast<int>(std::count_if(all.begin(), all.end(), is_bound));
}

PodView LiveTest::pod(const std::string& name, const std::string& space) {
  for (const PodView& one : pods()) {
    if (one.name == name && one.space == space) return one;
  }
  return {};
}

std::optional<BandwidthView> LiveTest::bandwidth(const std::string& node) {
  const auto objects = cluster().bandwidths();
  if (!objects) {
    ADD_FAILURE() << objects.error().message;
    return std::nullopt;
  }
  const auto found =
      std::find_if(objects->begin(), objects->end(), [&](const BandwidthView& object) { return object.name == node; });
  return found == objects->end() ? std::nullopt : std::optional(*found);
}

BandwidthView LiveTest::wait_for_bandwidth(const std::string& node, const std::string& what,
                                           const std::function<bool(const BandwidthView&)>& holds) {
  BandwidthView last;
  wait(node + " " + what, [&]() -> Result<bool> {
    const auto object = bandwidth(node);
    if (object) last = *object;
    return object && holds(*object);
  });
  return last;
}

void LiveTest::wait_for_used(const std::string& node, std::int64_t local, std::int64_t network) {
  const NodeLinksView expected{.local = {local, local}, .network = {network, network}};
  const BandwidthView last =
      wait_for_bandwidth(node, "shows " + std::to_string(local) + " local and " + std::to_string(network) + " network",
                         [&](const BandwidthView& object) { return object.used == expected; });
  EXPECT_EQ(last.used.local, expected.local) << last.used.local.ul << "/" << last.used.local.dl;
  EXPECT_EQ(last.used.network, expected.network) << last.used.network.ul << "/" << last.used.network.dl;
}

void LiveTest::wait_for_event(const std::string& reason, const std::string& object) {
  wait("an event " + reason + " about " + object, [&]() -> Result<bool> {
    const auto listed = plane().kubectl(
        {"get", "events", "-A", "-o", "jsonpath={range .items[*]}{.reason} {.involvedObject.name}{'\\n'}{end}"});
    if (!listed) return listed.error();
    return listed->standard_output.find(reason + " " + object + "\n") != std::string::npos;
  });
}

}  // namespace bw
