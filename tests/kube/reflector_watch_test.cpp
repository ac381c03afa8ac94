// How a ReflectorFsm follows a watch, and what it does with each way in which one can end.
#include <string>

#include <gtest/gtest.h>

#include "reflector_driver.h"

namespace bw {
namespace {

using D = ReflectorDriver;

std::string watch(ResourceVersion version) {
  return "watch ?watch=true&allowWatchBookmarks=true&resourceVersion=" + std::to_string(version) + "&timeoutSeconds=T";
}

TEST(ReflectorWatch, DeliversEventsInOrderWhereverTheBytesAreCut) {
  const std::string bytes = D::event("ADDED", D::object(101)) + D::event("MODIFIED", D::object(102)) +
                            D::bookmark(105) + D::event("DELETED", D::object(106));
  const Lines expected{"added " + D::object(101), "modified " + D::object(102), "bookmark 105",
                       "deleted " + D::object(106)};
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    D driver;
    driver.follow_from(100);
    Lines lines;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      for (std::string& line : driver.data(bytes.substr(at, step))) lines.push_back(std::move(line));
    }
    ASSERT_EQ(lines, expected) << "in steps of " << step;
    EXPECT_EQ(driver.fsm().position(), 106U);
  }
}

TEST(ReflectorWatch, GoesOnAtOnceWhereTheServerEndedIt) {
  D driver;
  driver.follow_from(100);
  driver.data(D::event("ADDED", D::object(101)));
  EXPECT_EQ(driver.ended(), Lines{watch(101)});
  EXPECT_EQ(driver.opened(), Lines{"opened"});
  driver.pass_s(1);  // without an event, but not at once
  EXPECT_EQ(driver.ended(), Lines{watch(101)});
}

TEST(ReflectorWatch, DropsHalfALineAndAsksForItAgain) {
  D driver;
  driver.follow_from(100);
  driver.data(D::event("ADDED", D::object(101)) + R"({"type":"ADD)");
  EXPECT_EQ(driver.ended(), Lines{watch(101)});
  driver.opened();
  EXPECT_EQ(driver.data(D::event("ADDED", D::object(102))), Lines{"added " + D::object(102)});
}

TEST(ReflectorWatch, ReconnectsSoonAfterTheConnectionBroke) {
  D driver;
  driver.follow_from(100);
  driver.data(D::event("ADDED", D::object(101)));
  EXPECT_EQ(driver.broke(), Lines{"trouble 0: the connection broke"});
  EXPECT_LT(driver.wait_ns(), kNanosecondsPerSecond / 4);
  EXPECT_EQ(driver.wake(), Lines{watch(101)});
}

TEST(ReflectorWatch, BacksOffWhereAStreamEndsAtOnceWithoutProgress) {
  D driver;
  driver.follow_from(100);
  EXPECT_EQ(driver.ended(), Lines{"trouble 0: the watch ended"});
  EXPECT_GE(driver.wait_ns(), 800 * kNanosecondsPerMillisecond);
  EXPECT_EQ(driver.wake(), Lines{watch(100)});
  driver.opened();
  driver.data(D::bookmark(100));  // no progress either
  driver.pass(kNanosecondsPerSecond - 1);
  EXPECT_EQ(driver.ended(), Lines{"trouble 0: the watch ended"});
  EXPECT_GE(driver.wait_ns(), 1600 * kNanosecondsPerMillisecond);
}

TEST(ReflectorWatch, KeepsItsPositionWhileTheServerIsAwayOrRefuses) {
  D driver;
  driver.follow_from(100);
  driver.data(D::bookmark(140));
  driver.ended();
  EXPECT_EQ(driver.broke(), Lines{"trouble 0: the connection broke"});  // refused before it opened
  EXPECT_GE(driver.wait_ns(), 800 * kNanosecondsPerMillisecond);
  for (const int status : {429, 503, 401, 403, 404, 429, 503, 401, 403, 404}) {
    EXPECT_EQ(driver.wake(), Lines{watch(140)});
    EXPECT_EQ(driver.opened(status, "no"), Lines{"trouble " + std::to_string(status) + ": no"});
  }
  EXPECT_EQ(driver.wake(), Lines{watch(140)});
  driver.opened(429, "later", 40);
  EXPECT_EQ(driver.wait_ns(), 40 * kNanosecondsPerSecond);
  EXPECT_TRUE(driver.fsm().synced());
}

TEST(ReflectorWatch, IsBlindWhenItsVersionHasExpired) {
  const std::string message = "too old resource version: 101 (5000)";
  {
    D driver;  // the usual form: an ERROR inside a stream that was accepted
    driver.follow_from(100);
    driver.data(D::bookmark(101));
    driver.ended();
    driver.opened();
    EXPECT_EQ(driver.data(D::error(410, "Expired", message) + D::event("ADDED", D::object(102))),
              (Lines{"close", "blind: " + message, "list ?limit=500"}));
    EXPECT_FALSE(driver.fsm().synced());
    EXPECT_FALSE(driver.fsm().position());
    EXPECT_EQ(driver.list(200, D::page(5001, "")), (Lines{"began 5001", "ended 5001", watch(5001)}));
    EXPECT_TRUE(driver.fsm().synced());
  }
  {
    D driver;  // as HTTP status
    driver.follow_from(100);
    driver.data(D::bookmark(101));
    driver.ended();
    EXPECT_EQ(driver.opened(410, D::status(410, "Gone", message)), (Lines{"blind: " + message, "list ?limit=500"}));
  }
}

TEST(ReflectorWatch, DoesNotListAtOnceAgainWhenAListExpiresBeforeItsWatch) {
  D driver;
  driver.follow_from(100);
  EXPECT_EQ(driver.data(D::error(410, "Expired", "too old")),
            (Lines{"close", "blind: too old", "trouble 410: too old"}));
  EXPECT_GE(driver.wait_ns(), 800 * kNanosecondsPerMillisecond);
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
}

TEST(ReflectorWatch, RetriesAfterAnInternalErrorAFewTimesAndThenLists) {
  D driver;
  driver.follow_from(100);
  for (int failure = 0; failure < 3; ++failure) {
    EXPECT_EQ(driver.data(D::error(500, "InternalError", "etcd is away")),
              (Lines{"close", "trouble 500: etcd is away"}));
    EXPECT_EQ(driver.wake(), Lines{watch(100)});
    driver.opened();
  }
  EXPECT_EQ(driver.data(D::error(500, "InternalError", "etcd is away")),
            (Lines{"close", "blind: etcd is away", "trouble 500: etcd is away"}));
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
}

TEST(ReflectorWatch, ProgressForgivesEarlierErrors) {
  D driver;
  driver.follow_from(100);
  for (ResourceVersion version = 101; version < 110; ++version) {
    driver.data(D::event("ADDED", D::object(version)) + D::error(500, "InternalError", "etcd is away"));
    EXPECT_EQ(driver.wake(), Lines{watch(version)});
    driver.opened();
  }
}

TEST(ReflectorWatch, WaitsASecondForAServerThatHasNotReachedItsVersion) {
  const std::string too_large =
      D::status(504, "Timeout", "Too large resource version: 100, current: 90",
                R"({"causes":[{"reason":"ResourceVersionTooLarge","message":"x"}],"retryAfterSeconds":1})");
  D driver;
  driver.follow_from(100);
  for (int failure = 0; failure < 3; ++failure) {
    EXPECT_EQ(driver.data(D::event("ERROR", too_large)),
              (Lines{"close", "trouble 504: Too large resource version: 100, current: 90"}));
    EXPECT_EQ(driver.wait_ns(), kNanosecondsPerSecond);
    EXPECT_EQ(driver.wake(), Lines{watch(100)});
    driver.opened();
  }
  EXPECT_EQ(driver.data(D::event("ERROR", too_large)).at(1), "blind: Too large resource version: 100, current: 90");
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
}

TEST(ReflectorWatch, WaitsAsLongAsAnErrorInTheStreamAsks) {
  D driver;
  driver.follow_from(100);
  driver.data(D::error(429, "TooManyRequests", "slow down", R"({"retryAfterSeconds":21})"));
  EXPECT_EQ(driver.wait_ns(), 21 * kNanosecondsPerSecond);
  EXPECT_EQ(driver.wake(), Lines{watch(100)});
}

TEST(ReflectorWatch, IsBlindAfterALineItCannotRead) {
  for (const std::string line : {"<html>\n", "{}\n",
                                 R"({"type":"ADDED"})"
                                 "\n",
                                 R"({"type":"ADDED","object":7})"
                                 "\n",
                                 R"({"type":"LATER","object":{}})"
                                 "\n",
                                 R"({"type":"BOOKMARK","object":{"metadata":{}}})"
                                 "\n",
                                 R"({"type":"ADDED","object":{"a":1)"
                                 "\n"}) {
    D driver;
    driver.follow_from(100);
    const Lines lines = driver.data(D::event("ADDED", D::object(101)) + line + D::event("ADDED", D::object(103)));
    ASSERT_EQ(lines.size(), 4U) << line;
    EXPECT_EQ(lines[1], "close");
    EXPECT_TRUE(lines[2].starts_with("blind: ")) << lines[2];
    EXPECT_TRUE(lines[3].starts_with("trouble 0: ")) << lines[3];
    EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
  }
}

TEST(ReflectorWatch, IsBlindAfterALineBeyondTheLimit) {
  D driver;
  driver.follow_from(100);
  Lines lines;
  const std::string part(1 << 20, 'x');
  for (int i = 0; i < 4 && lines.empty(); ++i) lines = driver.data(part);
  EXPECT_EQ(lines, (Lines{"close", "blind: a line of the watch is longer than 3 MiB",
                          "trouble 0: a line of the watch is longer than 3 MiB"}));
}

TEST(ReflectorWatch, DeliversAnObjectWhoseVersionItCannotReadAndKeepsItsPosition) {
  D driver;
  driver.follow_from(100);
  EXPECT_EQ(driver.data(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"x"}}})"
                        "\n"),
            Lines{R"(added {"metadata":{"resourceVersion":"x"}})"});
  EXPECT_EQ(driver.fsm().position(), 100U);
}

TEST(ReflectorWatch, ReplacesAStreamThatOutlivesItsTime) {
  D driver;
  driver.follow_from(100);
  EXPECT_GE(driver.wait_ns(), 310 * kNanosecondsPerSecond);
  EXPECT_LE(driver.wait_ns(), 620 * kNanosecondsPerSecond);
  EXPECT_EQ(driver.wake(), (Lines{"close", "trouble 0: the watch outlived its time"}));
  EXPECT_EQ(driver.wake(), Lines{watch(100)});
}

TEST(ReflectorWatch, IgnoresWhatComesForAnEarlierCall) {
  D driver;
  driver.follow_from(100);
  ReflectorFsm& fsm = driver.fsm();
  const std::uint64_t old = driver.call();
  driver.data(D::bookmark(101));
  driver.ended();
  driver.opened();
  EXPECT_TRUE(fsm.stream_data(driver.now_ns(), old, D::bookmark(999)).empty());
  EXPECT_TRUE(fsm.stream_ended(driver.now_ns(), old, std::nullopt).empty());
  EXPECT_TRUE(fsm.stream_opened(driver.now_ns(), old, ApiResponse{410, "", {}}).empty());
  EXPECT_TRUE(fsm.list_answered(driver.now_ns(), old, ApiResponse{200, D::page(9, ""), {}}).empty());
  EXPECT_EQ(fsm.position(), 101U);
}

TEST(ReflectorWatch, LastsARandomTimeFromItsSeed) {
  const auto target = [](std::uint64_t seed) {
    D driver({"/api/v1/pods", false}, seed);
    driver.follow_from(100);
    return driver.request().target;
  };
  EXPECT_EQ(target(1), target(1));
  EXPECT_NE(target(1), target(2));
}

}  // namespace
}  // namespace bw
