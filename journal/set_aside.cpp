#include "journal/set_aside.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

namespace bw {
namespace {

std::string stamp_of(Timestamp now) {
  const std::time_t seconds = now.ns / kNanosecondsPerSecond;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

Result<void> sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int problem = errno;
  if (file >= 0) ::close(file);
  if (!synced) return Error{ErrorCode::kIo, folder + " cannot be synced: " + std::strerror(problem)};
  return {};
}

}  // namespace

Result<std::string> set_journal_aside(const std::string& path, Timestamp now) {
  namespace fs = std::filesystem;
  std::error_code problem;
  const fs::path journal = fs::absolute(path, problem).lexically_normal();
  const std::string base = (journal.has_filename() ? journal : journal.parent_path()).string();
  std::string aside = base + ".aside-" + stamp_of(now);
  for (int number = 2; fs::exists(aside, problem); ++number) {
    aside = base + ".aside-" + stamp_of(now) + "-" + std::to_string(number);
  }
  fs::rename(base, aside, problem);
  if (problem) {
    return Error{ErrorCode::kIo, "the journal " + base + " cannot be set aside as " + aside + ": " + problem.message()};
  }
  if (Result<void> synced = sync_folder(fs::path(base).parent_path().string()); !synced) return synced.error();
  return aside;
}

}  // namespace bw
