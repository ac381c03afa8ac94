// Whom an ApiClient trusts, and how it shows who it is.
#include <gtest/gtest.h>

#include "api_client_driver.h"
#include "tests/support/test_certificates.h"

namespace bw {
namespace {

void echo(ScriptedPeer& peer, int) {
  while (const auto request = peer.read()) {
    if (!peer.answer(200, request->target)) return;
  }
}

struct Server {
  explicit Server(const TestAuthority& authority, const std::vector<std::string>& names,
                  const std::string& clients = "")
      : certificate(authority.issue("server", names)),
        server(echo, ScriptedServer::Tls{certificate.certificate_pem, certificate.key_pem, clients}) {}

  ClusterAccess access(const std::string& authority_pem) const {
    ClusterAccess access = ApiClientDriver::plain(server);
    access.tls = true;
    access.authority.text = authority_pem;
    return access;
  }

  TestCertificate certificate;
  ScriptedServer server;
};

std::string problem_of(const ClusterAccess& access) {
  ApiClientDriver driver(access);
  const Result<ApiResponse> result = driver.get("/");
  if (result) return "";
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  return result.error().message;
}

TEST(ApiClientTls, TalksToAServerThatItsAuthorityVouchesFor) {
  const TestAuthority authority("authority");
  const Server server(authority, {"IP:127.0.0.1"});
  ApiClientDriver driver(server.access(authority.certificate_pem()));
  EXPECT_EQ(driver.get("/one").value().body, "/one");
  EXPECT_EQ(driver.get("/two").value().body, "/two");
  EXPECT_EQ(server.server.connections(), 1);
  StreamLog log;
  driver.open("/three", log);
  driver.run_until([&] { return log.data == "/three"; });
}

TEST(ApiClientTls, RefusesAServerOfAnotherAuthority) {
  const TestAuthority authority("authority"), stranger("stranger");
  const Server server(stranger, {"IP:127.0.0.1"});
  const std::string problem = problem_of(server.access(authority.certificate_pem()));
  EXPECT_NE(problem.find("its certificate is not accepted"), std::string::npos) << problem;
  EXPECT_NE(problem.find("check certificate-authority"), std::string::npos) << problem;
}

TEST(ApiClientTls, RefusesAServerOfAnotherName) {
  const TestAuthority authority("authority");
  const Server named(authority, {"DNS:kubernetes"});
  EXPECT_NE(problem_of(named.access(authority.certificate_pem())).find("IP address mismatch"), std::string::npos);
  ClusterAccess access = named.access(authority.certificate_pem());
  access.tls_server_name = "kubernetes.default.svc";
  EXPECT_NE(problem_of(access).find("hostname mismatch"), std::string::npos) << problem_of(access);
  access.tls_server_name = "kubernetes";
  EXPECT_EQ(problem_of(access), "");
}

TEST(ApiClientTls, TrustsAnybodyOnlyWhenTold) {
  const TestAuthority stranger("stranger");
  const Server server(stranger, {"DNS:other"});
  ClusterAccess access = server.access("");
  EXPECT_NE(problem_of(access), "");
  access.skip_tls_verify = true;
  EXPECT_EQ(problem_of(access), "");
}

TEST(ApiClientTls, ShowsItsCertificate) {
  const TestAuthority authority("authority"), clients("clients");
  const Server server(authority, {"IP:127.0.0.1"}, clients.certificate_pem());
  ClusterAccess access = server.access(authority.certificate_pem());
  {
    ApiClientDriver driver(access);
    EXPECT_FALSE(driver.get("/"));
  }
  const TestCertificate own = clients.issue("client", {});
  access.certificate.text = own.certificate_pem;
  access.key.text = own.key_pem;
  ApiClientDriver driver(access);
  EXPECT_EQ(driver.get("/").value().body, "/");
}

TEST(ApiClientTls, SaysAtOnceWhichPemIsWrong) {
  const TestAuthority authority("authority");
  const TestCertificate one = authority.issue("one", {}), other = authority.issue("other", {});
  boost::asio::io_context io;
  const auto problem = [&](const ClusterAccess& access) {
    const auto client = ApiClient::create(io, access);
    return client ? std::string() : client.error().message;
  };
  ClusterAccess access;
  access.authority.text = "no PEM";
  EXPECT_TRUE(problem(access).starts_with("the certificate authority in the kubeconfig is not a usable"))
      << problem(access);
  access.authority = {"/nonexistent/ca.crt", ""};
  EXPECT_EQ(problem(access), "/nonexistent/ca.crt cannot be read: No such file or directory");
  access.authority.file = "";
  access.certificate.text = one.certificate_pem;
  access.key.text = other.key_pem;
  EXPECT_TRUE(problem(access).starts_with("the client key in the kubeconfig is not a usable")) << problem(access);
  access.key.text = one.key_pem;
  EXPECT_EQ(problem(access), "");
}

TEST(ApiClientTls, APlainServerIsNoTlsServer) {
  ScriptedServer server([](ScriptedPeer& peer, int) { peer.answer(400, "speak plainly"); });
  ClusterAccess access = ApiClientDriver::plain(server);
  access.tls = true;
  access.skip_tls_verify = true;
  EXPECT_NE(problem_of(access).find("the TLS handshake failed"), std::string::npos);
}

}  // namespace
}  // namespace bw
