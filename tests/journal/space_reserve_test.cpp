#include "journal/space_reserve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "scratch_folder.h"

namespace bw {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;

TEST(SpaceReserve, TakesRealRoomAndGivesItBack) {
  ScratchFolder folder;
  const SpaceReserve reserve(folder.path(), 8 * kMiB);
  EXPECT_FALSE(reserve.held());
  EXPECT_FALSE(reserve.give_up());
  ASSERT_TRUE(reserve.allocate());
  EXPECT_TRUE(reserve.held());
  struct stat status {};
  ASSERT_EQ(::stat((folder / "reserve").c_str(), &status), 0);
  EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512, 8 * kMiB) << "blocks, not a hole";
  EXPECT_TRUE(reserve.allocate()) << "it is there";
  EXPECT_TRUE(reserve.give_up());
  EXPECT_FALSE(reserve.held());
}

TEST(SpaceReserve, WhatIsLargerThanTheDiskLeavesNothingBehind) {
  ScratchFolder folder;
  const SpaceReserve reserve(folder.path(), std::uint64_t{1} << 50);
  const Result<void> allocated = reserve.allocate();
  ASSERT_FALSE(allocated);
  EXPECT_EQ(allocated.error().code, ErrorCode::kIo);
  EXPECT_THAT(allocated.error().message, HasSubstr(folder / "reserve"));
  EXPECT_FALSE(std::filesystem::exists(folder / "reserve"));
}

TEST(SpaceReserve, AnotherSizeIsTakenAnew) {
  ScratchFolder folder;
  ASSERT_TRUE(SpaceReserve(folder.path(), kMiB).allocate());
  const SpaceReserve larger(folder.path(), 2 * kMiB);
  EXPECT_FALSE(larger.held());
  ASSERT_TRUE(larger.allocate());
  EXPECT_TRUE(larger.held());
}

TEST(SpaceReserve, SaysWhatIsFreeOnTheDisk) {
  ScratchFolder folder;
  const SpaceReserve reserve(folder.path(), kMiB);
  ASSERT_TRUE(reserve.free_bytes());
  EXPECT_GT(*reserve.free_bytes(), 0U);
  EXPECT_FALSE(SpaceReserve(folder / "missing", kMiB).free_bytes());
}

}  // namespace
}  // namespace bw
