#include "journal/space_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace bw {
namespace {

Error failed(const std::string& what, int code) {
  return {ErrorCode::kIo, what + ": " + std::generic_category().message(code)};
}

}  // namespace

SpaceReserve::SpaceReserve(const std::string& folder, std::uint64_t bytes)
    : folder_(folder), file_(folder + "/reserve"), bytes_(bytes) {}

bool SpaceReserve::held() const {
  struct stat status {};
  return ::stat(file_.c_str(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) == bytes_;
}

Result<void> SpaceReserve::allocate() const {
  if (held()) return {};
  const std::string what = "room for the journal cannot be set aside in " + file_;
  const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed(what, errno);
  const int code = ::posix_fallocate(file, 0, static_cast<off_t>(bytes_));
  ::close(file);
  if (code == 0) return {};
  ::unlink(file_.c_str());
  return failed(what, code);
}

bool SpaceReserve::give_up() const { return ::unlink(file_.c_str()) == 0; }

Result<std::uint64_t> SpaceReserve::free_bytes() const {
  struct statvfs disk {};
  if (::statvfs(folder_.c_str(), &disk) != 0) return failed("the disk of " + folder_ + " cannot be asked", errno);
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

}  // namespace bw
