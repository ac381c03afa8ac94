// Where the programs under test and the commands of the control plane are. `./dev` makes them; nothing is built
// or downloaded here. Safe on any thread.
#pragma once

#include <filesystem>
#include <string_view>

#include "journal/result.h"

namespace bw {

// bwcontroller, bwreplay: in $BANDWIDTH_BIN_DIR, or else build/bin of the repository (the release build).
Result<std::filesystem::path> product_program(std::string_view name);

// control-plane, kwok: in $BANDWIDTH_TOOLS, or else build/tools of the repository.
Result<std::filesystem::path> cluster_tool(std::string_view name);

// A file of the repository, for instance deploy/crd.yaml: what is tested is what is shipped.
std::filesystem::path repository_file(std::string_view path);

}  // namespace bw
