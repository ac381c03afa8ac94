#include "kube/lease_fsm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bw {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::int64_t seconds(std::int64_t count) { return count * kNanosecondsPerSecond; }

// One replica and the Lease object, which the API server keeps as it was written last.
class LeaseTest : public testing::Test {
 protected:
  explicit LeaseTest(const char* identity = "us") : fsm(options(identity), 7) {}

  static LeaseOptions options(const char* identity) {
    LeaseOptions options;
    options.space = "bandwidth";
    options.identity = identity;
    return options;
  }

  LeaseClock clock() const { return {now_ns, {now_ns}}; }
  Result<ApiResponse> stored() const {
    return lease.is_null() ? ApiResponse{404, "", {}} : ApiResponse{200, lease.dump(), {}};
  }
  void hold(const std::string& holder, std::uint32_t transitions, const std::string& version = "1") {
    lease = {{"metadata", {{"resourceVersion", version}}},
             {"spec", {{"holderIdentity", holder}, {"leaseTransitions", transitions}, {"renewTime", version}}}};
  }
  // What the server does with the request, and what the replica then asks for.
  std::optional<ApiRequest> carry_out(const std::optional<ApiRequest>& request) {
    if (!request) return std::nullopt;
    if (request->method == Method::kGet) return fsm.answered(clock(), stored());
    if (request->method == Method::kPut && lease.is_null()) return fsm.answered(clock(), ApiResponse{404, "", {}});
    const Json wanted = Json::parse(request->body);
    if (request->method == Method::kPut &&
        wanted["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]) {
      return fsm.answered(clock(), ApiResponse{409, "conflict", {}});
    }
    lease = wanted;
    lease["metadata"]["resourceVersion"] = std::to_string(++next_version);
    return fsm.answered(clock(), ApiResponse{200, lease.dump(), {}});
  }
  // Until it asks for nothing more.
  void settle(std::optional<ApiRequest> request) {
    for (int i = 0; request && i < 10; ++i) request = carry_out(request);
  }
  void pass(std::int64_t ns) {
    for (const std::int64_t until = now_ns + ns; now_ns < until; now_ns += seconds(1) / 2) settle(fsm.tick(clock()));
  }
  bool leads() const { return fsm.leads(now_ns); }

  LeaseFsm fsm;
  Json lease;
  int next_version = 100;
  std::int64_t now_ns = seconds(1'000'000);
};

TEST_F(LeaseTest, CreatesTheLeaseWhereThereIsNone) {
  settle(fsm.start(clock()));
  EXPECT_TRUE(leads());
  EXPECT_EQ(fsm.term(), 1U);
  EXPECT_FALSE(fsm.continued());
  EXPECT_EQ(lease["spec"]["holderIdentity"], "us");
  EXPECT_EQ(lease["spec"]["leaseDurationSeconds"], 15);
}

TEST_F(LeaseTest, TakesALeaseOfAnotherOnlyWhenItsRecordHasNotChangedForItsDuration) {
  hold("them", 4);
  settle(fsm.start(clock()));
  EXPECT_FALSE(leads());
  EXPECT_EQ(fsm.holder(), "them");
  pass(seconds(14));
  EXPECT_FALSE(leads()) << "by our own clock, whatever the record says";
  hold("them", 4, "2");  // renewed
  pass(seconds(14));
  EXPECT_FALSE(leads());
  pass(seconds(6));
  EXPECT_TRUE(leads());
  EXPECT_EQ(fsm.term(), 6U) << "a change of leader is a new term";
  EXPECT_EQ(fsm.previous_holder(), "them");
  EXPECT_FALSE(fsm.continued());
}

TEST_F(LeaseTest, DoesNotTakeADeletedLeaseFromWhoeverMayStillBeSending) {
  hold("them", 4);
  settle(fsm.start(clock()));
  lease = nullptr;
  pass(seconds(14));
  EXPECT_FALSE(leads());
  pass(seconds(10));  // it was missed when it was asked for, not when it went
  EXPECT_TRUE(leads());
  EXPECT_EQ(fsm.term(), 6U) << "above the term of the lease that was deleted";
  EXPECT_EQ(fsm.previous_holder(), "them");
  EXPECT_FALSE(fsm.continued());
}

// Another may have taken it, and led, between two looks at it.
TEST_F(LeaseTest, ADeletedLeaseIsNotFreeAtOnceThoughItsRecordWasOld) {
  hold("them", 4);
  settle(fsm.start(clock()));
  now_ns += seconds(20);
  lease = nullptr;
  settle(fsm.tick(clock()));
  EXPECT_FALSE(leads()) << "missed for the first time";
  pass(seconds(20));
  EXPECT_TRUE(leads());
}

TEST_F(LeaseTest, MakesItsOwnLeaseAgainAndGoesOnInItsTerm) {
  hold("them", 4);
  settle(fsm.start(clock()));
  pass(seconds(20));
  ASSERT_TRUE(leads());
  ASSERT_EQ(fsm.term(), 6U);
  lease = nullptr;
  for (int i = 0; i < 10; ++i) {
    pass(seconds(1));
    EXPECT_TRUE(leads());
  }
  EXPECT_EQ(fsm.term(), 6U);
  EXPECT_EQ(lease["spec"]["leaseTransitions"], 5);
}

TEST_F(LeaseTest, BeginsATermAboveAllThatAreKnownWhereTheLeaseIsGone) {
  fsm.set_known_term(7);
  settle(fsm.start(clock()));
  EXPECT_FALSE(leads()) << "who led in term 7, before this process began, may still be sending";
  pass(seconds(14));
  EXPECT_FALSE(leads());
  pass(seconds(6));
  EXPECT_TRUE(leads());
  EXPECT_EQ(fsm.term(), 8U);
}

TEST_F(LeaseTest, TakesALeaseThatWasGivenUpAtOnce) {
  hold("", 4);
  settle(fsm.start(clock()));
  EXPECT_TRUE(leads());
  EXPECT_EQ(fsm.term(), 6U);
}

TEST_F(LeaseTest, AReplicaThatFindsItselfToBeTheHolderGoesOnInItsTerm) {
  hold("us", 4);
  settle(fsm.start(clock()));
  EXPECT_TRUE(leads());
  EXPECT_EQ(fsm.term(), 5U);
  EXPECT_TRUE(fsm.continued());
}

TEST_F(LeaseTest, RenewsLongBeforeItsTimeIsOver) {
  settle(fsm.start(clock()));
  for (int i = 0; i < 60; ++i) {
    pass(seconds(1));
    EXPECT_TRUE(leads()) << i;
  }
  EXPECT_EQ(fsm.term(), 1U);
}

TEST_F(LeaseTest, LeadsNoLongerThanTheDeadlineAfterItsLastRenewalWasSent) {
  settle(fsm.start(clock()));
  const std::int64_t sent_at = now_ns;
  for (int i = 0; i < 20 && now_ns < sent_at + seconds(10); ++i) {
    now_ns += seconds(1) / 2;
    if (fsm.tick(clock())) fsm.answered(clock(), Error{ErrorCode::kIo, "the connection broke"});
  }
  EXPECT_THAT(fsm.trouble(), HasSubstr("broke"));
  EXPECT_FALSE(leads());
}

TEST_F(LeaseTest, ARenewalThatIsAnsweredTooLateDoesNotLeadAgainByItself) {
  settle(fsm.start(clock()));
  now_ns += seconds(3);
  const std::optional<ApiRequest> renewal = fsm.tick(clock());
  ASSERT_TRUE(renewal);
  now_ns += seconds(20);
  fsm.tick(clock());
  const std::optional<ApiRequest> next = carry_out(renewal);
  EXPECT_FALSE(leads());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->method, Method::kGet) << "another may have begun to wait: it looks first";
}

TEST_F(LeaseTest, AnotherWhoWasFasterLeads) {
  hold("", 4);
  const std::optional<ApiRequest> take = carry_out(fsm.start(clock()));
  hold("them", 5, "99");
  settle(carry_out(take));
  EXPECT_FALSE(leads());
  EXPECT_EQ(fsm.holder(), "them");
}

TEST_F(LeaseTest, ALeaderThatReadsAnothersNameLeadsNoMore) {
  settle(fsm.start(clock()));
  hold("them", 1, "500");
  now_ns += seconds(3);
  settle(fsm.tick(clock()));
  EXPECT_FALSE(leads());
}

TEST_F(LeaseTest, GivesItUpAtAnOrderlyStopAndAsksForNothingMore) {
  settle(fsm.start(clock()));
  const std::optional<ApiRequest> release = fsm.release(clock());
  EXPECT_FALSE(leads()) << "from the moment it is asked for";
  settle(release);
  EXPECT_EQ(lease["spec"]["holderIdentity"], "");
  pass(seconds(60));
  EXPECT_EQ(lease["spec"]["holderIdentity"], "");
}

TEST_F(LeaseTest, OneThatDoesNotLeadHasNothingToGiveUp) {
  hold("them", 4);
  settle(fsm.start(clock()));
  EXPECT_EQ(fsm.release(clock()), std::nullopt);
}

TEST_F(LeaseTest, ShowsTheHeadOfTheJournalWithEachRenewalAndReadsThatOfOthers) {
  fsm.set_journal_head("id:7:hash");
  settle(fsm.start(clock()));
  EXPECT_EQ(lease["metadata"]["annotations"]["networking.vaclab.org/journal"], "id:7:hash");
  lease["metadata"]["annotations"]["networking.vaclab.org/journal"] = "other:9:hash";
  LeaseFsm follower(options("another"), 8);
  follower.start(clock());
  follower.answered(clock(), stored());
  EXPECT_EQ(follower.seen_journal_head(), "other:9:hash");
}

TEST_F(LeaseTest, WhatCannotBeReadIsTroubleAndIsAskedAgain) {
  fsm.start(clock());
  EXPECT_EQ(fsm.answered(clock(), ApiResponse{200, "<html>", {}}), std::nullopt);
  EXPECT_NE(fsm.trouble(), "");
  now_ns = fsm.wake_at_ns().value();
  EXPECT_TRUE(fsm.tick(clock()));
}

}  // namespace
}  // namespace bw
