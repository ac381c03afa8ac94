#include "tests/support/temporary_folder.h"

#include <stdlib.h>

#include <string>

#include "journal/result.h"

namespace bw {

TemporaryFolder::TemporaryFolder(std::string_view name) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / ("bandwidth-" + std::string(name) + "-XXXXXX")).string();
  check(mkdtemp(pattern.data()) != nullptr, "a temporary folder cannot be made");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  if (kept_) return;
  std::error_code ignored;  // what is left behind is in the system's temporary folder
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace bw
