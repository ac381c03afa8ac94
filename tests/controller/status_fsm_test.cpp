#include "controller/status_fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "journal/chain.h"
#include "outputs.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Json = nlohmann::json;

class StatusTest : public testing::Test {
 protected:
  StatusTest() { world.node("n1", 1000); }

  // What has changed is taken up, and goes out a moment later.
  Outputs run(std::optional<Sequence> durable = {}) {
    Outputs outputs;
    take_up();
    now_ns += kSettleNs;
    take_up();
    fsm.release(durable.value_or(world.state().applied), next_request, outputs);
    return outputs;
  }
  void take_up() { fsm.run(world.state(), {world.state().applied, {}}, busy, now_ns); }
  Json status_of(const Outputs& outputs) { return Json::parse(all<SendRequest>(outputs).at(0).what.body).at("status"); }
  Outputs answer(const Result<ApiResponse>& result) {
    Outputs outputs;
    fsm.answered(next_request - 1, result, now_ns, outputs);
    return outputs;
  }
  static Result<ApiResponse> written(ResourceVersion version) {
    return reply(200, R"({"metadata":{"uid":"uid-bandwidth-n1","resourceVersion":")" + std::to_string(version) +
                          "\"}}" + std::string(64, ' '));
  }
  BandwidthSeen object(ResourceVersion version) {
    BandwidthSeen seen = world.shown_bandwidth("n1");
    seen.resource_version = version;
    return seen;
  }
  void use(const std::string& pod, const char* request = "100M") {
    world.pod(pod, request);
    ASSERT_TRUE(world.run(pod, "n1"));
  }

  static constexpr std::int64_t kSettleNs = kNanosecondsPerSecond / 4;

  World world;
  bool busy = false;
  StatusFsm fsm{7};
  RequestId next_request = 1;
  std::int64_t now_ns = seconds(1000);
};

TEST_F(StatusTest, GoesOutOnceWhatItShowsIsDurable) {
  use("a");
  EXPECT_THAT(run(world.state().applied - 1), IsEmpty());
  EXPECT_TRUE(fsm.drafts_wait());
  const Outputs outputs = run();
  EXPECT_THAT(sent(outputs), ElementsAre("PATCH /apis/networking.vaclab.org/v1/bandwidths/n1/status"));
  const Json status = status_of(outputs);
  EXPECT_EQ(status["used"]["network"]["ulMbps"], 100);
  EXPECT_EQ(status["journal"]["sequence"], world.state().applied);
}

TEST_F(StatusTest, IsWrittenAtMostOnceASecondPerNode) {
  run();
  answer(written(500));
  use("a");
  EXPECT_THAT(run(), IsEmpty());
  now_ns += seconds(1);
  EXPECT_THAT(sent(run()), SizeIs(1));
}

TEST_F(StatusTest, IsNotWrittenForJournalAndTimeAlone) {
  run();
  answer(written(500));
  world.pod("elsewhere", "1M");
  world.begin_epoch();
  now_ns += seconds(100);
  EXPECT_THAT(run(), IsEmpty());
}

TEST_F(StatusTest, WhatChangedWhileOneWasUnderWayIsWrittenAfterIt) {
  run();
  use("a");
  now_ns += seconds(5);
  EXPECT_THAT(run(), IsEmpty());
  answer(written(500));
  const Outputs outputs = run();
  ASSERT_THAT(sent(outputs), SizeIs(1));
  EXPECT_EQ(status_of(outputs)["used"]["network"]["ulMbps"], 100);
}

TEST_F(StatusTest, WhatAnotherHandWroteIsPutRight) {
  run();
  answer(written(500));
  now_ns += seconds(5);
  fsm.seen(world.state(), world.node_number("n1"), object(500));
  EXPECT_THAT(run(), IsEmpty()) << "the echo of our own write";
  fsm.seen(world.state(), world.node_number("n1"), object(501));
  EXPECT_THAT(sent(run()), SizeIs(1));
}

TEST_F(StatusTest, AfterAStartAStatusOfThisJournalThatIsNotOlderNeedsNoWrite) {
  BandwidthSeen seen = object(500);
  seen.published_journal = to_hex(world.state().journal);
  seen.published_sequence = world.state().applied;
  StatusFsm fresh{8};
  fresh.seen(world.state(), world.node_number("n1"), seen);
  EXPECT_EQ(fresh.wake_at_ns(), std::nullopt);
  seen.published_journal = "another";
  fresh.seen(world.state(), world.node_number("n1"), seen);
  EXPECT_NE(fresh.wake_at_ns(), std::nullopt);
}

TEST_F(StatusTest, AFailureIsRepeatedAndSaid) {
  run();
  EXPECT_THAT(all<LogLine>(answer(reply(500, "no leader"))), SizeIs(1));
  EXPECT_THAT(run(), IsEmpty());
  now_ns = fsm.wake_at_ns().value();
  EXPECT_THAT(sent(run()), SizeIs(1));
}

TEST_F(StatusTest, AnObjectThatIsGoneIsNotWrittenTo) {
  run();
  answer(reply(404));
  world.bandwidth_gone("n1");
  fsm.gone(world.node_number("n1"));
  now_ns += seconds(10);
  EXPECT_THAT(run(), IsEmpty());
}

TEST_F(StatusTest, NoMoreThanAFewAreUnderWay) {
  for (int i = 2; i < 30; ++i) world.node("n" + std::to_string(i), 1000);
  EXPECT_THAT(sent(run()), SizeIs(8));
  answer(written(500));
  EXPECT_THAT(sent(run()), SizeIs(1));
}

TEST_F(StatusTest, APodThatIsReservedAndThenBoundIsOneWrite) {
  world.pod("a", "100M");
  ASSERT_EQ(world.bind("a", "n1").outcome, BindVerdict::Outcome::kReserve);
  take_up();
  world.confirm("a");
  const Outputs outputs = run();
  ASSERT_THAT(sent(outputs), SizeIs(1));
  EXPECT_EQ(status_of(outputs)["reservations"][0]["phase"], "Bound");
}

TEST_F(StatusTest, GivesWayWhileTheSchedulerIsServedAndIsNotLateByMoreThanHalfAMinute) {
  constexpr int kNodes = 900;
  for (int i = 2; i <= kNodes; ++i) world.node("n" + std::to_string(i), 1000);
  busy = true;
  std::size_t count = 0;
  const auto pass = [&](std::int64_t tenths) {
    for (; tenths > 0; --tenths) {
      for (std::size_t before = count + 1; before != count;) {  // the API server answers at once
        before = count;
        Outputs outputs;
        take_up();
        fsm.release(world.state().applied, next_request, outputs);
        for (const SendRequest& send : all<SendRequest>(outputs)) {
          Outputs ignored;
          fsm.answered(send.request, written(500), now_ns, ignored);
          ++count;
        }
      }
      now_ns += seconds(1) / 10;
    }
  };
  pass(100);
  EXPECT_THAT(count, testing::AllOf(testing::Ge(45U), testing::Le(65U)));
  pass(210);
  EXPECT_EQ(count, std::size_t{kNodes});
}

// 11: a status shows the state that its own journal sequence has, however late it goes out.
TEST_F(StatusTest, PeerDefect11AStatusIsOfOneMoment) {
  use("a");
  const Sequence then = world.state().applied;
  run(then - 1);  // drafted, and held back
  use("b");
  const Json status = status_of(run());
  EXPECT_EQ(status["journal"]["sequence"], then);
  EXPECT_EQ(status["used"]["network"]["ulMbps"], 100);
  EXPECT_THAT(status["reservations"], SizeIs(1));
}

// 32: a pod that is replaced by an equal one is another reservation.
TEST_F(StatusTest, PeerDefect32AnEqualPodInAnothersPlaceIsWritten) {
  use("a");
  run();
  answer(written(500));
  world.gone("a");
  use("a");
  now_ns += seconds(2);
  const Outputs outputs = run();
  ASSERT_THAT(sent(outputs), SizeIs(1));
  EXPECT_EQ(status_of(outputs)["reservations"][0]["podUid"], "uid-net-a-2");
}

}  // namespace
}  // namespace bw
