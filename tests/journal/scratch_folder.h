// A folder for one test, removed with it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "journal/result.h"

namespace bw {

class ScratchFolder {
 public:
  ScratchFolder() {
    path_ = testing::TempDir() + "journal-XXXXXX";
    check(::mkdtemp(path_.data()) != nullptr, "a folder for the test cannot be made");
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

  // The path of something in it.
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace bw
