#include "tests/support/programs.h"

#include <cstdlib>
#include <string>

namespace bw {
namespace {

Result<std::filesystem::path> find(const char* variable, const char* default_folder, std::string_view name,
                                   const std::string& remedy) {
  const char* folder = std::getenv(variable);
  const std::filesystem::path path =
      (folder != nullptr ? std::filesystem::path(folder) : repository_file(default_folder)) / name;
  if (std::filesystem::exists(path)) return path;
  return Error{ErrorCode::kNotFound, "there is no " + path.string() + ": run `" + remedy + "`, or set " + variable};
}

}  // namespace

Result<std::filesystem::path> product_program(std::string_view name) {
  return find("BANDWIDTH_BIN_DIR", "build/bin", name, "./dev build");
}

Result<std::filesystem::path> cluster_tool(std::string_view name) {
  return find("BANDWIDTH_TOOLS", "build/tools", name, "./dev setup");
}

std::filesystem::path repository_file(std::string_view path) {
  return std::filesystem::path(BANDWIDTH_SOURCE_DIR) / path;
}

}  // namespace bw
