// A disk that fills up under a running daemon: it stops deciding in time, records what is released, survives a start
// without room through what it had set aside, and goes on by itself.
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "live_test.h"
#include "tests/support/local_http.h"
#include "tests/support/replay_check.h"
#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;

// A small file system of its own, and a file that takes what the test wants taken.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directories(folder);
    mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=320m") == 0;
    if (!mounted_) problem_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& problem() const { return problem_; }

  std::uint64_t free_bytes() const {
    struct statvfs disk {};
    EXPECT_EQ(::statvfs(folder_.c_str(), &disk), 0);
    return std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }

  // Until only so much is left.
  void fill(std::uint64_t left) {
    std::ofstream file(folder_ / "others", std::ios::app | std::ios::binary);
    const std::string page(4096, 'x');
    while (free_bytes() > left && file.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
    }
  }
  void empty() { std::filesystem::remove(folder_ / "others"); }

 private:
  const std::filesystem::path folder_;
  bool mounted_ = false;
  std::string problem_;
};

class SpaceTest : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (!disk_.mounted()) GTEST_SKIP() << "a small disk cannot be mounted here: " << disk_.problem();
    daemon().stop();
    auto small = BandwidthDaemon::start({.folder = folder_.path(),
                                         .kubeconfig = plane().daemon_kubeconfig(),
                                         .journal = folder_.path() / "disk/journal"});
    ASSERT_TRUE(small) << small.error().message;
    small_ = std::move(*small);
  }
  void TearDown() override {
    if (small_ != nullptr) {
      EXPECT_EQ(small_->stop(), 0);
      EXPECT_TRUE(daemon().start_again());
    }
    LiveTest::TearDown();
  }

  HttpAnswer call(const std::string& verb, const std::string& body) {
    const auto answer =
        send_local(small_->extender_port(), "POST", "/scheduler/" + verb, "Content-Type: application/json\r\n", body);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : HttpAnswer{};
  }
  HttpAnswer filter(const std::string& name) {
    const auto json = cluster().api().get("/api/v1/namespaces/default/pods/" + name);
    EXPECT_TRUE(json) << json.error().message;
    return call("filter", R"({"Pod":)" + json.value() + R"(,"Nodes":null,"NodeNames":[")" + node(0) + R"("]})");
  }
  HttpAnswer bind(const std::string& name) {
    return call("bind", R"({"PodName":")" + name + R"(","PodNamespace":"default","PodUID":")" + pod(name).uid +
                            R"(","Node":")" + node(0) + R"("})");
  }
  void wait_until_metric(const std::string& name, double wanted) {
    wait(name + " is " + std::to_string(wanted), [&]() -> Result<bool> {
      const Result<double> now = small_->metric(name);
      if (!now) return now.error();
      return *now == wanted;
    });
  }
  bool reserve_is_there() const { return std::filesystem::exists(small_->journal() / "reserve"); }

  TemporaryFolder folder_{"space-test"};
  SmallDisk disk_{folder_.path() / "disk"};
  std::unique_ptr<BandwidthDaemon> small_;
};

TEST_F(SpaceTest, AFullDiskStopsDecisionsAndNothingElse) {
  create_nodes(1);
  ASSERT_OK(cluster().create_pods("s-", 3, {.egress = "100M", .ingress = "100M", .scheduler = "nobody"}));
  wait_until_metric("bandwidth_journal_reserve_held", 1);
  wait("a filter call names the node", [&]() -> Result<bool> {
    const HttpAnswer answer = filter("s-0");
    return answer.status == 200 && answer.body.find(node(0)) != std::string::npos;
  });
  EXPECT_EQ(bind("s-0").body, R"({"Error":""})");
  wait_for_used(node(0), 100, 100);

  disk_.fill(40 * kMiB);
  wait_until_metric("bandwidth_decisions_suspended", 1);
  for (const HttpAnswer& answer : {filter("s-1"), bind("s-1")}) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.body, HasSubstr("not now"));
  }
  EXPECT_TRUE(reserve_is_there());
  ASSERT_OK(cluster().delete_pods({pod("s-0")}));
  wait_for_used(node(0), 0, 0);

  disk_.fill(8 * kMiB);
  wait_until_metric("bandwidth_journal_reserve_held", 0);
  EXPECT_FALSE(reserve_is_there());

  disk_.empty();
  wait_until_metric("bandwidth_journal_reserve_held", 1);
  wait_until_metric("bandwidth_decisions_suspended", 0);
  EXPECT_EQ(filter("s-1").status, 200);
  EXPECT_EQ(bind("s-1").body, R"({"Error":""})");
  wait_for_used(node(0), 100, 100);

  small_->kill();
  disk_.fill(0);
  ASSERT_OK(small_->start_again());
  EXPECT_FALSE(reserve_is_there()) << "it opened with the room that was set aside";
  EXPECT_EQ(filter("s-2").status, 503);
  ASSERT_OK(cluster().delete_pods({pod("s-1")}));
  wait_for_used(node(0), 0, 0);

  disk_.empty();
  wait_until_metric("bandwidth_decisions_suspended", 0);
  EXPECT_EQ(filter("s-2").status, 200);
  const auto report = replay_verify(small_->journal());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->holds()) << report->result << ", " << report->refold;
}

}  // namespace
}  // namespace bw
