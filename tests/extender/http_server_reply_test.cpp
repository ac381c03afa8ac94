// What handlers do: replies at once, later, in pieces or never; and the end of the server.
#include "extender/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "test_http.h"

namespace bw::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// ---- handlers -------------------------------------------------------------------------------------------------

TEST(HttpServer, AHandlerThatThrowsCostsA500AndIsReported) {
  Replier kept;
  TestServer server([&](HttpRequest request, const Replier& replier) {
    if (request.path == "/ok") return echo(std::move(request), replier);
    kept = replier;
    if (request.path == "/late") replier->reply({200, "text/plain", "not this", {}});
    throw std::runtime_error("no luck");
  });
  TestClient client(server.port());
  EXPECT_EQ(client.get("/bad").status, 500);
  EXPECT_EQ(client.get("/late").status, 500);
  EXPECT_EQ(client.get("/ok").status, 200);
  EXPECT_THAT(server.reports(),
              ElementsAre("the handler of GET /bad failed: no luck", "the handler of GET /late failed: no luck"));
  server.run([&] { kept.reset(); });
  EXPECT_EQ(server.reports().size(), 2u);
}

TEST(HttpServer, ARequestThatIsDroppedGets500) {
  TestServer server([](const HttpRequest&, const Replier&) {});
  TestClient client(server.port());
  EXPECT_EQ(client.get("/x").status, 500);
  EXPECT_EQ(client.get("/y").status, 500);
  EXPECT_THAT(server.reports(), ElementsAre(HasSubstr("dropped"), HasSubstr("dropped")));
}

TEST(HttpServer, RepliesMayComeLater) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient client(server.port()), other(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    const Replier replier = waiting.take();
    EXPECT_EQ(other.get("/now").status, 200);
    server.run([&] {
      EXPECT_FALSE(replier->client_gone());
      replier->reply({200, "text/plain", "later", {}});
    });
    EXPECT_EQ(client.receive().body, "later");
  }
}

TEST(HttpServer, AHandlerCanSeeThatItsClientHasGone) {
  for (const bool polite : {true, false}) {
    Waiting waiting;
    TestServer server(std::ref(waiting));
    TestClient client(server.port());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    const Replier replier = waiting.take();
    polite ? client.close() : client.reset();
    EXPECT_TRUE(eventually([&] {
      bool gone = false;
      server.run([&] { gone = replier->client_gone(); });
      return gone;
    }));
    server.run([&] { replier->reply({200, "text/plain", std::string(1'000'000, 'b'), {}}); });
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
    EXPECT_EQ(TestClient(server.port()).get("/x").status, 200);
    EXPECT_THAT(server.reports(), IsEmpty());
  }
}

TEST(HttpServer, AClientThatOnlyStopsSendingStillGetsItsReply) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\n\r\n");
  client.send_no_more();
  const Replier replier = waiting.take();
  EXPECT_TRUE(eventually([&] {
    bool gone = false;
    server.run([&] { gone = replier->client_gone(); });
    return gone;
  }));
  server.run([&] { replier->reply({200, "text/plain", "still", {}}); });
  EXPECT_THAT(client.receive_until_end(), HasSubstr("still"));
}

// ---- streams --------------------------------------------------------------------------------------------------

TEST(HttpServer, StreamsChunksUntilFinished) {
  TestServer server([](const HttpRequest& request, const Replier& replier) {
    if (request.path != "/stream") return echo(request, replier);
    replier->begin({200, "text/plain", "head,", {}});
    replier->write("one,", [replier] {
      replier->write("", [replier] { replier->write(std::string(16, 'x'), [replier] { replier->finish(); }); });
    });
  });
  TestClient client(server.port());
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive().head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string stream;
  const std::string expected = "5\r\nhead,\r\n4\r\none,\r\n10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\n";
  client.send("GET /next HTTP/1.1\r\nConnection: close\r\n\r\n");
  stream = client.receive_until_end();
  EXPECT_THAT(stream, StartsWith(expected + "HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(stream, EndsWith("GET /next "));
  EXPECT_THAT(server.reports(), IsEmpty());
}

TEST(HttpServer, AStreamToAnOldClientEndsWithItsConnection) {
  TestServer server([](const HttpRequest&, const Replier& replier) {
    replier->begin({200, "text/plain", "a", {}});
    replier->write("b", [replier] { replier->finish(); });
  });
  TestClient client(server.port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.receive_until_end(), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nab");
}

TEST(HttpServer, HeadOfAStreamIsItsHead) {
  bool gone = false;
  TestServer server([&](const HttpRequest& request, const Replier& replier) {
    if (request.path != "/stream") return echo(request, replier);
    replier->begin({200, "text/plain", "a", {}});
    replier->write("b", [&gone, replier] { gone = true; });
  });
  TestClient client(server.port());
  client.send("HEAD /stream HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.receive(true).head, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_EQ(client.get("/next").body, "GET /next ");
  EXPECT_FALSE(gone);
}

TEST(HttpServer, AStreamWaitsForASlowReader) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\n\r\n");
  Replier replier = waiting.take();
  constexpr std::size_t kPiece = 0x2000000;  // more than sockets hold
  std::atomic<bool> ready = false;
  server.run([&] {
    replier->begin({});
    replier->write(std::string(kPiece, 'x'), [&] { ready = true; });
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(ready);
  EXPECT_EQ(client.receive().head.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_EQ(client.receive_up_to("\r\nxxx").size(), std::string("2000000\r\nxxx").size());
  EXPECT_EQ(client.receive_up_to("x\r\n").size(), kPiece - 3 + 2);
  EXPECT_TRUE(eventually([&] { return ready.load(); }));
  server.run([&] { replier->finish(); });
  EXPECT_EQ(client.receive_up_to("\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(client.get("/next").status, 200);
}

TEST(HttpServer, AStreamEndsWhenItsReaderHasGone) {
  for (const bool idle : {true, false}) {
    Waiting waiting;
    TestServer server(std::ref(waiting));
    TestClient client(server.port());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    const Replier replier = waiting.take();
    const auto life = std::make_shared<int>();
    server.run([&] {
      replier->begin({});
      if (!idle) replier->write(std::string(32 * 1024 * 1024, 'x'), [life] { FAIL() << "nobody reads this"; });
    });
    client.close();
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
    server.run([&] {
      EXPECT_TRUE(replier->client_gone());
      EXPECT_EQ(life.use_count(), 1);
      replier->write("more", [] { FAIL() << "nobody reads this"; });
      replier->finish();
    });
  }
}

TEST(HttpServer, AStreamThatBreaksOffDoesNotLookWhole) {
  TestServer server([](const HttpRequest&, const Replier& replier) { replier->begin({200, "text/plain", "a", {}}); });
  TestClient client(server.port());
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.receive_until_end(), Not(HasSubstr("0\r\n\r\n")));
}

// ---- the end --------------------------------------------------------------------------------------------------

TEST(HttpServer, StopsAfterTheRequestsInFlight) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient idle(server.port()), busy(server.port());
  EXPECT_EQ(idle.get("/x").status, 200);
  busy.send("GET /wait HTTP/1.1\r\n\r\n");
  const Replier replier = waiting.take();
  std::thread stopping([&] { server.stop(10s); });
  EXPECT_EQ(idle.receive_until_end(), "");
  EXPECT_FALSE(TestClient(server.port()).connected());
  server.run([&] { replier->reply({200, "text/plain", "done", {}}); });
  EXPECT_THAT(busy.receive_until_end(), AllOf(HasSubstr("Connection: close"), EndsWith("done")));
  stopping.join();
  EXPECT_EQ(server.connections(), 0u);
}

TEST(HttpServer, StopEndsWhatIsNotAnsweredInTime) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\n\r\n");
  const Replier replier = waiting.take();
  server.stop(20ms);
  EXPECT_EQ(client.receive().status, 0);
  server.run([&] {
    EXPECT_TRUE(replier->client_gone());
    replier->reply({});
  });
}

TEST(HttpServer, StopOfAnIdleServerIsDoneAtOnce) {
  TestServer server(echo);
  server.stop(10s);
}

TEST(HttpServer, MayBeDestroyedWithConnectionsOpen) {
  Waiting waiting;
  TestServer server(std::ref(waiting));
  TestClient idle(server.port()), busy(server.port());
  EXPECT_EQ(idle.get("/x").status, 200);
  busy.send("GET /wait HTTP/1.1\r\n\r\n");
  const Replier replier = waiting.take();
  server.destroy();
  EXPECT_EQ(idle.receive_until_end(), "");
  EXPECT_EQ(busy.receive_until_end(), "");
  server.run([&] {
    EXPECT_TRUE(replier->client_gone());
    replier->reply({});
  });
}

TEST(HttpServer, AReplierMayOutliveTheLoop) {
  Waiting waiting;
  Replier replier;
  {
    TestServer server(std::ref(waiting));
    TestClient client(server.port());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    replier = waiting.take();
  }
  EXPECT_TRUE(replier->client_gone());
  replier->reply({});
}

TEST(HttpServer, SaysWhyItCannotListen) {
  TestServer first(echo);
  boost::asio::io_context io;
  HttpServerOptions options;
  options.listen.port = first.port();
  const auto second = HttpServer::listen(io, first, options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on 127.0.0.1:" + std::to_string(first.port()) + ": Address already in use");
}

}  // namespace
}  // namespace bw::test
