// A fresh folder that is removed with everything in it when the object goes, unless it is kept.
#pragma once

#include <filesystem>
#include <string_view>

namespace bw {

class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string_view name);  // ends the process when the system has no room for a folder
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace bw
