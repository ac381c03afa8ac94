#include "projections/ledger.h"

#include <gtest/gtest.h>

#include "tests/support/event_builder.h"

namespace bw {
namespace {

Sum sum(std::int64_t megabits_each) { return {megabits(megabits_each), megabits(megabits_each)}; }

// Two racks of two nodes: n1, n2 in r1 and n3, n4 in r2; a link carries 1000M, an uplink 1500M, a leaf 10G.
class LedgerTest : public testing::Test {
 protected:
  struct Machine {
    PlaceNumber place, leaf;
  };

  Machine add_node(PlaceNumber rack) {
    const PlaceNumber place = ledger.add_place(rack, false, both(1'000));
    return {place, ledger.add_place(place, true, both(10'000))};
  }

  static Charge charge(const Machine& node, std::int64_t megabits_each, std::optional<std::uint32_t> group = {}) {
    Charge made{node.leaf, both(megabits_each), {}, false, false};
    if (group) made.group = GroupNumber{*group};
    return made;
  }

  void add(const Charge& made, std::optional<std::uint32_t> wanted = {}, bool spread = false) {
    ledger.add(made, {wanted, spread}, ++at);
  }
  void remove(const Charge& made, std::optional<std::uint32_t> wanted = {}) { ledger.remove(made, wanted, ++at); }

  Sum used(PlaceNumber place) const { return ledger.place(place).link.used; }
  Sum local(const Machine& node) const { return used(node.leaf); }
  Sum network(const Machine& node) const { return used(node.place); }
  PlaceNumber meeting(std::uint32_t group) const { return ledger.group(GroupNumber{group})->meeting; }

  Ledger ledger;
  Sequence at = 0;
  const PlaceNumber r1 = ledger.add_place(kFabric, false, both(1'500));
  const PlaceNumber r2 = ledger.add_place(kFabric, false, both(1'500));
  const Machine n1 = add_node(r1), n2 = add_node(r1), n3 = add_node(r2), n4 = add_node(r2);
};

TEST_F(LedgerTest, KnowsTheTree) {
  EXPECT_EQ(ledger.common(n1.leaf, n2.leaf), r1);
  EXPECT_EQ(ledger.common(n1.leaf, n1.place), n1.place);
  EXPECT_EQ(ledger.common(n1.leaf, n3.leaf), kFabric);
  EXPECT_TRUE(ledger.below(n1.leaf, n1.place));
  EXPECT_TRUE(ledger.below(n1.leaf, kFabric));
  EXPECT_FALSE(ledger.below(n1.place, n1.place));
  EXPECT_FALSE(ledger.below(n1.leaf, r2));
  EXPECT_FALSE(ledger.below(r1, n1.leaf));
}

TEST_F(LedgerTest, ChargesAPodOfNoGroupOnAllLinks) {
  add(charge(n1, 100));
  EXPECT_EQ(local(n1), sum(100));
  EXPECT_EQ(network(n1), sum(100));
  EXPECT_EQ(used(r1), sum(100));
  EXPECT_EQ(used(r2), Sum{});
  remove(charge(n1, 100));
  for (const PlaceNumber place : {n1.leaf, n1.place, r1}) EXPECT_EQ(used(place), Sum{});
}

// ---- R6 ----

TEST_F(LedgerTest, ChargesAColocatedGroupOnTheLocalLinkOnly) {
  add(charge(n1, 100, 7), 2);
  add(charge(n1, 100, 7), 2);
  EXPECT_EQ(meeting(7), n1.place);
  EXPECT_EQ(local(n1), sum(200));
  EXPECT_EQ(network(n1), Sum{});
}

TEST_F(LedgerTest, ChargesAGroupInsideARackBelowTheUplinkOnly) {
  add(charge(n1, 100, 7), 2);
  add(charge(n2, 50, 7), 2);
  EXPECT_EQ(meeting(7), r1);
  EXPECT_EQ(network(n1), sum(100)) << "the member that was there before is charged anew";
  EXPECT_EQ(network(n2), sum(50));
  EXPECT_EQ(used(r1), Sum{});
}

TEST_F(LedgerTest, AMeetingPointRisesAtOnceUpToTheFabric) {
  add(charge(n1, 100, 7), 3);
  add(charge(n2, 50, 7), 3);
  add(charge(n3, 25, 7), 3);
  EXPECT_EQ(meeting(7), kFabric);
  EXPECT_EQ(used(r1), sum(150));
  EXPECT_EQ(used(r2), sum(25));
}

TEST_F(LedgerTest, AMeetingPointFallsOnlyWhileAllThatAreWantedLive) {
  add(charge(n1, 100, 7), 2);
  add(charge(n1, 100, 7), 2);
  add(charge(n3, 100, 7), 2);
  EXPECT_EQ(network(n1), sum(200));
  remove(charge(n3, 100, 7), 3);
  EXPECT_EQ(meeting(7), kFabric) << "two live of three that are wanted: the third must find its room again";
  EXPECT_EQ(network(n1), sum(200));
  ledger.set_wanted(GroupNumber{7}, 2, ++at);
  EXPECT_EQ(meeting(7), n1.place) << "now all that are wanted live";
  EXPECT_EQ(network(n1), Sum{});
}

TEST_F(LedgerTest, AGroupThatRepacksIsRefundedAtOnce) {
  add(charge(n1, 100, 7), 2);
  add(charge(n3, 100, 7), 2);
  remove(charge(n3, 100, 7), 2);
  EXPECT_EQ(network(n1), sum(100));
  add(charge(n1, 100, 7), 2);
  EXPECT_EQ(meeting(7), n1.place);
  EXPECT_EQ(network(n1), Sum{});
  EXPECT_EQ(local(n1), sum(200));
}

TEST_F(LedgerTest, AGroupThatGrowsStaysWhereItMeets) {
  add(charge(n1, 100, 7), 2);
  add(charge(n1, 100, 7), 2);
  ledger.set_wanted(GroupNumber{7}, 5, ++at);
  EXPECT_EQ(network(n1), Sum{}) << "wanting more charges nobody";
}

// ---- R7 ----

TEST_F(LedgerTest, ChargesAGroupThatHasAndWantsOneOnAllLinks) {
  add(charge(n1, 100, 7), 1);
  EXPECT_EQ(meeting(7), kFabric);
  EXPECT_EQ(network(n1), sum(100));
}

TEST_F(LedgerTest, ChargesAGroupOnAllLinksWhileItIsNotKnownWhatItWants) {
  add(charge(n1, 100, 7));
  add(charge(n1, 100, 7));
  EXPECT_EQ(network(n1), sum(200));
  ledger.set_wanted(GroupNumber{7}, 2, ++at);
  EXPECT_EQ(network(n1), Sum{}) << "late knowledge lowers a charge";
}

TEST_F(LedgerTest, ChargesAGroupThatDoesNotFitOnItsFirstNodeOnAllLinks) {
  add(charge(n1, 100, 7), 3, true);
  add(charge(n1, 100, 7), 3);
  add(charge(n1, 100, 7), 3);
  EXPECT_EQ(meeting(7), kFabric) << "judged when the first member is placed, and for the life of the group";
  for (int i = 0; i < 3; ++i) remove(charge(n1, 100, 7), 3);
  add(charge(n1, 100, 7), 3);
  EXPECT_EQ(meeting(7), n1.place) << "a new life, a new judgement";
}

TEST_F(LedgerTest, ChargesOneMemberOnAllLinksWhereTheRestMeets) {
  add(charge(n1, 100, 7), 2);
  Charge always = charge(n1, 50, 7);
  always.all_links = true;
  add(always, 2);
  EXPECT_EQ(meeting(7), n1.place);
  EXPECT_EQ(network(n1), sum(50));
  EXPECT_EQ(used(r1), sum(50));
  remove(always, 2);
  EXPECT_EQ(network(n1), Sum{});
}

TEST_F(LedgerTest, AMemberAloneOnItsWayOutIsNotChargedMoreThanBefore) {
  Charge leaving = charge(n1, 100, 7);
  add(leaving, 2);
  add(charge(n1, 100, 7), 2);
  ledger.set_terminating(GroupNumber{7}, ++at);
  leaving.terminating = true;
  ledger.set_wanted(GroupNumber{7}, 1, ++at);
  remove(charge(n1, 100, 7), 1);
  EXPECT_EQ(network(n1), Sum{}) << "it is charged as before, although it is the only one left";
}

TEST_F(LedgerTest, AMemberThatStaysAloneIsChargedOnAllLinks) {
  add(charge(n1, 100, 7), 2);
  add(charge(n1, 100, 7), 2);
  ledger.set_wanted(GroupNumber{7}, 1, ++at);
  EXPECT_EQ(network(n1), Sum{}) << "two live";
  remove(charge(n1, 100, 7), 1);
  EXPECT_EQ(network(n1), sum(100)) << "its peers are elsewhere";
}

TEST_F(LedgerTest, AMemberFirstSeenOnItsWayOutIsChargedAsAnyOther) {
  Charge leaving = charge(n1, 100, 7);
  leaving.terminating = true;
  add(leaving, 1);
  EXPECT_EQ(network(n1), sum(100)) << "a terminating pod counts, and its group wants one";
}

TEST_F(LedgerTest, ANewcomerToAGroupThatWantsOneIsChargedOnAllLinks) {
  Charge leaving = charge(n1, 100, 7);
  add(leaving, 2);
  add(charge(n1, 100, 7), 2);
  ledger.set_terminating(GroupNumber{7}, ++at);
  leaving.terminating = true;
  ledger.set_wanted(GroupNumber{7}, 1, ++at);
  remove(charge(n1, 100, 7), 1);
  add(charge(n1, 100, 7), 1);
  EXPECT_EQ(network(n1), sum(200)) << "it will be alone when the other one has left, and nobody asks then";
}

// ---- R8, R9: what does not fit ----

TEST_F(LedgerTest, NamesTheFirstLinkThatLacksRoomFromTheLeafUp) {
  add(charge(n1, 900));
  const Misfit misfit = ledger.misfit(charge(n1, 200), {});
  EXPECT_EQ(misfit.shortage, Shortage::kUl);
  EXPECT_EQ(misfit.place, n1.place);
  EXPECT_FALSE(misfit.raised);
  EXPECT_EQ(misfit.lacking, sum(100));
  EXPECT_TRUE(ledger.misfit(charge(n1, 100), {}).fits()) << "to the last bit";
}

TEST_F(LedgerTest, LooksAtEachDirectionOfALinkForItself) {
  Charge up = charge(n1, 0);
  up.rates = {megabits(900), megabits(10)};
  add(up);
  Charge down = charge(n1, 0);
  down.rates = {megabits(10), megabits(900)};
  EXPECT_TRUE(ledger.misfit(down, {}).fits());
  down.rates = {megabits(10), megabits(991)};
  EXPECT_EQ(ledger.misfit(down, {}).shortage, Shortage::kDl);
  EXPECT_EQ(ledger.misfit(down, {}).lacking, (Sum{0, megabits(1)}));
}

TEST_F(LedgerTest, TakesWhatIsKeptBackFromTheRoom) {
  ledger.set_capacity(n1.place, both(1'000), both(950));
  EXPECT_EQ(ledger.misfit(charge(n1, 100), {}).place, n1.place);
  EXPECT_TRUE(ledger.misfit(charge(n1, 50), {}).fits());
}

TEST_F(LedgerTest, NothingMoreIsPlacedOnAnOvercommittedLink) {
  add(charge(n1, 1'200));
  Charge down = charge(n1, 0);
  down.rates = {0, megabits(1)};
  EXPECT_EQ(ledger.misfit(down, {}).shortage, Shortage::kOvercommitted) << "in no direction";
}

TEST_F(LedgerTest, AMemberThatWouldChargeTheOthersAnewNeedsRoomForThem) {
  add(charge(n1, 400, 7), 3);
  add(charge(n1, 400, 7), 3);
  add(charge(n1, 300));
  const Misfit misfit = ledger.misfit(charge(n2, 100, 7), {3, false});
  EXPECT_TRUE(misfit.raised);
  EXPECT_EQ(misfit.place, n1.place) << "on the node of the others";
  EXPECT_EQ(misfit.lacking, sum(100));
  EXPECT_TRUE(ledger.misfit(charge(n1, 400, 7), {3, false}).fits()) << "beside them it costs no network";
}

TEST_F(LedgerTest, AMemberInAnotherRackNeedsRoomOnTheUplinkOfTheOthers) {
  add(charge(n1, 500, 7), 3);
  add(charge(n2, 500, 7), 3);
  add(charge(n2, 400));
  add(charge(n1, 400));
  const Misfit misfit = ledger.misfit(charge(n3, 100, 7), {3, false});
  EXPECT_TRUE(misfit.raised);
  EXPECT_EQ(misfit.place, r1);
  EXPECT_EQ(misfit.lacking, sum(300)) << "800 are used of 1500, and 1000 would come";
}

TEST_F(LedgerTest, ANewcomerAndThoseItChargesAnewNeedRoomTogether) {
  add(charge(n1, 400, 7), 2);
  add(charge(n1, 400, 7), 2);
  // It wants nobody knows how many, so all are charged on all links: 800 and 300 on a link of 1000.
  const Misfit misfit = ledger.misfit(charge(n1, 300, 7), {{}, false});
  EXPECT_FALSE(misfit.fits());
  EXPECT_EQ(misfit.place, n1.place);
  EXPECT_EQ(misfit.lacking, sum(100));
  EXPECT_TRUE(ledger.misfit(charge(n1, 200, 7), {{}, false}).fits());
}

TEST_F(LedgerTest, ClaimsAreTakenFromTheRoom) {
  std::vector<Sum> claims(ledger.place_count());
  ledger.claim(charge(n1, 600), {}, claims);
  EXPECT_EQ(claims[index_of(n1.place)], sum(600));
  EXPECT_EQ(claims[index_of(r1)], sum(600));
  EXPECT_TRUE(ledger.misfit(charge(n1, 600), {}).fits());
  EXPECT_EQ(ledger.misfit(charge(n1, 600), {}, &claims).lacking, sum(200));
}

TEST_F(LedgerTest, AClaimHoldsWhatTheOthersWouldBeChargedAnew) {
  add(charge(n1, 400, 7), 2);
  std::vector<Sum> claims(ledger.place_count());
  ledger.claim(charge(n2, 100, 7), {2, false}, claims);
  EXPECT_EQ(claims[index_of(n1.place)], sum(400));
  EXPECT_EQ(claims[index_of(n2.place)], sum(100));
  EXPECT_EQ(claims[index_of(r1)], Sum{});
}

// ---- changes of what is placed ----

TEST_F(LedgerTest, ChangesTheRateOfAMemberWhereverItIsCharged) {
  add(charge(n1, 100, 7), 2);
  add(charge(n2, 100, 7), 2);
  ledger.change_rates(charge(n1, 100, 7), both(150), ++at);
  EXPECT_EQ(local(n1), sum(150));
  EXPECT_EQ(network(n1), sum(150));
  EXPECT_EQ(used(r1), Sum{});
  add(charge(n3, 100, 7), 3);
  EXPECT_EQ(used(r1), sum(250)) << "the group's sums have changed too";
}

TEST_F(LedgerTest, MovesANodeWithAllThatItCarries) {
  add(charge(n1, 100));
  add(charge(n1, 50, 7), 2);
  add(charge(n2, 50, 7), 2);
  ledger.move(n1.place, r2, ++at);
  EXPECT_EQ(ledger.common(n1.leaf, n3.leaf), r2);
  EXPECT_EQ(meeting(7), kFabric) << "its members are in two racks now";
  EXPECT_EQ(used(r1), sum(50));
  EXPECT_EQ(used(r2), sum(150));
  EXPECT_EQ(network(n1), sum(150));
  ledger.move(n2.place, r2, ++at);
  EXPECT_EQ(meeting(7), r2) << "both live, both in r2";
  EXPECT_EQ(used(r1), Sum{});
  EXPECT_EQ(used(r2), sum(100));
}

TEST_F(LedgerTest, MovingANodeOfAColocatedGroupMovesNoCharge) {
  add(charge(n1, 50, 7), 2);
  add(charge(n1, 50, 7), 2);
  ledger.move(n1.place, kFabric, ++at);
  EXPECT_EQ(meeting(7), n1.place);
  EXPECT_EQ(network(n1), Sum{});
  add(charge(n1, 10));
  EXPECT_EQ(used(r1), Sum{});
  EXPECT_EQ(used(r2), Sum{});
}

TEST_F(LedgerTest, TellsWhichLinksChangedAndWhetherOneGrew) {
  ledger.take_changed();
  ledger.take_grown();
  add(charge(n1, 100, 7), 2);
  EXPECT_EQ(ledger.take_changed(), (std::vector<PlaceNumber>{n1.leaf}));
  EXPECT_FALSE(ledger.take_grown());
  remove(charge(n1, 100, 7), 2);
  EXPECT_TRUE(ledger.take_grown());
  ledger.set_capacity(n2.place, both(900), {});
  EXPECT_FALSE(ledger.take_grown()) << "less capacity";
  ledger.set_capacity(n2.place, both(900), both(10));
  EXPECT_FALSE(ledger.take_grown()) << "more kept back";
  ledger.set_capacity(n2.place, {megabits(900), megabits(950)}, both(10));
  EXPECT_TRUE(ledger.take_grown());
}

TEST_F(LedgerTest, SumsDoNotOverflow) {
  Charge huge = charge(n1, 0);
  huge.rates = {1'000'000'000'000'000, 1'000'000'000'000'000};
  for (int i = 0; i < 20'000; ++i) ledger.add(huge, {}, ++at);
  EXPECT_EQ(local(n1).ul, Int128{20'000} * 1'000'000'000'000'000);
  EXPECT_TRUE(ledger.place(n1.leaf).link.overcommitted());
  EXPECT_LT(ledger.place(n1.leaf).link.room().ul, 0);
}

}  // namespace
}  // namespace bw
