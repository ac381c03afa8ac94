#include "tests/support/tcp_forwarder.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/support/local_http.h"
#include "tests/support/scripted_server.h"

namespace bw {
namespace {

using std::chrono::milliseconds;

// Says which server it is.
ScriptedServer::Script says(const char* name) {
  return [name](ScriptedPeer& peer, int) {
    if (peer.read()) peer.answer(200, name, "Connection: close\r\n");
  };
}

std::string ask(const TcpForwarder& forwarder, milliseconds timeout = std::chrono::seconds(5)) {
  const auto answer = get_local(forwarder.port(), "/", "", timeout);
  return answer ? answer->body : "";
}

TEST(TcpForwarder, SendsNewConnectionsToItsTarget) {
  ScriptedServer a(says("a"));
  ScriptedServer b(says("b"));
  TcpForwarder forwarder(a.port());
  EXPECT_EQ(ask(forwarder), "a");
  forwarder.set_target(b.port());
  EXPECT_EQ(ask(forwarder), "b");
  forwarder.set_target(0);
  EXPECT_EQ(ask(forwarder), "");
}

TEST(TcpForwarder, CarriesMoreThanOneBuffer) {
  const std::string large(5 << 20, 'x');
  ScriptedServer server([&](ScriptedPeer& peer, int) {
    if (peer.read()) peer.answer(200, large, "Connection: close\r\n");
  });
  TcpForwarder forwarder(server.port());
  EXPECT_EQ(ask(forwarder).size(), large.size());
}

TEST(TcpForwarder, DeliversLateWhatWasHeld) {
  ScriptedServer server(says("late"));
  TcpForwarder forwarder(server.port());
  forwarder.set_path(TcpForwarder::Path::kHeld);
  auto answer = std::async(std::launch::async, [&] { return ask(forwarder, std::chrono::seconds(20)); });
  EXPECT_EQ(answer.wait_for(milliseconds(300)), std::future_status::timeout);
  EXPECT_EQ(server.connections(), 0);
  forwarder.set_path(TcpForwarder::Path::kOpen);
  EXPECT_EQ(answer.get(), "late");
}

TEST(TcpForwarder, ResetsWhatIsCut) {
  ScriptedServer server([](ScriptedPeer& peer, int) { peer.read(), peer.read(); });
  TcpForwarder forwarder(server.port());
  auto answer =
      std::async(std::launch::async, [&] { return get_local(forwarder.port(), "/", "", std::chrono::seconds(20)); });
  while (server.connections() == 0) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  forwarder.set_path(TcpForwarder::Path::kCut);
  EXPECT_FALSE(answer.get());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  EXPECT_EQ(ask(forwarder), "");
}

}  // namespace
}  // namespace bw
