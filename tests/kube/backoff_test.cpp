#include "kube/backoff.h"

#include <gtest/gtest.h>

namespace bw {
namespace {

constexpr std::int64_t kSecond = kNanosecondsPerSecond;

TEST(Backoff, DoublesWithJitterUpToItsCap) {
  Backoff backoff(7);
  std::int64_t base = 800 * kNanosecondsPerMillisecond;
  std::int64_t now = 0;
  for (int failure = 0; failure < 10; ++failure) {
    const std::int64_t delay = backoff.next_delay_ns(now);
    EXPECT_GE(delay, base) << failure;
    EXPECT_LT(delay, 2 * base) << failure;
    EXPECT_LE(delay, 30 * kSecond) << failure;
    now += delay;
    base = std::min(2 * base, 15 * kSecond);
  }
}

TEST(Backoff, BeginsAgainAfterTwoQuietMinutes) {
  Backoff backoff(7);
  std::int64_t now = 0;
  for (int failure = 0; failure < 6; ++failure) now += backoff.next_delay_ns(now);
  Backoff impatient = backoff;
  EXPECT_GE(impatient.next_delay_ns(now + 119 * kSecond), 15 * kSecond);
  EXPECT_LT(backoff.next_delay_ns(now + 121 * kSecond), 1600 * kNanosecondsPerMillisecond);
}

TEST(Backoff, DrawsTheSameDelaysFromTheSameSeed) {
  Backoff one(7), same(7), other(8);
  const std::int64_t delay = one.next_delay_ns(0);
  EXPECT_EQ(same.next_delay_ns(0), delay);
  EXPECT_NE(other.next_delay_ns(0), delay);
}

TEST(Backoff, BeginsAgainWhenItIsTold) {
  Backoff backoff(7);
  for (int failure = 0; failure < 6; ++failure) backoff.next_delay_ns(0);
  backoff.reset();
  EXPECT_LT(backoff.next_delay_ns(0), 1600 * kNanosecondsPerMillisecond);
}

}  // namespace
}  // namespace bw
