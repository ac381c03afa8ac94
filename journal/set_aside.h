// Puts a journal aside that must not be continued and must not be lost: the folder gets a new, dated name beside the
// old one. Thread: any; nobody may have the journal open.
#pragma once

#include <string>

#include "journal/result.h"
#include "journal/types.h"

namespace bw {

// Renames `path` to `path.aside-YYYYMMDDTHHMMSSZ` (with a number behind it if that is taken) and syncs the folder that
// holds both. Gives the new path.
Result<std::string> set_journal_aside(const std::string& path, Timestamp now);

}  // namespace bw
