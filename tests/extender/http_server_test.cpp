// Requests, good and bad.
#include "extender/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "extender/router.h"
#include "test_http.h"

namespace bw::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// ---- requests and replies -------------------------------------------------------------------------------------

TEST(HttpServer, SendsExactlyTheBytesOfTheReply) {
  TestServer server([](const HttpRequest&, const Replier& replier) {
    replier->reply({200, "application/json", "{}", {{"X-A", "b"}}});
  });
  TestClient client(server.port());
  ASSERT_TRUE(client.send(request_text("")));
  client.send_no_more();
  EXPECT_EQ(client.receive_until_end(),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(HttpServer, GivesTheHandlerTheParts) {
  HttpRequest seen;
  TestServer server([&](HttpRequest request, const Replier& replier) {
    seen = std::move(request);
    replier->reply({});
  });
  TestClient client(server.port());
  client.send(
      "POST /v1/a%20b?after=%31&x HTTP/1.1\r\nhost: t\r\ncontent-type: application/json; charset=utf-8\r\n"
      "AUTHORIZATION: Bearer t0\r\ncontent-length: 3\r\n\r\nabc");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/v1/a%20b?after=%31&x");
  EXPECT_EQ(seen.path, "/v1/a b");
  EXPECT_EQ(seen.query, "after=%31&x");
  EXPECT_EQ(seen.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(seen.authorization, "Bearer t0");
  EXPECT_EQ(seen.body, "abc");
  EXPECT_GE(seen.body.capacity(), seen.body.size() + kBodyPadding);
  EXPECT_THAT(seen.peer, StartsWith("127.0.0.1:"));
  EXPECT_TRUE(seen.from_loopback);
}

TEST(HttpServer, KeepsAConnectionForManyRequests) {
  TestServer server(echo);
  TestClient client(server.port());
  for (int i = 0; i < 100; ++i) {
    const std::string body(static_cast<std::size_t>(i * 1000), 'b');
    ASSERT_EQ(client.post("/x", body).body, "POST /x " + body);
  }
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpServer, TwoRequestsInOnePacketAreBothAnswered) {
  TestServer server(echo);
  TestClient client(server.port());
  client.send(request_text("one") + request_text("two"));
  EXPECT_EQ(client.receive().body, "POST /x one");
  EXPECT_EQ(client.receive().body, "POST /x two");
}

TEST(HttpServer, ARequestBehindOneThatWaitsIsKept) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\n\r\nGET /second HTTP/1.1\r\n\r\n");
  const Replier first = waiting.take();
  std::this_thread::sleep_for(20ms);
  server.run([&] { first->reply({200, "text/plain", "first", {}}); });
  EXPECT_EQ(client.receive().body, "first");
  EXPECT_EQ(client.receive().body, "GET /second ");
  EXPECT_EQ(client.get("/third").body, "GET /third ");
}

TEST(HttpServer, ARequestThatComesWhileAnotherWaitsIsAnsweredAfterIt) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\n\r\n");
  const Replier first = waiting.take();
  client.send("GET /wait HTTP/1.1\r\n\r\nGET /third HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(20ms);
  server.run([&] { first->reply({200, "text/plain", "first", {}}); });
  EXPECT_EQ(client.receive().body, "first");
  const Replier second = waiting.take();
  server.run([&] { second->reply({200, "text/plain", "second", {}}); });
  EXPECT_EQ(client.receive().body, "second");
  EXPECT_EQ(client.receive().body, "GET /third ");
}

TEST(HttpServer, ASlowSenderHoldsNobodyUp) {
  TestServer server(echo);
  TestClient slow(server.port()), quick(server.port());
  for (const char byte : request_text("slow")) {
    ASSERT_TRUE(slow.send(std::string(1, byte)));
    ASSERT_EQ(quick.get("/q").status, 200);
  }
  EXPECT_EQ(slow.receive().body, "POST /x slow");
}

TEST(HttpServer, ChunkedBodiesAreJoined) {
  TestServer server(echo);
  TestClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.send("4\r\ndefg\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "POST /x abcdefg");
}

TEST(HttpServer, AClientThatAsksFirstIsToldToContinue) {
  TestServer server(echo);
  TestClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.receive().head, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(client.receive().body, "POST /x abc");
}

TEST(HttpServer, HeadGetsTheLengthAndNoBody) {
  TestServer server(echo);
  TestClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\n\r\nGET /y HTTP/1.1\r\n\r\n");
  const TestReply head = client.receive(true);
  EXPECT_THAT(head.head, HasSubstr("Content-Length: 8\r\n"));
  const TestReply next = client.receive();
  EXPECT_THAT(next.head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(next.body, "GET /y ");
}

TEST(HttpServer, ConnectionsEndWhenTheClientAsksForIt) {
  TestServer server(echo);
  for (const char* request : {"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n"}) {
    TestClient client(server.port());
    client.send(request);
    EXPECT_EQ(client.receive_until_end(),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /x ");
  }
  TestClient client(server.port());
  client.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.receive().head, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_EQ(client.get("/y").status, 200);
}

// ---- bad input ------------------------------------------------------------------------------------------------

TEST(HttpServer, MalformedRequestsGet400AndTheNextClientIsServed) {
  TestServer server(echo);
  TestClient bystander(server.port());
  for (const std::string& bad :
       {std::string("nonsense\r\n\r\n"), std::string("GET /x HTTP/9.9\r\n\r\n"),
        std::string("GET /x HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), std::string("GET /%zz HTTP/1.1\r\n\r\n"),
        std::string("GET x HTTP/1.1\r\n\r\n"),
        std::string("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string(3000, '\0')}) {
    TestClient client(server.port());
    client.send(bad);
    EXPECT_THAT(client.receive_until_end(), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << bad;
    EXPECT_EQ(bystander.get("/ok").status, 200);
  }
  EXPECT_THAT(server.reports(), IsEmpty());
}

TEST(HttpServer, AWrongMethodGets405WithAllow) {
  TestServer server([](HttpRequest request, const Replier& replier) {
    replier->reply(std::get<HttpReply>(find_route(Door::kScheduler, request)));
  });
  TestClient client(server.port());
  const TestReply reply = client.get("/scheduler/filter");
  EXPECT_EQ(reply.status, 405);
  EXPECT_THAT(reply.head, HasSubstr("\r\nAllow: POST\r\n"));
  EXPECT_EQ(reply.body, "/scheduler/filter takes POST, not GET");
  EXPECT_EQ(client.get("/scheduler/filtre").status, 404);
}

TEST(HttpServer, ABodyThatIsTooLargeGets413) {
  HttpServerOptions options;
  options.limits.body_bytes = 1000;
  TestServer server(echo, options);
  TestClient fits(server.port());
  EXPECT_EQ(fits.post("/x", std::string(1000, 'b')).status, 200);
  EXPECT_EQ(fits.post("/x", std::string(1001, 'b')).status, 413);

  // A client that only reads once it has sent all gets its reply, too.
  TestClient large(server.port());
  EXPECT_TRUE(large.send(request_text(std::string(16'000'000, 'b'))));
  EXPECT_EQ(large.receive().status, 413);
  TestClient chunked(server.port());
  chunked.send("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'b') +
               "\r\n0\r\n\r\n");
  EXPECT_THAT(chunked.receive_until_end(), AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Connection: close")));
  EXPECT_EQ(TestClient(server.port()).get("/x").status, 200);
}

TEST(HttpServer, AHeaderThatIsTooLargeGets431) {
  TestServer server(echo);
  for (const std::string& request : {"GET /x HTTP/1.1\r\nA: " + std::string(100'000, 'a') + "\r\n\r\n",
                                     "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n"}) {
    TestClient client(server.port());
    client.send(request);
    EXPECT_THAT(client.receive_until_end(), StartsWith("HTTP/1.1 431 "));
  }
}

TEST(HttpServer, ARequestThatDoesNotArriveInTimeGets408) {
  HttpServerOptions options;
  options.limits.request = 50ms;
  TestServer server(echo, options);
  TestClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nab");
  EXPECT_THAT(client.receive_until_end(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, IdleConnectionsEnd) {
  HttpServerOptions options;
  options.limits.idle = 50ms;
  TestServer server(echo, options);
  TestClient client(server.port());
  EXPECT_EQ(client.get("/x").status, 200);
  EXPECT_EQ(client.receive_until_end(), "");
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, ClientsThatGoAtAnyPointAreForgotten) {
  TestServer server(echo);
  const std::string request = request_text("body");
  for (std::size_t sent = 0; sent <= request.size(); sent += 7) {
    TestClient polite(server.port()), rude(server.port());
    polite.send(request.substr(0, sent));
    rude.send(request.substr(0, sent));
    polite.close();
    rude.reset();
  }
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
  EXPECT_EQ(TestClient(server.port()).get("/x").status, 200);
}

TEST(HttpServer, MoreConnectionsThanTheLimitWait) {
  HttpServerOptions options;
  options.limits.connections = 2;
  TestServer server(echo, options);
  TestClient first(server.port()), second(server.port()), third(server.port());
  ASSERT_EQ(first.get("/1").status, 200);
  ASSERT_EQ(second.get("/2").status, 200);
  third.send("GET /3 HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(server.connections(), 2u);
  first.close();
  EXPECT_EQ(third.receive().body, "GET /3 ");
}

}  // namespace
}  // namespace bw::test
