#include "controller/duty_fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outputs.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class DutyTest : public testing::Test {
 protected:
  Outputs run() { return run_until(world.state().applied); }
  Outputs run_until(Sequence durable) {
    Outputs outputs;
    fsm.run(world.state(), durable, now_ns, next_request, outputs);
    return outputs;
  }
  bool answer(RequestId request, const Result<ApiResponse>& result) {
    log.clear();
    return fsm.answered(request, result, now_ns, log);
  }
  // b was refused, and is woken since a has left n1.
  void wake_b() {
    world.node("n1", 100);
    world.pod("a", "100M");
    world.pod("b", "100M");
    world.run("a", "n1");
    world.filter("b");
    world.gone("a");
    world.wake();
  }
  // It is refused once more, since its scheduler was faster than the watch, and n1 changes.
  void wake_b_again() {
    world.filter("b", {"nowhere"});
    world.edit_node("n1", [](NodeSeen& node) { node.allocatable_pods = 7; });
    ASSERT_THAT(world.wake(), SizeIs(1));
  }
  void wait() { now_ns = fsm.wake_at_ns().value(); }

  World world;
  DutyFsm fsm{7};
  RequestId next_request = 1;
  std::int64_t now_ns = seconds(1000);
  Outputs log;
};

TEST_F(DutyTest, CreatesTheObjectOfANodeOnceThatIsDurable) {
  world.bare_node("n1");
  EXPECT_THAT(run_until(world.state().applied - 1), IsEmpty());
  EXPECT_THAT(sent(run()), ElementsAre("POST /apis/networking.vaclab.org/v1/bandwidths"));
  EXPECT_THAT(run(), IsEmpty()) << "it is under way";
}

TEST_F(DutyTest, AReplyAloneSettlesNothing) {
  world.bare_node("n1");
  run();
  answer(1, reply(201));
  EXPECT_THAT(run(), IsEmpty());
  wait();
  EXPECT_THAT(sent(run()), SizeIs(1)) << "the watch has not shown it for 10 s";
  answer(2, reply(409));
  world.edit_bandwidth("n1", [](BandwidthSeen&) {});
  EXPECT_THAT(run(), IsEmpty());
  EXPECT_EQ(fsm.wake_at_ns(), std::nullopt);
}

TEST_F(DutyTest, AFailureIsRepeatedWithABackOffAndSaid) {
  world.bare_node("n1");
  run();
  answer(1, reply(500, "etcd has no leader"));
  EXPECT_THAT(all<LogLine>(log).at(0).text, HasSubstr("etcd has no leader"));
  EXPECT_THAT(run(), IsEmpty());
  wait();
  EXPECT_THAT(sent(run()), SizeIs(1));
  answer(2, reply(429, "", 9));
  run();
  EXPECT_GE(fsm.wake_at_ns().value() - now_ns, seconds(9));
}

TEST_F(DutyTest, ADeletionNamesTheVersionThatWasSeenLastOurOwnWritesIncluded) {
  world.node("n1");
  world.list(Stream::kNodes, {world.shown_node("n1")}, world.version() + 1);
  fsm.bandwidth_seen(world.node_number("n1"), 999);
  world.node_gone("n1");
  world.pass_seconds(6);
  const Outputs outputs = run();
  ASSERT_THAT(sent(outputs), ElementsAre("DELETE /apis/networking.vaclab.org/v1/bandwidths/n1"));
  EXPECT_THAT(all<SendRequest>(outputs)[0].what.body, HasSubstr(R"("resourceVersion":"999")"));
  EXPECT_THAT(all<SendRequest>(outputs)[0].what.body, HasSubstr(R"("uid":"uid-bandwidth-n1")"));
}

TEST_F(DutyTest, FencingComesBeforeAllElseAndNoMoreThanAFewAreUnderWay) {
  for (int i = 0; i < 20; ++i) {
    world.bare_node("n" + std::to_string(i));
    world.pod("p" + std::to_string(i), "10M");
  }
  world.begin_term(7);
  const Outputs outputs = run();
  ASSERT_THAT(sent(outputs), SizeIs(8));
  for (const SendRequest& send : all<SendRequest>(outputs)) {
    EXPECT_THAT(send.what.body, HasSubstr(R"("networking.vaclab.org/term":"7")"));
  }
  EXPECT_TRUE(answer(1, reply(200))) << "the body is the pod: it may be bound by now";
  EXPECT_THAT(sent(run()), SizeIs(1));
}

TEST_F(DutyTest, AWakeUpCarriesItsCountAndEndsWhenThePodBearsIt) {
  wake_b();
  const Outputs outputs = run();
  ASSERT_THAT(sent(outputs), ElementsAre("PATCH /api/v1/namespaces/net/pods/b"));
  EXPECT_THAT(all<SendRequest>(outputs)[0].what.body, HasSubstr(R"("networking.vaclab.org/retry":"1")"));
  EXPECT_FALSE(answer(1, reply(404)));
  world.edit("b", [](PodSeen& pod) { pod.fields.retry = 1; });
  EXPECT_THAT(run(), IsEmpty());
}

TEST_F(DutyTest, PodsAreWokenInTheOrderOfTheirPriority) {
  world.node("n1", 200);
  world.pod("a", "200M");
  world.run("a", "n1");
  for (const auto& [pod, priority] : {std::pair("b", 0), std::pair("c", 7)}) {
    world.pod(pod, "100M");
    world.edit(pod, [&](PodSeen& seen) { seen.fields.priority = priority; });
    world.filter(pod);
  }
  world.gone("a");
  world.wake();
  EXPECT_THAT(sent(run()), ElementsAre("PATCH /api/v1/namespaces/net/pods/c", "PATCH /api/v1/namespaces/net/pods/b"));
}

TEST_F(DutyTest, ASecondWakeUpDoesNotWaitForTheFirstToBeSeen) {
  wake_b();
  run();
  ASSERT_TRUE(answer(1, reply(200)));
  wake_b_again();
  const Outputs outputs = run();
  ASSERT_THAT(sent(outputs), SizeIs(1));
  EXPECT_THAT(all<SendRequest>(outputs)[0].what.body, HasSubstr(R"("networking.vaclab.org/retry":"2")"));
}

TEST_F(DutyTest, TheAnswerToAnOlderWakeUpDoesNotHoldBackTheNext) {
  wake_b();
  run();
  wake_b_again();
  EXPECT_THAT(run(), IsEmpty()) << "one at a time";
  answer(1, reply(200));
  EXPECT_THAT(sent(run()), SizeIs(1));
}

}  // namespace
}  // namespace bw
