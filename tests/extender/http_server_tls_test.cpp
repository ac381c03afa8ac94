// TLS, client certificates, and files that change.
#include "extender/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "test_http.h"
#include "tests/support/test_certificates.h"

namespace bw::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The files of a mounted Secret.
class SecretFolder {
 public:
  SecretFolder() {
    path_ = (std::filesystem::temp_directory_path() / "bandwidth-secret-XXXXXX").string();
    check(::mkdtemp(path_.data()) != nullptr, "a temporary folder can be made");
  }
  ~SecretFolder() { std::filesystem::remove_all(path_); }
  SecretFolder(const SecretFolder&) = delete;
  SecretFolder& operator=(const SecretFolder&) = delete;

  // Replaces the file as Kubernetes does: a new file takes the name. Returns the path.
  std::string write(const std::string& name, const std::string& content) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path + ".new") << content;
    std::filesystem::rename(path + ".new", path);
    return path;
  }

 private:
  std::string path_;
};

class HttpServerTls : public ::testing::Test {
 protected:
  // Writes the certificate of the server, and of those who sign its clients', where clients need one.
  HttpServerOptions options(const TestAuthority* client_authority = nullptr) {
    HttpServerOptions options;
    options.tls = {folder_.write("tls.crt", server_.certificate_pem), folder_.write("tls.key", server_.key_pem), ""};
    if (client_authority) options.tls->client_ca = folder_.write("ca.crt", client_authority->certificate_pem());
    return options;
  }

  TestCertificate server_certificate(const std::string& name) { return authority_.issue(name, {"IP:127.0.0.1"}); }

  TlsClientOptions client() const { return {authority_.certificate_pem(), {}}; }
  TlsClientOptions client(const TestCertificate& identity) const { return {authority_.certificate_pem(), identity}; }

  SecretFolder folder_;
  TestAuthority authority_{"authority"};
  TestAuthority client_authority_{"client authority"};
  TestCertificate server_ = server_certificate("first");
};

TEST_F(HttpServerTls, Serves) {
  TestServer server(echo, options());
  TestClient client(server.port(), this->client());
  ASSERT_TRUE(client.connected());
  for (const std::size_t size : {0u, 100u, 100'000u, 1'000'000u}) {
    const std::string body(size, 'b');
    ASSERT_EQ(client.post("/x", body).body, "POST /x " + body);
  }
  EXPECT_THAT(server.reports(), IsEmpty());
}

TEST_F(HttpServerTls, ARefusalReachesAClientThatReadsLast) {
  HttpServerOptions options = this->options();
  options.limits.body_bytes = 1000;
  TestServer server(echo, options);
  TestClient client(server.port(), this->client());
  EXPECT_TRUE(client.send(request_text(std::string(16'000'000, 'b'))));
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(HttpServerTls, ClientsWithoutTlsAreTurnedAwayAndTheNextIsServed) {
  TestServer server(echo, options());
  TestClient plain(server.port());
  plain.send("GET /x HTTP/1.1\r\n\r\n");
  plain.receive_until_end();
  TestClient silent(server.port());
  EXPECT_EQ(TestClient(server.port(), client()).get("/x").status, 200);
}

TEST_F(HttpServerTls, AHandshakeThatStallsEnds) {
  HttpServerOptions options = this->options();
  options.limits.request = 50ms;
  TestServer server(echo, options);
  TestClient silent(server.port());
  EXPECT_EQ(silent.receive_until_end(), "");
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST_F(HttpServerTls, AsksForAClientCertificateWhereConfigured) {
  TestServer server(echo, options(&client_authority_));
  const TestCertificate known = client_authority_.issue("scheduler", {});
  const TestCertificate stranger = authority_.issue("stranger", {});
  EXPECT_EQ(TestClient(server.port(), client(known)).get("/x").status, 200);
  EXPECT_EQ(TestClient(server.port(), client()).get("/x").status, 0);
  EXPECT_EQ(TestClient(server.port(), client(stranger)).get("/x").status, 0);
  EXPECT_EQ(TestClient(server.port(), client(known)).get("/x").status, 200);
}

TEST_F(HttpServerTls, NewConnectionsUseReplacedCertificates) {
  TestServer server(echo, options());
  TestClient before(server.port(), client());
  EXPECT_EQ(before.server_name(), "first");
  server_ = server_certificate("second");
  options();
  TestClient after(server.port(), client());
  EXPECT_EQ(after.server_name(), "second");
  EXPECT_EQ(after.get("/x").status, 200);
  EXPECT_EQ(before.get("/x").status, 200);
  EXPECT_THAT(server.reports(), IsEmpty());
}

TEST_F(HttpServerTls, AReplacedClientAuthorityCounts) {
  TestServer server(echo, options(&client_authority_));
  const TestAuthority next_authority("next client authority");
  options(&next_authority);
  const TestCertificate old = client_authority_.issue("scheduler", {});
  const TestCertificate fresh = next_authority.issue("scheduler", {});
  EXPECT_EQ(TestClient(server.port(), client(old)).get("/x").status, 0);
  EXPECT_EQ(TestClient(server.port(), client(fresh)).get("/x").status, 200);
}

TEST_F(HttpServerTls, CertificatesThatCannotBeUsedAreReportedOnceAndTheFormerStay) {
  TestServer server(echo, options());
  const TestCertificate second = server_certificate("second");
  folder_.write("tls.crt", second.certificate_pem);  // the key is still that of the first
  for (int i = 0; i < 3; ++i) EXPECT_EQ(TestClient(server.port(), client()).server_name(), "first");
  EXPECT_THAT(server.reports(), ElementsAre(AllOf(HasSubstr("are not used"), HasSubstr("tls.key"))));
  folder_.write("tls.key", second.key_pem);
  EXPECT_EQ(TestClient(server.port(), client()).server_name(), "second");
  EXPECT_EQ(server.reports().size(), 1u);
}

TEST_F(HttpServerTls, SaysWhichFileItCannotUse) {
  TestServer handler(echo);
  boost::asio::io_context io;
  HttpServerOptions missing = options();
  missing.tls->certificate = "/nonexistent/tls.crt";
  EXPECT_THAT(HttpServer::listen(io, handler, missing).error().message,
              AllOf(HasSubstr("cannot use certificate file /nonexistent/tls.crt"), HasSubstr("o such file")));
  HttpServerOptions broken = options();
  broken.tls->key = folder_.write("tls.key", "nonsense");
  EXPECT_THAT(HttpServer::listen(io, handler, broken).error().message, HasSubstr("cannot use key file"));
  HttpServerOptions no_ca = options(&client_authority_);
  no_ca.tls->client_ca = folder_.write("ca.crt", "");
  EXPECT_THAT(HttpServer::listen(io, handler, no_ca).error().message, HasSubstr("cannot use client CA file"));
}

TEST_F(HttpServerTls, RepliesLaterAndSeesItsClientGo) {
  Waiting waiting;
  TestServer server(std::ref(waiting), options());
  auto client = std::make_unique<TestClient>(server.port(), this->client());
  client->send("GET /wait HTTP/1.1\r\n\r\n");
  Replier replier = waiting.take();
  server.run([&] { replier->reply({200, "text/plain", "later", {}}); });
  EXPECT_EQ(client->receive().body, "later");
  client->send("GET /wait HTTP/1.1\r\n\r\n");
  replier = waiting.take();
  client->close();
  EXPECT_TRUE(eventually([&] {
    bool gone = false;
    server.run([&] { gone = replier->client_gone(); });
    return gone;
  }));
  server.run([&] { replier->reply({}); });
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST_F(HttpServerTls, StopSaysGoodbye) {
  TestServer server(echo, options());
  TestClient client(server.port(), this->client());
  EXPECT_EQ(client.get("/x").status, 200);
  std::thread stopping([&] { server.stop(10s); });
  EXPECT_EQ(client.receive_until_end(), "");
  client.close();
  stopping.join();
}

}  // namespace
}  // namespace bw::test
