// Streams of an ApiClient.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "api_client_driver.h"

namespace bw {
namespace {

using std::chrono::milliseconds;

TEST(ApiClientStream, DeliversBytesAsTheyArriveAndACleanEnd) {
  std::mutex mutex;
  std::condition_variable turn;
  int step = 0;
  const auto wait_for = [&](int wanted) {
    std::unique_lock lock(mutex);
    turn.wait(lock, [&] { return step >= wanted; });
  };
  const auto go = [&](int next) {
    const std::lock_guard lock(mutex);
    step = next;
    turn.notify_all();
  };
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    peer.read();
    peer.begin_chunks();
    wait_for(1);
    peer.chunk("one\ntw");
    wait_for(2);
    peer.write("3\r\no\nt\r\n2\r\nhr\r\n");  // two chunks in one write
    wait_for(3);
    peer.write("3\r\nee");  // half a chunk
    wait_for(4);
    peer.write("\n\r\n");
    peer.end_chunks();
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  StreamLog log;
  driver.open("/watch", log);
  driver.run_until([&] { return log.opened.has_value(); });
  EXPECT_EQ(log.opened->status, 200);
  EXPECT_EQ(log.data, "");
  const std::vector<std::string> expected{"one\ntw", "one\ntwo\nthr", "one\ntwo\nthree", "one\ntwo\nthree\n"};
  for (int i = 0; i < 4; ++i) {
    go(i + 1);
    driver.run_until([&] { return log.data == expected[static_cast<std::size_t>(i)]; });
  }
  driver.run_until([&] { return log.ended; });
  EXPECT_FALSE(log.error);
}

TEST(ApiClientStream, SaysThatItBroke) {
  ScriptedServer server([](ScriptedPeer& peer, int number) {
    peer.read();
    peer.begin_chunks();
    peer.chunk("one\n");
    if (number == 2) peer.reset();
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  for (int i = 0; i < 2; ++i) {
    StreamLog log;
    driver.open("/watch", log);
    driver.run_until([&] { return log.ended; });
    EXPECT_TRUE(log.opened);
    ASSERT_TRUE(log.error);
    EXPECT_EQ(log.error->code, ErrorCode::kIo);
  }
}

TEST(ApiClientStream, HandsARefusalOverWhole) {
  ScriptedServer server([](ScriptedPeer& peer, int) {
    peer.read();
    peer.answer(429, "Too many requests", "Retry-After: 3\r\n");
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  StreamLog log;
  driver.open("/watch", log);
  driver.run_until([&] { return log.opened.has_value(); });
  EXPECT_EQ(*log.opened, (ApiResponse{429, "Too many requests", 3}));
  driver.run_for(milliseconds(20));
  EXPECT_FALSE(log.ended);
}

TEST(ApiClientStream, HasADeadlineForItsStatusOnly) {
  ScriptedServer server([](ScriptedPeer& peer, int number) {
    peer.read();
    if (number == 1) {
      peer.read();
      return;
    }
    peer.begin_chunks();
    std::this_thread::sleep_for(milliseconds(150));
    peer.chunk("late");
    peer.end_chunks();
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  StreamLog never;
  driver.open("/watch", never, 50);
  driver.run_until([&] { return never.ended; });
  EXPECT_EQ(never.error->message, "GET /watch: no answer within 50 ms");
  EXPECT_FALSE(never.opened);
  StreamLog late;
  driver.open("/watch", late, 100);
  driver.run_until([&] { return late.ended; });
  EXPECT_EQ(late.data, "late");
  EXPECT_FALSE(late.error);
}

TEST(ApiClientStream, IsSilentOnceItIsClosed) {
  std::atomic<bool> closed{false};
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    peer.read();
    peer.begin_chunks();
    peer.chunk("one");
    closed = !peer.read();
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  StreamLog log;
  const std::uint64_t number = driver.open("/watch", log);
  driver.run_until([&] { return log.data == "one"; });
  driver.client().close_stream(number);
  driver.client().close_stream(number);
  driver.run_until([&] { return closed.load(); });
  EXPECT_FALSE(log.ended);
}

TEST(ApiClientStream, MayBeClosedBeforeItIsOpenAndFromItsOwnCallback) {
  ScriptedServer server([](ScriptedPeer& peer, int) {
    peer.read();
    peer.begin_chunks();
    while (peer.chunk("x")) {
    }
  });
  ApiClientDriver driver(ApiClientDriver::plain(server));
  StreamLog log;
  driver.client().close_stream(driver.open("/watch", log));
  driver.run_for(milliseconds(20));
  EXPECT_FALSE(log.opened || log.ended);

  std::uint64_t number = 0;
  int calls = 0;
  StreamCallbacks callbacks;
  callbacks.opened = [](ApiResponse) {};
  callbacks.data = [&](std::string_view) {
    ++calls;
    driver.client().close_stream(number);
  };
  callbacks.ended = [](std::optional<Error>) { ADD_FAILURE() << "ended after it was closed"; };
  number = driver.client().open_stream(ApiClientDriver::get_request("/watch"), std::move(callbacks));
  driver.run_until([&] { return calls > 0; });
  driver.run_for(milliseconds(20));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace bw
