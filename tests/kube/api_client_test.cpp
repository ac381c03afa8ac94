#include "kube/api_client.h"

#include <filesystem>
#include <fstream>
#include <mutex>
#include <vector>

#include "api_client_driver.h"

namespace bw {
namespace {

using std::chrono::milliseconds;

// Answers every request of a connection with its own target and body.
void echo(ScriptedPeer& peer, int) {
  while (const auto request = peer.read()) {
    if (!peer.answer(200, request->method + " " + request->target + " " + request->body)) return;
  }
}

ApiResponse answer_of(const Result<ApiResponse>& result) {
  if (!result) ADD_FAILURE() << result.error().message;
  return result ? *result : ApiResponse{};
}

TEST(ApiClient, SendsWhatItIsGivenAndReusesItsConnection) {
  std::vector<ScriptedRequest> seen;
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    while (const auto request = peer.read()) {
      seen.push_back(*request);
      peer.answer(201, "{}", "Retry-After: 7\r\n");
    }
  });
  {
    ClusterAccess access = ApiClientDriver::plain(server);
    access.base_path = "/prefix";
    access.token = "secret";
    ApiClientDriver driver(access, {4, 1 << 20, "tester/1.0"});
    ApiRequest patch{Method::kPatch, "/a?b=c", "text/plain", "application/merge-patch+json", R"({"x":1})", 5'000};
    EXPECT_EQ(answer_of(driver.call(patch)), (ApiResponse{201, "{}", 7}));
    EXPECT_EQ(answer_of(driver.get("/d")).status, 201);
    EXPECT_EQ(answer_of(driver.call({Method::kDelete, "/e", "", "", "", 5'000})).status, 201);
  }
  EXPECT_EQ(server.connections(), 1);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].method, "PATCH");
  EXPECT_EQ(seen[0].target, "/prefix/a?b=c");
  EXPECT_EQ(seen[0].body, R"({"x":1})");
  EXPECT_EQ(seen[0].headers["accept"], "text/plain");
  EXPECT_EQ(seen[0].headers["content-type"], "application/merge-patch+json");
  EXPECT_EQ(seen[0].headers["authorization"], "Bearer secret");
  EXPECT_EQ(seen[0].headers["user-agent"], "tester/1.0");
  EXPECT_EQ(seen[0].headers["host"], "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen[1].method, "GET");
  EXPECT_EQ(seen[1].headers["accept"], "application/json");
  EXPECT_EQ(seen[1].headers.count("content-length"), 0U);
  EXPECT_EQ(seen[2].headers["content-length"], "0");
}

TEST(ApiClient, ReadsAnswersInChunksAndUntilTheConnectionEnds) {
  ScriptedServer server([](ScriptedPeer& peer, int number) {
    peer.read();
    if (number == 1) {
      peer.begin_chunks();
      peer.chunk("ab");
      peer.chunk(std::string(200'000, 'c'));
      peer.end_chunks();
      peer.read();
    } else {
      peer.write("HTTP/1.1 503 X\r\nConnection: close\r\n\r\nall there is");
    }
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  EXPECT_EQ(answer_of(driver.get("/")).body, "ab" + std::string(200'000, 'c'));
  EXPECT_EQ(driver.get("/").has_value(), true);  // the script closed the first connection: a fresh one
  EXPECT_EQ(server.connections(), 2);
}

TEST(ApiClient, OpensNoMoreConnectionsThanItMayAndQueuesTheRest) {
  std::mutex mutex;
  int at_once = 0, most_at_once = 0;
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    while (peer.read()) {
      {
        const std::lock_guard lock(mutex);
        most_at_once = std::max(most_at_once, ++at_once);
      }
      std::this_thread::sleep_for(milliseconds(5));
      {
        const std::lock_guard lock(mutex);
        --at_once;
      }
      peer.answer(200, "");
    }
  });
  ApiClientDriver driver(ApiClientDriver::plain(server), {3, 1 << 20, "t"});
  int answered = 0;
  for (int i = 0; i < 30; ++i) {
    driver.client().send(ApiClientDriver::get_request("/"),
                         [&](Result<ApiResponse> result) { answered += result.has_value() ? 1 : 0; });
  }
  driver.run_until([&] { return answered == 30; });
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(most_at_once, 3);
}

TEST(ApiClient, ReplacesAConnectionThatTheServerHasClosed) {
  ScriptedServer server([](ScriptedPeer& peer, int) {
    if (const auto request = peer.read()) peer.answer(200, request->method);
  });  // each connection serves one request
  ApiClientDriver driver(ApiClientDriver::plain(server));
  EXPECT_EQ(answer_of(driver.get("/")).body, "GET");
  driver.run_for(milliseconds(20));
  // It is seen to be closed before anything is written, so a POST is safe too.
  EXPECT_EQ(answer_of(driver.call(ApiClientDriver::post("/", "{}"))).body, "POST");
  driver.run_for(milliseconds(20));
  EXPECT_EQ(answer_of(driver.get("/")).body, "GET");
  EXPECT_EQ(server.connections(), 3);
}

TEST(ApiClient, RepeatsAGetButNeverAPostWhenAReusedConnectionBreaks) {
  for (const bool is_get : {true, false}) {
    std::atomic<int> received{0};
    ScriptedServer server([&](ScriptedPeer& peer, int number) {
      while (peer.read()) {
        if (++received == 2 && number == 1) return peer.reset();  // took the request, gives no answer
        peer.answer(200, "");
      }
    });
    ApiClientDriver driver(ApiClientDriver::plain(server));
    ASSERT_TRUE(driver.get("/"));
    const Result<ApiResponse> second = is_get ? driver.get("/") : driver.call(ApiClientDriver::post("/", "{}"));
    EXPECT_EQ(second.has_value(), is_get);
    EXPECT_TRUE(second || may_have_reached(second.error()));
    EXPECT_EQ(received, is_get ? 3 : 2);
  }
}

TEST(ApiClient, DoesNotRepeatOnAFreshConnection) {
  ScriptedServer server([](ScriptedPeer& peer, int) {
    peer.read();
    peer.reset();
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  const Result<ApiResponse> result = driver.get("/x?y");
  ASSERT_FALSE(result);
  EXPECT_TRUE(may_have_reached(result.error()));
  EXPECT_TRUE(result.error().message.starts_with("GET /x: the connection to 127.0.0.1:")) << result.error().message;
  EXPECT_EQ(server.connections(), 1);
}

TEST(ApiClient, DoesNotTakeHalfAnAnswerForAWholeOne) {
  for (const std::string half :
       {"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf", "HTTP/1.1 200 X\r\nConte"}) {
    ScriptedServer server([&](ScriptedPeer& peer, int) {
      peer.read();
      peer.write(half);
    });
    ApiClientDriver driver(ApiClientDriver::plain(server));
    const Result<ApiResponse> result = driver.get("/");
    ASSERT_FALSE(result) << half;
    EXPECT_EQ(result.error().code, ErrorCode::kIo) << result.error().message;
  }
}

TEST(ApiClient, SaysThatARequestNeverLeft) {
  std::uint16_t port = 0;
  {
    ScriptedServer gone(echo);
    port = gone.port();
  }
  ClusterAccess access;
  access.tls = false;
  access.host = "127.0.0.1";
  access.port = std::to_string(port);
  ApiClientDriver driver(access);
  const Result<ApiResponse> result = driver.call(ApiClientDriver::post("/", "{}"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(result.error().message, "127.0.0.1:" + std::to_string(port) + ": Connection refused");
  EXPECT_FALSE(may_have_reached(result.error()));
}

TEST(ApiClient, GivesUpAtTheDeadlineAndClosesTheConnection) {
  std::atomic<bool> closed{false};
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    peer.read();
    closed = !peer.read();  // gives no answer, and sees the client go
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  const Result<ApiResponse> result = driver.call(ApiClientDriver::post("/late", "{}", 50));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "POST /late: no answer within 50 ms");
  EXPECT_TRUE(may_have_reached(result.error()));
  driver.run_until([&] { return closed.load(); });
}

TEST(ApiClient, ADeadlineRunsInTheQueueToo) {
  ScriptedServer server([](ScriptedPeer& peer, int) {
    peer.read();
    peer.read();
  });
  ApiClientDriver driver(ApiClientDriver::plain(server), {1, 1 << 20, "t"});
  std::optional<Error> first, second;
  driver.client().send(ApiClientDriver::post("/1", "{}", 150), [&](Result<ApiResponse> r) { first = r.error(); });
  driver.client().send(ApiClientDriver::post("/2", "{}", 50), [&](Result<ApiResponse> r) { second = r.error(); });
  driver.run_until([&] { return second.has_value(); });
  EXPECT_FALSE(first);
  EXPECT_EQ(second->message, "POST /2: no connection within 50 ms");
  EXPECT_FALSE(may_have_reached(*second));
  driver.run_until([&] { return first.has_value(); });
  EXPECT_TRUE(may_have_reached(*first));
}

TEST(ApiClient, SendsNothingOnceItHasSaidThatItDidNot) {
  std::atomic<int> received{0};
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    while (peer.read()) {
      ++received;
      peer.answer(200, "");
    }
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  ASSERT_TRUE(driver.get("/"));  // from now on there is an idle connection
  std::optional<Result<ApiResponse>> answer;
  driver.client().send(ApiClientDriver::post("/", "{}", 1),
                       [&](Result<ApiResponse> r) { answer.emplace(std::move(r)); });
  std::this_thread::sleep_for(milliseconds(10));  // the deadline passes before the loop gets to the request
  driver.run_until([&] { return answer.has_value(); });
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::kUnavailable) << answer->error().message;
  driver.run_for(milliseconds(30));
  EXPECT_EQ(received, 1);
}

TEST(ApiClient, ResolvesNames) {
  ScriptedServer server(echo);
  ClusterAccess access = ApiClientDriver::plain(server);
  access.host = "localhost";
  ApiClientDriver driver(access);
  EXPECT_EQ(answer_of(driver.get("/x")).body, "GET /x ");
  access.host = "no-such-host.invalid";
  ApiClientDriver lost(access);
  const Result<ApiResponse> result = lost.get("/");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

TEST(ApiClient, RefusesAnAnswerBeyondItsLimit) {
  ScriptedServer server([](ScriptedPeer& peer, int number) {
    peer.read();
    if (number == 1) {
      peer.answer(200, std::string(1001, 'x'));
    } else if (number == 2) {
      peer.begin_chunks();
      while (peer.chunk(std::string(100, 'x'))) {
      }
    } else {
      peer.answer(200, std::string(1000, 'x'));
    }
  });
  ApiClientDriver driver(ApiClientDriver::plain(server), {1, 1000, "t"});
  for (int i = 0; i < 2; ++i) {
    const Result<ApiResponse> result = driver.get("/");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(result.error().message, "GET /: the answer is larger than it may be");
  }
  EXPECT_EQ(answer_of(driver.get("/")).body.size(), 1000U);
}

TEST(ApiClient, ReadsALargeAnswer) {
  const std::string body(20 << 20, 'x');
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    peer.read();
    peer.answer(200, body);
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  EXPECT_TRUE(answer_of(driver.get("/")).body == body);
}

TEST(ApiClient, RefusesWhatIsNotHttp) {
  ScriptedServer server([](ScriptedPeer& peer, int) {
    peer.read();
    peer.write("SSH-2.0-OpenSSH\r\n\r\n");
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  const Result<ApiResponse> result = driver.get("/");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(result.error().message.starts_with("GET /: the answer is not HTTP")) << result.error().message;
}

TEST(ApiClient, DoesNotSendWhatWouldEndALineOfTheHead) {
  ScriptedServer server(echo);
  ApiClientDriver driver(ApiClientDriver::plain(server));
  for (const char* target : {"/a b", "/a\r\nX: y", "a", ""}) {
    const Result<ApiResponse> result = driver.get(target);
    ASSERT_FALSE(result) << target;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  }
  EXPECT_TRUE(driver.get("/fine"));
}

TEST(ApiClient, ReadsTheTokenFileAgainAfterA401Once) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("api_client_test_" + std::to_string(::getpid()))).string();
  std::ofstream(path) << "old\n";
  std::atomic<int> requests{0};
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    while (const auto request = peer.read()) {
      ++requests;
      const bool known = request->headers.at("authorization") == "Bearer new";
      peer.answer(known ? 200 : 401, "");
    }
  });
  ClusterAccess access = ApiClientDriver::plain(server);
  access.token_file = path;
  ApiClientDriver driver(access);
  EXPECT_EQ(answer_of(driver.get("/")).status, 401);
  EXPECT_EQ(requests, 2);
  std::ofstream(path) << "new\n";
  EXPECT_EQ(answer_of(driver.get("/")).status, 200);
  EXPECT_EQ(requests, 4);
  EXPECT_EQ(answer_of(driver.get("/")).status, 200);
  EXPECT_EQ(requests, 5);
  StreamLog log;
  std::filesystem::remove(path);
  EXPECT_EQ(answer_of(driver.get("/")).status, 200) << "the last token holds on";
  driver.open("/", log);
  driver.run_until([&] { return log.ended; });
  EXPECT_EQ(log.opened->status, 200);
}

TEST(ApiClient, SaysAtOnceThatItHasNoToken) {
  boost::asio::io_context io;
  ClusterAccess access;
  access.tls = false;
  access.token_file = "/nonexistent/token";
  const auto client = ApiClient::create(io, access);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().message, "/nonexistent/token cannot be read: No such file or directory");
}

TEST(ApiClient, CallsNothingBackOnceItIsGone) {
  ScriptedServer server([](ScriptedPeer& peer, int) {
    peer.read();
    peer.read();
  });
  ApiClientDriver driver(ApiClientDriver::plain(server), {1, 1 << 20, "t"});
  StreamLog log;
  bool called = false;
  for (int i = 0; i < 3; ++i)
    driver.client().send(ApiClientDriver::get_request("/"), [&](Result<ApiResponse>) { called = true; });
  driver.open("/watch", log, 30);
  driver.run_for(milliseconds(10));
  driver.destroy_client();
  driver.run_for(milliseconds(50));
  EXPECT_FALSE(called || log.opened || log.ended);
}

}  // namespace
}  // namespace bw
