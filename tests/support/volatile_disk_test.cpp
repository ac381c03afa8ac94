// The tester's own test: what was not synced really vanishes, and what was synced never does.
#include "tests/support/volatile_disk.h"

#include <gtest/gtest.h>

#include <set>

namespace bw {
namespace {

using Names = std::vector<std::string>;

// A disk on which the folder /d is durable.
VolatileDisk with_folder() {
  VolatileDisk disk;
  EXPECT_TRUE(disk.make_folder("/d"));
  EXPECT_TRUE(disk.sync_folder("/"));
  return disk;
}

VolatileDisk::FilePointer write(VolatileDisk& disk, const std::string& path, const std::string& content) {
  const auto file = disk.create_file(path);
  EXPECT_NE(file, nullptr);
  file->content = content;
  return file;
}

std::string content_after(const VolatileDisk& disk, const std::string& path) {
  const auto file = disk.after_power_loss(Unsynced::kVanishes, 0).find_file(path);
  return file ? file->content : "(none)";
}

TEST(VolatileDisk, KeepsContentAndNameOnceBothAreSynced) {
  VolatileDisk disk = with_folder();
  VolatileDisk::sync(*write(disk, "/d/a", "x"));
  ASSERT_TRUE(disk.sync_folder("/d"));
  EXPECT_EQ(content_after(disk, "/d/a"), "x");
}

TEST(VolatileDisk, ForgetsUnsyncedContent) {
  VolatileDisk disk = with_folder();
  const auto file = write(disk, "/d/a", "first");
  VolatileDisk::sync(*file);
  disk.sync_folder("/d");
  file->content += " second";
  EXPECT_EQ(disk.find_file("/d/a")->content, "first second");
  EXPECT_EQ(content_after(disk, "/d/a"), "first");
}

TEST(VolatileDisk, ForgetsASyncedFileWhoseNameWasNotSynced) {
  VolatileDisk disk = with_folder();
  VolatileDisk::sync(*write(disk, "/d/a", "x"));
  EXPECT_EQ(content_after(disk, "/d/a"), "(none)");
}

TEST(VolatileDisk, ForgetsAFolderWhoseNameWasNotSynced) {
  VolatileDisk disk = with_folder();
  ASSERT_TRUE(disk.make_folder("/d/e"));
  VolatileDisk::sync(*write(disk, "/d/e/a", "x"));
  ASSERT_TRUE(disk.sync_folder("/d/e"));
  EXPECT_FALSE(disk.after_power_loss(Unsynced::kVanishes, 0).is_folder("/d/e"));
  disk.sync_folder("/d");
  EXPECT_EQ(content_after(disk, "/d/e/a"), "x");
}

TEST(VolatileDisk, ForgetsARenameWithoutSyncOfTheFolder) {
  VolatileDisk disk = with_folder();
  VolatileDisk::sync(*write(disk, "/d/new", "new"));
  VolatileDisk::sync(*write(disk, "/d/old", "old"));
  disk.sync_folder("/d");
  ASSERT_TRUE(disk.rename("/d/new", "/d/old"));
  EXPECT_EQ(disk.find_file("/d/old")->content, "new");
  EXPECT_EQ(content_after(disk, "/d/old"), "old");
  EXPECT_EQ(content_after(disk, "/d/new"), "new");
  disk.sync_folder("/d");
  EXPECT_EQ(content_after(disk, "/d/old"), "new");
  EXPECT_EQ(content_after(disk, "/d/new"), "(none)");
}

TEST(VolatileDisk, BringsBackAFileWhoseRemovalWasNotSynced) {
  VolatileDisk disk = with_folder();
  VolatileDisk::sync(*write(disk, "/d/a", "x"));
  disk.sync_folder("/d");
  ASSERT_TRUE(disk.remove_file("/d/a"));
  EXPECT_EQ(disk.find_file("/d/a"), nullptr);
  EXPECT_EQ(content_after(disk, "/d/a"), "x");
}

TEST(VolatileDisk, BringsBackContentWhoseTruncationWasNotSynced) {
  VolatileDisk disk = with_folder();
  VolatileDisk::sync(*write(disk, "/d/a", "long"));
  disk.sync_folder("/d");
  const auto again = write(disk, "/d/a", "s");
  EXPECT_EQ(content_after(disk, "/d/a"), "long");
  VolatileDisk::sync(*again);
  EXPECT_EQ(content_after(disk, "/d/a"), "s");
}

// After a failed sync the cache is clean: the next sync has nothing to write.
TEST(VolatileDisk, NeverMakesDurableWhatAFailedSyncForgot) {
  VolatileDisk disk = with_folder();
  const auto file = write(disk, "/d/a", "kept");
  VolatileDisk::sync(*file);
  disk.sync_folder("/d");
  file->content += "lost";
  VolatileDisk::fail_sync(*file);
  file->content += "more";
  VolatileDisk::sync(*file);
  EXPECT_EQ(file->content, "keptlostmore");
  EXPECT_EQ(content_after(disk, "/d/a"), std::string("kept\0\0\0\0more", 12));
}

TEST(VolatileDisk, LosesAnyTailOfUnsyncedContentWhenPrefixesStay) {
  VolatileDisk disk = with_folder();
  const auto file = write(disk, "/d/a", "ab");
  VolatileDisk::sync(*file);
  disk.sync_folder("/d");
  file->content = "abcd";
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    seen.insert(disk.after_power_loss(Unsynced::kPrefix, seed).find_file("/d/a")->content);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"ab", "abc", "abcd"}));
}

TEST(VolatileDisk, LosesSectorsInAnyOrderButNoneThatWasSynced) {
  VolatileDisk disk = with_folder();
  const std::string synced(700, 's');
  const auto file = write(disk, "/d/a", synced);
  VolatileDisk::sync(*file);
  disk.sync_folder("/d");
  file->content += std::string(1400, 'u');
  bool hole = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string left = disk.after_power_loss(Unsynced::kSectors, seed).find_file("/d/a")->content;
    ASSERT_EQ(left.substr(0, 700), synced);
    const std::size_t zero = left.find('\0');
    hole = hole || (zero != left.npos && left.find('u', zero) != left.npos);
    if (left.size() < 1024) continue;
    ASSERT_EQ(left[700], left[1023]);  // the rest of one sector
  }
  EXPECT_TRUE(hole);
}

TEST(VolatileDisk, KeepsTheOrderOfChangesOfAFolder) {
  VolatileDisk disk = with_folder();
  for (const char* name : {"/d/a", "/d/b", "/d/c"}) disk.create_file(name);
  std::set<Names> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    seen.insert(*disk.after_power_loss(Unsynced::kPrefix, seed).list("/d"));
  }
  EXPECT_EQ(seen, (std::set<Names>{{}, {"a"}, {"a", "b"}, {"a", "b", "c"}}));
}

TEST(VolatileDisk, CopiesShareNothing) {
  VolatileDisk disk = with_folder();
  VolatileDisk::sync(*write(disk, "/d/a", "x"));
  disk.sync_folder("/d");
  const VolatileDisk copy = disk;
  disk.find_file("/d/a")->content = "y";
  disk.remove_file("/d/a");
  EXPECT_EQ(copy.find_file("/d/a")->content, "x");
  EXPECT_EQ(copy.files(), Names{"/d/a"});
}

TEST(VolatileDisk, RefusesWhatAFileSystemRefuses) {
  VolatileDisk disk = with_folder();
  EXPECT_EQ(disk.create_file("/none/a"), nullptr);
  EXPECT_FALSE(disk.make_folder("/d"));
  EXPECT_FALSE(disk.remove_file("/d"));
  EXPECT_FALSE(disk.rename("/d/none", "/d/a"));
  disk.create_file("/d/a");
  EXPECT_FALSE(disk.remove_folder("/d"));
  EXPECT_FALSE(disk.link("/d/a", "/d/a"));
}

}  // namespace
}  // namespace bw
