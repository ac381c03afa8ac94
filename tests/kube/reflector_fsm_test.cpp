// How a ReflectorFsm resumes from a version it is given.
#include "kube/reflector_fsm.h"

#include <string>

#include <gtest/gtest.h>

#include "reflector_driver.h"

namespace bw {
namespace {

using D = ReflectorDriver;

std::string watch(ResourceVersion version, const std::string& seconds) {
  return "watch ?watch=true&allowWatchBookmarks=true&resourceVersion=" + std::to_string(version) +
         "&timeoutSeconds=" + seconds;
}

TEST(ReflectorResume, IsSyncedWhenItHasPassedTheVersionOfAListMadeAfterTheStart) {
  D driver;
  EXPECT_EQ(driver.start(50), Lines{"list ?limit=1"});
  EXPECT_EQ(driver.list(200, D::page(100, R"({"a":1})", "t")), Lines{watch(50, "3")});  // nothing of the list is used
  EXPECT_EQ(driver.opened(), Lines{"opened"});
  EXPECT_FALSE(driver.fsm().synced());
  driver.data(D::event("MODIFIED", D::object(99)));
  EXPECT_FALSE(driver.fsm().synced());
  driver.pass_s(1);
  EXPECT_EQ(driver.data(D::bookmark(100)), Lines{"bookmark 100"});
  EXPECT_TRUE(driver.fsm().synced());
  driver.pass_s(2);
  EXPECT_EQ(driver.ended(), Lines{watch(100, "T")});
}

TEST(ReflectorResume, AnEventPastTheListIsEnough) {
  D driver;
  driver.start(50);
  driver.list(200, D::page(100, ""));
  driver.opened();
  driver.data(D::event("MODIFIED", D::object(101)));
  EXPECT_TRUE(driver.fsm().synced());
}

TEST(ReflectorResume, IsSyncedAtOnceWhereNothingHasHappened) {
  D driver;
  driver.start(100);
  EXPECT_EQ(driver.list(200, D::page(100, "")), Lines{watch(100, "T")});
  EXPECT_TRUE(driver.fsm().synced());
}

TEST(ReflectorResume, RepeatsShortWatchesUntilItIsSynced) {
  D driver;
  driver.start(50);
  driver.list(200, D::page(100, ""));
  driver.opened();
  driver.data(D::bookmark(80));
  driver.pass_s(3);
  EXPECT_EQ(driver.ended(), Lines{watch(80, "3")});
}

TEST(ReflectorResume, ListsWhereTheServerSendsNoBookmarks) {
  D driver;
  driver.start(50);
  driver.list(200, D::page(100, ""));
  Lines lines;
  int watches = 0;
  for (lines = {watch(50, "3")}; lines == Lines{watch(50, "3")} && watches < 50; ++watches) {
    driver.opened();
    driver.pass_s(3);
    lines = driver.ended();
  }
  EXPECT_EQ(watches, 11);
  EXPECT_EQ(lines, (Lines{"blind: no watch reached version 100, which a list has: the server sends no bookmarks",
                          "list ?limit=500"}));
}

TEST(ReflectorResume, IsBlindWhereTheVersionHasExpired) {
  D driver;
  driver.start(50);
  driver.list(200, D::page(100, ""));
  driver.opened();
  EXPECT_EQ(driver.data(D::error(410, "Expired", "too old resource version: 50 (70)")),
            (Lines{"close", "blind: too old resource version: 50 (70)", "list ?limit=500"}));
}

TEST(ReflectorResume, IsBlindWhereTheClusterIsOlderThanTheVersion) {
  D driver;
  driver.start(500);
  const Lines lines = driver.list(200, D::page(100, ""));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("blind: the cluster is at version 100, which is older than 500")) << lines[0];
  EXPECT_EQ(lines[1], "list ?limit=500");
  // The consumer sees at ListBegan that versions went back.
  EXPECT_EQ(driver.list(200, D::page(101, "")), (Lines{"began 101", "ended 101", watch(101, "T")}));
  EXPECT_TRUE(driver.fsm().synced());
}

TEST(ReflectorResume, LearnsTheVersionAgainUntilItSucceeds) {
  D driver;
  driver.start(50);
  EXPECT_EQ(driver.list_broke(), Lines{"trouble 0: the connection broke"});
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=1"});
  EXPECT_EQ(driver.list(503, "", 2), Lines{"trouble 503: HTTP status 503 without a message"});
  EXPECT_GE(driver.wait_ns(), 2 * kNanosecondsPerSecond);
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=1"});
  EXPECT_EQ(driver.list(200, "<html>").at(0).substr(0, 36), "trouble 0: the list cannot be read: ");
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=1"});
  EXPECT_EQ(driver.fsm().position(), 50U);
}

TEST(ReflectorResume, AnOutageDoesNotMakeItBlind) {
  D driver;
  driver.start(50);
  driver.list(200, D::page(100, ""));
  for (int outage = 0; outage < 20; ++outage) {
    EXPECT_EQ(driver.broke(), Lines{"trouble 0: the connection broke"});
    EXPECT_EQ(driver.wake(), Lines{watch(50, "3")});
  }
}

}  // namespace
}  // namespace bw
