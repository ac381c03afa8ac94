#include "controller/event_fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outputs.h"

namespace bw {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class EventTest : public testing::Test {
 protected:
  void add(Sequence cause, bool warning = false) {
    ClusterEvent event;
    event.api_version = "v1";
    event.kind = "Node";
    event.name = "n1";
    event.uid = "u";
    event.reason = warning ? "BandwidthOvercommitted" : "BandwidthRecovered";
    event.action = "Account";
    event.note = "event " + std::to_string(cause);
    event.warning = warning;
    event.cause = cause;
    fsm.add(event);
  }
  Outputs run(Sequence durable = 1'000'000) {
    Outputs outputs;
    fsm.run(durable, busy, now_ns, next_request, outputs);
    return outputs;
  }
  // Answers what is under way until nothing more goes out.
  std::size_t drain() {
    std::size_t count = 0;
    for (Outputs outputs = run(); !outputs.empty(); outputs = run()) {
      for (const SendRequest& send : all<SendRequest>(outputs)) {
        fsm.answered(send.request);
        ++count;
      }
    }
    return count;
  }

  bool busy = false;
  EventFsm fsm{"replica-1"};
  RequestId next_request = 1;
  std::int64_t now_ns = seconds(1000);
};

TEST_F(EventTest, IsPostedOnceItsCauseIsDurable) {
  add(10);
  EXPECT_THAT(run(9), IsEmpty());
  const Outputs outputs = run(10);
  ASSERT_THAT(sent(outputs), SizeIs(1));
  EXPECT_THAT(all<SendRequest>(outputs)[0].what.body, HasSubstr(R"("reportingInstance":"replica-1")"));
}

TEST_F(EventTest, WarningsGoFirst) {
  add(1);
  add(2, true);
  EXPECT_THAT(all<SendRequest>(run()).at(0).what.body, HasSubstr("event 2"));
}

TEST_F(EventTest, TwoAreUnderWayAtMostAndNoneIsTriedAgain) {
  for (Sequence i = 1; i <= 3; ++i) add(i);
  EXPECT_THAT(sent(run()), SizeIs(2));
  EXPECT_THAT(run(), IsEmpty());
  fsm.answered(1);
  EXPECT_THAT(all<SendRequest>(run()).at(0).what.body, HasSubstr("event 3"));
}

TEST_F(EventTest, KeepsToItsRate) {
  for (Sequence i = 1; i <= 500; ++i) add(i);
  EXPECT_EQ(drain(), 100U);
  ASSERT_TRUE(fsm.wake_at_ns());
  now_ns += seconds(2);
  EXPECT_EQ(drain(), 40U);
}

TEST_F(EventTest, GivesWayWhileTheSchedulerIsServed) {
  for (Sequence i = 1; i <= 500; ++i) add(i);
  drain();
  busy = true;
  now_ns += seconds(2);
  EXPECT_EQ(drain(), 10U);
}

TEST_F(EventTest, WhatIsTooMuchIsDroppedAndCounted) {
  for (Sequence i = 1; i <= 1'010; ++i) add(i);
  EXPECT_EQ(fsm.dropped(), 10U);
}

}  // namespace
}  // namespace bw
