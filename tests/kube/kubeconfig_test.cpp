#include "kube/kubeconfig.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace bw {
namespace {

class KubeconfigTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "kubeconfig_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  // A kubeconfig with one context, whose cluster and user hold these keys.
  std::string config(const std::string& cluster, const std::string& user) {
    return write("config",
                 "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                 "contexts:\n- {name: c, context: {cluster: k, user: u, namespace: shop}}\n"
                 "clusters:\n- {name: other, cluster: {server: 'https://other'}}\n- {name: k, cluster: {" +
                     cluster +
                     "}}\n"
                     "users:\n- {name: u, user: {" +
                     user + "}}\n");
  }

  std::string folder_;
};

ClusterAccess good(const Result<ClusterAccess>& access) {
  if (!access) ADD_FAILURE() << access.error().message;
  return access ? *access : ClusterAccess{};
}

void expect_problem(const Result<ClusterAccess>& access, const std::string& part) {
  ASSERT_FALSE(access) << "expected: " << part;
  EXPECT_NE(access.error().message.find(part), std::string::npos) << access.error().message;
}

TEST_F(KubeconfigTest, TakesDataInPlaceAndFilesBesideIt) {
  const std::string path = config(
      "server: 'https://10.0.0.1:6443/prefix/', certificate-authority-data: QUJD, tls-server-name: kube",
      "client-certificate: certs/me.crt, client-key: /etc/me.key, client-key-data: REVG, token: t, tokenFile: token");
  ClusterAccess expected;
  expected.host = "10.0.0.1";
  expected.port = "6443";
  expected.base_path = "/prefix";
  expected.tls_server_name = "kube";
  expected.authority.text = "ABC";
  expected.certificate.file = folder_ + "/certs/me.crt";
  expected.key.text = "DEF";
  expected.token = "t";
  expected.token_file = folder_ + "/token";
  expected.space = "shop";
  EXPECT_EQ(good(read_kubeconfig({path})), expected);
}

TEST_F(KubeconfigTest, KnowsServersWithoutPortAndPlainOnes) {
  const ClusterAccess tls = good(read_kubeconfig({config("server: 'https://api.example.com'", "token: t")}));
  EXPECT_TRUE(tls.tls);
  EXPECT_EQ(tls.host, "api.example.com");
  EXPECT_EQ(tls.port, "443");
  EXPECT_EQ(tls.base_path, "");
  const ClusterAccess plain = good(read_kubeconfig({config("server: 'http://[::1]:8001'", "")}));
  EXPECT_FALSE(plain.tls);
  EXPECT_EQ(plain.host, "::1");
  EXPECT_EQ(plain.port, "8001");
  const ClusterAccess careless =
      good(read_kubeconfig({config("server: 'https://h', insecure-skip-tls-verify: true", "token: t")}));
  EXPECT_TRUE(careless.skip_tls_verify);
}

TEST_F(KubeconfigTest, SaysWhichFileAndKeyIsWrong) {
  const std::string server = "server: 'https://h'";
  expect_problem(read_kubeconfig({folder_ + "/none"}), folder_ + "/none cannot be read: No such file or directory");
  expect_problem(read_kubeconfig({folder_}), folder_ + " cannot be read: Is a directory");
  expect_problem(read_kubeconfig({write("a", "")}), "is empty or not a mapping");
  expect_problem(read_kubeconfig({write("a", "a: [")}), "is not YAML");
  expect_problem(read_kubeconfig({write("a", "kind: Config")}), "current-context is not set");
  expect_problem(read_kubeconfig({write("a", "current-context: x")}), "there is no context \"x\" under contexts");
  expect_problem(read_kubeconfig({write("a", "current-context: x\ncontexts: [{name: x}]")}),
                 "context \"x\" has nothing under context");
  expect_problem(read_kubeconfig({write("a", "current-context: x\ncontexts: [{name: x, context: {cluster: y}}]")}),
                 "there is no cluster \"y\" under clusters");
  expect_problem(read_kubeconfig({config("server: h:6443", "")}), "cluster \"k\": server \"h:6443\" is not a URL");
  expect_problem(read_kubeconfig({config("server: 'ftp://h'", "")}), "is not a URL");
  expect_problem(read_kubeconfig({config("tls-server-name: h", "")}), "is not a URL");
  expect_problem(read_kubeconfig({config(server + ", proxy-url: 'http://p'", "")}), "proxy-url is not supported");
  expect_problem(read_kubeconfig({config(server + ", certificate-authority-data: '%'", "")}),
                 "certificate-authority-data is not base64");
  expect_problem(read_kubeconfig({config(server + ", certificate-authority: a, insecure-skip-tls-verify: true", "")}),
                 "insecure-skip-tls-verify and certificate-authority exclude each other");
  expect_problem(read_kubeconfig({config(server, "client-certificate: a")}),
                 "client-certificate and client-key belong together");
  expect_problem(read_kubeconfig({config("server: 'http://h'", "token: t")}),
                 "user \"u\": its credentials would go over plain http");
}

TEST_F(KubeconfigTest, RefusesByNameWhatItDoesNotSupport) {
  for (const char* user :
       {"exec: {command: aws}", "auth-provider: {name: gcp}", "username: a, password: b", "as: root"}) {
    expect_problem(
        read_kubeconfig({config("server: 'https://h'", user)}),
        "user \"u\": " + std::string(user).substr(0, std::string(user).find(':')) + " is not supported; use a token");
  }
}

TEST_F(KubeconfigTest, OfSeveralFilesTheFirstThatNamesAThingWins) {
  const std::string first = write("first", "current-context: c\nusers: [{name: u, user: {token: first}}]\n");
  const std::string second = config("server: 'https://h'", "token: second");
  const ClusterAccess access = good(read_kubeconfig({folder_ + "/none", first, second}));
  EXPECT_EQ(access.host, "h");
  EXPECT_EQ(access.token, "first");
  expect_problem(read_kubeconfig({folder_ + "/none", folder_ + "/none2"}), "none of the kubeconfig files exists");
}

TEST_F(KubeconfigTest, InAPodItTakesWhatThePodIsGiven) {
  expect_problem(in_cluster_access("10.96.0.1", "443", folder_), folder_ + "/ca.crt cannot be read");
  write("ca.crt", "CA");
  expect_problem(in_cluster_access("10.96.0.1", "443", folder_), folder_ + "/token cannot be read");
  write("token", "abc\n");
  write("namespace", "kube-system\n");
  const ClusterAccess access = good(in_cluster_access("10.96.0.1", "443", folder_));
  EXPECT_EQ(access.host, "10.96.0.1");
  EXPECT_EQ(access.port, "443");
  EXPECT_EQ(access.authority.file, folder_ + "/ca.crt");
  EXPECT_EQ(access.token_file, folder_ + "/token");
  EXPECT_EQ(access.token, "");
  EXPECT_EQ(access.space, "kube-system");
  expect_problem(in_cluster_access("", "", folder_), "KUBERNETES_SERVICE_HOST");
}

TEST_F(KubeconfigTest, TheFlagWinsOverTheEnvironment) {
  const std::string flagged = config("server: 'https://flag'", "token: t");
  const std::string listed =
      write("listed",
            "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
            "clusters: [{name: k, cluster: {server: 'https://listed'}}]\nusers: [{name: u, user: {token: t}}]\n");
  ::setenv("KUBECONFIG", (":" + listed + ":").c_str(), 1);
  EXPECT_EQ(good(find_cluster_access(flagged)).host, "flag");
  EXPECT_EQ(good(find_cluster_access("")).host, "listed");
  ::unsetenv("KUBECONFIG");
  ::setenv("HOME", folder_.c_str(), 1);
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  expect_problem(find_cluster_access(""), "no cluster is known");
}

}  // namespace
}  // namespace bw
