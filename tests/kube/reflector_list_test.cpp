// How a ReflectorFsm makes its lists.
#include <string>

#include <gtest/gtest.h>

#include "reflector_driver.h"

namespace bw {
namespace {

using D = ReflectorDriver;
const std::string kWatch100 = "watch ?watch=true&allowWatchBookmarks=true&resourceVersion=100&timeoutSeconds=T";

TEST(ReflectorList, DeliversPageByPageAndThenWatches) {
  D driver;
  EXPECT_EQ(driver.start(), Lines{"list ?limit=500"});
  EXPECT_FALSE(driver.fsm().synced());
  EXPECT_EQ(
      driver.list(200, D::page(100, R"({"a":1}, {"b":{"c":[]}} )", "t+1/=")),
      (Lines{"began 100", R"(object {"a":1})", R"(object {"b":{"c":[]}})", "list ?limit=500&continue=t%2B1%2F%3D"}));
  EXPECT_EQ(driver.list(200, D::page(100, "", "t2")), (Lines{"list ?limit=500&continue=t2"}));
  EXPECT_FALSE(driver.fsm().synced());
  EXPECT_FALSE(driver.fsm().position());
  EXPECT_EQ(driver.list(200, D::page(100, R"({"d":1})")), (Lines{R"(object {"d":1})", "ended 100", kWatch100}));
  EXPECT_TRUE(driver.fsm().synced());
  EXPECT_EQ(driver.fsm().position(), 100U);
}

TEST(ReflectorList, TakesAnEmptyClusterForAWholeList) {
  for (const char* items : {"[]", "null"}) {
    D driver;
    driver.start();
    EXPECT_EQ(driver.list(200, R"({"items":)" + std::string(items) + R"(,"metadata":{"resourceVersion":"100"}})"),
              (Lines{"began 100", "ended 100", kWatch100}));
  }
}

TEST(ReflectorList, AsksForMetadataOnlyWhereThatIsEnough) {
  D pods(source_of(Stream::kPods));
  pods.start();
  EXPECT_EQ(pods.request().target, "/api/v1/pods?limit=500");
  EXPECT_EQ(pods.request().accept, "");
  D sets(source_of(Stream::kReplicaSets));
  sets.start();
  EXPECT_EQ(sets.request().target, "/apis/apps/v1/replicasets?limit=500");
  EXPECT_EQ(sets.request().accept, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
  sets.list(200, D::page(100, ""));
  EXPECT_EQ(sets.request().accept, "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
  for (std::size_t stream = 0; stream < kStreamCount; ++stream) {
    EXPECT_TRUE(source_of(static_cast<Stream>(stream)).path.starts_with("/api"));
  }
}

TEST(ReflectorList, RetriesAFirstPageWithBackOff) {
  D driver;
  driver.start();
  std::int64_t least_ns = 800 * kNanosecondsPerMillisecond;
  for (int failure = 0; failure < 8; ++failure) {
    EXPECT_EQ(driver.list(503, ""), Lines{"trouble 503: HTTP status 503 without a message"});
    EXPECT_GE(driver.wait_ns(), least_ns);
    EXPECT_LE(driver.wait_ns(), 30 * kNanosecondsPerSecond);
    EXPECT_EQ(driver.tick(), Lines{});
    EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
    least_ns = std::min(2 * least_ns, 15 * kNanosecondsPerSecond);
  }
  EXPECT_EQ(driver.list_broke(), Lines{"trouble 0: the connection broke"});
}

TEST(ReflectorList, WaitsAsLongAsTheServerAsks) {
  D driver;
  driver.start();
  EXPECT_EQ(driver.list(429, "Too many requests, please try again later.\n", 17),
            Lines{"trouble 429: Too many requests, please try again later."});
  EXPECT_EQ(driver.wait_ns(), 17 * kNanosecondsPerSecond);
  driver.wake();
  driver.list(429, D::status(429, "TooManyRequests", "slow down", R"({"retryAfterSeconds":19})"));
  EXPECT_EQ(driver.wait_ns(), 19 * kNanosecondsPerSecond);
}

TEST(ReflectorList, RetriesALaterPageAndGoesOnWithTheSameList) {
  D driver;
  driver.start();
  driver.list(200, D::page(100, R"({"a":1})", "t1"));
  EXPECT_EQ(driver.list_broke(), Lines{"trouble 0: the connection broke"});
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500&continue=t1"});
  EXPECT_EQ(driver.list(503, "", 1), Lines{"trouble 503: HTTP status 503 without a message"});
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500&continue=t1"});
  EXPECT_EQ(driver.list(200, D::page(100, R"({"b":1})")), (Lines{R"(object {"b":1})", "ended 100", kWatch100}));
}

TEST(ReflectorList, BeginsAnewWhereANewerOneIsNeededAlsoWhileALaterPageIsAwaited) {
  D driver;
  driver.start();
  driver.list(200, D::page(100, R"({"a":1})", "t1"));
  driver.list_broke();
  EXPECT_EQ(driver.confirm(), Lines{"aborted: a newer list is needed"});
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
}

TEST(ReflectorList, GivesAListUpAfterTooManyFailuresOfAPage) {
  D driver;
  driver.start();
  driver.list(200, D::page(100, R"({"a":1})", "t1"));
  for (int failure = 0; failure < 4; ++failure) {
    driver.list_broke();
    EXPECT_EQ(driver.wake(), Lines{"list ?limit=500&continue=t1"});
  }
  EXPECT_EQ(driver.list_broke(), (Lines{"aborted: the connection broke", "trouble 0: the connection broke"}));
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
  EXPECT_FALSE(driver.fsm().position());
}

TEST(ReflectorList, BeginsAnewWithoutPagesWhenOneHasExpired) {
  D driver;
  driver.start();
  driver.list(200, D::page(100, R"({"a":1})", "t1"));
  EXPECT_EQ(driver.list(410, D::status(410, "Expired", "The provided continue parameter is too old")),
            (Lines{"aborted: The provided continue parameter is too old",
                   "trouble 410: The provided continue parameter is too old", "list "}));
  EXPECT_EQ(driver.list(200, D::page(130, R"({"a":1},{"b":1})")),
            (Lines{"began 130", R"(object {"a":1})", R"(object {"b":1})", "ended 130",
                   "watch ?watch=true&allowWatchBookmarks=true&resourceVersion=130&timeoutSeconds=T"}));
}

TEST(ReflectorList, GoesBackToPagesWhenTheListInOnePieceFails) {
  D driver;
  driver.start();
  driver.list(200, D::page(100, "", "t1"));
  driver.list(410, "");
  driver.list_broke();
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
}

TEST(ReflectorList, DoesNotTakePagesOfDifferentVersionsForOneList) {
  D driver;
  driver.start();
  driver.list(200, D::page(100, R"({"a":1})", "t1"));
  EXPECT_EQ(driver.list(200, D::page(101, R"({"b":1})")),
            (Lines{"aborted: a page is of another version than the first", "trouble 0: the pages of a list disagree"}));
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
}

TEST(ReflectorList, SaysThatTheResourceDoesNotExistAndTriesAgain) {
  D driver(source_of(Stream::kBandwidths));
  driver.start();
  EXPECT_EQ(driver.list(404, "404 page not found\n"), Lines{"trouble 404: 404 page not found"});
  EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
}

TEST(ReflectorList, DoesNotUseWhatItCannotRead) {
  for (const std::string& body :
       {std::string("<html>"), std::string("{}"), std::string(R"({"metadata":{"resourceVersion":"0"},"items":[]})"),
        std::string(R"({"metadata":{"resourceVersion":"7"},"items":[1]})"), D::page(7, R"({"a":1})").substr(0, 60)}) {
    D driver;
    driver.start();
    const Lines lines = driver.list(200, body);
    ASSERT_EQ(lines.size(), 1U) << body;
    EXPECT_TRUE(lines[0].starts_with("trouble 0: the list cannot be read: ")) << lines[0];
    EXPECT_EQ(driver.wake(), Lines{"list ?limit=500"});
  }
}

TEST(ReflectorList, AbortsWhenALaterPageCannotBeRead) {
  D driver;
  driver.start();
  driver.list(200, D::page(100, R"({"a":1})", "t1"));
  const Lines lines = driver.list(200, "<html>");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("aborted: the list cannot be read: ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("trouble 0: the list cannot be read: ")) << lines[1];
}

TEST(ReflectorList, HandsSlicesOfThePageOutWithoutCopies) {
  ReflectorFsm fsm({"/api/v1/pods", false}, 1);
  fsm.start(0, std::nullopt);
  const ReflectorOutputs outputs = fsm.list_answered(0, 1, ApiResponse{200, D::page(100, R"({"a":1},{"b":1})"), {}});
  const auto* first = std::get_if<ListObject>(&outputs.at(1));
  const auto* second = std::get_if<ListObject>(&outputs.at(2));
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ(first->json.data() + first->json.size() + 1, second->json.data());
}

}  // namespace
}  // namespace bw
