// The daemon at its edges: requests that make no sense, and starts that must be refused in one sentence.
#include <rocksdb/db.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "live_test.h"
#include "tests/support/child_process.h"
#include "tests/support/local_http.h"
#include "tests/support/programs.h"
#include "tests/support/replay_check.h"
#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class DaemonTest : public LiveTest {
 protected:
  static HttpAnswer call(const std::string& method, const std::string& path, const std::string& body) {
    const auto answer = send_local(daemon().extender_port(), method, path, "Content-Type: application/json\r\n", body);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : HttpAnswer{};
  }

  // What kube-scheduler would send for a pod of the cluster.
  std::string filter_call(const std::string& pod, const std::string& names) {
    const auto json = cluster().api().get("/api/v1/namespaces/default/pods/" + pod);
    EXPECT_TRUE(json) << json.error().message;
    return R"({"Pod":)" + (json ? *json : "null") + R"(,"Nodes":null,"NodeNames":)" + names + "}";
  }

  // Starts a daemon that must refuse: what it says, with the log of nothing else.
  static std::string refusal(const DaemonOptions& options) {
    BandwidthDaemon refused(options);
    const auto code = refused.launch_and_wait();
    if (!code) return code.error().message;
    EXPECT_NE(*code, 0);
    return last_lines(refused.log(), 1);
  }

  TemporaryFolder folder_{"daemon-test"};
};

TEST_F(DaemonTest, BadRequestsAreAnsweredAndTheNextOneIsServed) {
  create_nodes(2);
  ASSERT_OK(cluster().create_pods("asks-", 1, {.egress = "100M", .scheduler = "nobody"}));
  ASSERT_OK(cluster().create_pods("asks-nothing-", 1, {.scheduler = "nobody"}));
  const std::string names = R"([")" + node(0) + R"(",")" + node(1) + R"("])";
  const std::string good = filter_call("asks-0", names);

  struct Case {
    std::string method, path, body;
    int status;
    std::string says;
  };
  const std::string filter = "/scheduler/filter";
  const Case cases[] = {
      {"POST", filter, "", 400, ""},
      {"POST", filter, "{", 400, ""},
      {"POST", filter, "null", 400, ""},
      {"POST", filter, "[]", 400, ""},
      {"POST", filter, std::string("\0\xff\xfe{", 4), 400, ""},
      {"POST", filter, R"({"Pod":null,"Nodes":null,"NodeNames":null})", 400, "Pod"},
      {"POST", filter, R"({"Pod":{"metadata":{"name":"x"}},"NodeNames":[]})", 400, "uid"},
      {"POST", filter, R"({"Pod":{"metadata":{"uid":7}},"NodeNames":[]})", 400, ""},
      {"POST", filter, good.substr(0, good.size() / 2), 400, ""},
      {"POST", filter, std::string(9 << 20, ' '), 413, "larger than"},
      {"GET", filter, "", 405, "takes POST"},
      {"PUT", filter, good, 405, "takes POST"},
      {"POST", "/scheduler/filters", good, 404, "nothing at"},
      {"POST", "/../etc/passwd", good, 404, "nothing at"},
      {"POST", "/scheduler/bind", R"({"PodName":1})", 400, ""},
      {"POST", "/scheduler/bind", R"({"PodName":"x","PodNamespace":"default","PodUID":"none","Node":"n"})", 200,
       "Error"},
      {"POST", "/scheduler/prioritize", "{}", 400, ""},
      {"POST", "/scheduler/preempt", "7", 400, ""},
      // A list may be null or empty, and nodes may be unknown: that is no mistake of the caller.
      {"POST", filter, filter_call("asks-0", "null"), 200, R"("Error":"")"},
      {"POST", filter, filter_call("asks-0", "[]"), 200, R"("Error":"")"},
      {"POST", filter, filter_call("asks-0", R"(["no-such-node"])"), 200, "no bandwidth capacity recorded for node"},
      {"POST", filter, filter_call("asks-nothing-0", R"(["no-such-node"])"), 200, R"("NodeNames":["no-such-node"])"},
  };
  for (const Case& one : cases) {
    const HttpAnswer answer = call(one.method, one.path, one.body);
    const std::string what = one.method + " " + one.path + " " + one.body.substr(0, 60);
    EXPECT_EQ(answer.status, one.status) << what << "\n" << answer.body.substr(0, 300);
    EXPECT_THAT(answer.body, HasSubstr(one.says)) << what;
    if (answer.status >= 400) {
      EXPECT_LT(answer.body.size(), 300U) << "more than a sentence: " << answer.body;
    }
    const HttpAnswer next = call("POST", filter, good);
    ASSERT_EQ(next.status, 200) << "after " << what;
    EXPECT_THAT(next.body, AllOf(HasSubstr("\"" + node(0) + "\""), HasSubstr("\"" + node(1) + "\""))) << what;
  }
  // And the scheduler notices nothing of all that.
  ASSERT_OK(cluster().create_pods("pod-", 25, {.egress = "100M"}));
  wait_for(20, 5);
}

TEST_F(DaemonTest, APodWhoseRequestCannotBeReadFitsNowhereAndIsToldWhy) {
  create_nodes(1);
  const std::string key = "kubernetes.io/egress-bandwidth";
  for (const char* bad : {"fast", "-1M", "999", "2000P", "0", ""}) {
    static int number = 0;
    ASSERT_OK(cluster().create_pods("bad-" + std::to_string(number++) + "-", 1, {.annotations = {{key, bad}}}));
  }
  ASSERT_OK(cluster().create_pods("disagrees-", 1,
                                  {.egress = "10M", .annotations = {{"ovn.kubernetes.io/egress_rate", "20"}}}));
  ASSERT_OK(
      cluster().create_pods("agrees-", 1, {.egress = "10M", .annotations = {{"ovn.kubernetes.io/egress_rate", "10"}}}));
  ASSERT_OK(cluster().create_pods("good-", 3, {.egress = "100M"}));
  wait_for(4, 7);
  for (const PodView& pod : pods()) {
    if (!pod.node.empty()) continue;
    EXPECT_THAT(pod.scheduled_message, HasSubstr("1 bandwidth request is invalid")) << pod.name;
  }
  wait_for_used(node(0), 0, 0);
}

TEST_F(DaemonTest, AJournalInUseIsRefused) {
  const std::string says =
      refusal({.folder = folder_.path(), .kubeconfig = plane().daemon_kubeconfig(), .journal = daemon().journal()});
  EXPECT_THAT(says, AllOf(HasSubstr("is in use by another process"), HasSubstr("stop that one")));
  EXPECT_TRUE(daemon().process().running());
}

TEST_F(DaemonTest, AJournalOfAnUnknownVersionIsRefused) {
  ASSERT_EQ(daemon().stop(), 0);
  const std::filesystem::path copy = folder_.path() / "journal";
  std::filesystem::copy(daemon().journal(), copy, std::filesystem::copy_options::recursive);
  ASSERT_OK(daemon().start_again());
  {
    const std::string path = (copy / "events").string();
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* database = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open({}, path, families, &handles, &database);
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    rocksdb::WriteOptions synced;
    synced.sync = true;
    ASSERT_TRUE(database->Put(synced, "format", "99").ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles) database->DestroyColumnFamilyHandle(handle);
    delete database;
  }
  const std::string says =
      refusal({.folder = folder_.path(), .kubeconfig = plane().daemon_kubeconfig(), .journal = copy});
  EXPECT_THAT(says, AllOf(HasSubstr("has format 99"), HasSubstr("use a newer bwcontroller")));
}

// From the folder, over HTTP and from a checkpoint: the same past.
TEST_F(DaemonTest, TheJournalReadsTheSameFromEachSide) {
  create_nodes(2);
  burst("pod-", 10, {.egress = "100M", .ingress = "100M"});
  wait_for_bound(10);
  const auto made = send_local(daemon().operations_port(), "POST", "/v1/checkpoint", "", "");
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->status, 201) << made->body;
  const auto checkpoint = nlohmann::json::parse(made->body);
  const std::string sequence = std::to_string(checkpoint["sequence"].get<Sequence>());
  const auto program = product_program("bwreplay");
  ASSERT_TRUE(program) << program.error().message;
  const auto ask = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--output", "json"});
    const auto output = run({.program = *program, .arguments = arguments}, "");
    EXPECT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->exit_code, 0) << output->standard_error;
    return output->standard_output;
  };
  const std::string url = "http://127.0.0.1:" + std::to_string(daemon().operations_port());
  const std::string from_folder = ask({"--journal", daemon().journal(), "at", sequence});
  EXPECT_THAT(from_folder, HasSubstr(node(0)));
  EXPECT_EQ(ask({"--url", url, "at", sequence}), from_folder);
  EXPECT_EQ(ask({"--journal", checkpoint["path"], "at", sequence}), from_folder);
  EXPECT_EQ(ask({"--url", url, "log", "--to", sequence}),
            ask({"--journal", checkpoint["path"], "log", "--to", sequence}));
  EXPECT_EQ(nlohmann::json::parse(ask({"--url", url, "verify"}))["result"], "ok");
  const auto verified = replay_verify(std::filesystem::path(checkpoint["path"].get<std::string>()));
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_TRUE(verified->holds());
}

TEST_F(DaemonTest, AClusterThatIsNotPreparedIsRefused) {
  const std::filesystem::path folder = folder_.path() / "other";
  std::filesystem::create_directories(folder);
  const auto other = ControlPlane::start(folder);
  ASSERT_TRUE(other) << other.error().message;
  const DaemonOptions fresh{.folder = folder_.path() / "fresh", .kubeconfig = (*other)->admin_kubeconfig()};
  EXPECT_THAT(refusal(fresh), AllOf(HasSubstr("the Bandwidth resource is not installed in this cluster"),
                                    HasSubstr("kubectl apply -f deploy/crd.yaml")));

  ASSERT_OK((*other)->install());
  ASSERT_EQ(daemon().stop(), 0);
  const std::string says = refusal(
      {.folder = folder_.path() / "moved", .kubeconfig = (*other)->daemon_kubeconfig(), .journal = daemon().journal()});
  EXPECT_THAT(says, AllOf(HasSubstr("this journal belongs to another cluster"), HasSubstr("its own journal.path")));
  ASSERT_OK(daemon().start_again());
}

TEST_F(DaemonTest, AUserWithoutRightsIsToldWhichFileGivesThem) {
  const auto token = plane().kubectl({"config", "view", "--raw"});
  ASSERT_TRUE(token);
  ASSERT_OK(
      plane().apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: "
                    "bandwidth-controller}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, "
                    "name: bandwidth-controller}\nsubjects: []\n"));
  const std::string says = refusal({.folder = folder_.path(), .kubeconfig = plane().daemon_kubeconfig()});
  EXPECT_THAT(says, AllOf(HasSubstr("may not list bandwidths"), HasSubstr("kubectl apply -f deploy/rbac.yaml")));
  ASSERT_OK(plane().install());
}

}  // namespace
}  // namespace bw
