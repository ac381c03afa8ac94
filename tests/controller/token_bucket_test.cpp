#include "controller/token_bucket.h"

#include <gtest/gtest.h>

namespace bw {
namespace {

constexpr std::int64_t kMs = kNanosecondsPerMillisecond;

int take_all(TokenBucket& bucket) {
  int count = 0;
  while (bucket.take()) ++count;
  return count;
}

TEST(TokenBucket, IsFullAtFirstAndEarnsItsRateUpToWhatItHolds) {
  TokenBucket bucket(5);
  bucket.refill(1'000'000 * kMs, 10);
  EXPECT_EQ(take_all(bucket), 5);
  bucket.refill(1'000'300 * kMs, 10);
  EXPECT_EQ(take_all(bucket), 3);
  bucket.refill(9'000'000 * kMs, 10);
  EXPECT_EQ(take_all(bucket), 5);
}

TEST(TokenBucket, LosesNothingToManySmallSteps) {
  TokenBucket bucket(100);
  bucket.refill(0, 7);
  take_all(bucket);
  int count = 0;
  for (std::int64_t now = 0; now <= 10'000 * kMs; now += 333'333) {
    bucket.refill(now, 7);
    count += take_all(bucket);
  }
  EXPECT_GE(count, 69);
  EXPECT_LE(count, 70);
}

TEST(TokenBucket, SaysWhenThereWillBeOneMore) {
  TokenBucket bucket(2);
  bucket.refill(1'000 * kMs, 3);
  take_all(bucket);
  bucket.refill(bucket.next_at_ns() - kMs, 3);
  EXPECT_FALSE(bucket.take());
  bucket.refill(bucket.next_at_ns(), 3);
  EXPECT_TRUE(bucket.take());
}

}  // namespace
}  // namespace bw
