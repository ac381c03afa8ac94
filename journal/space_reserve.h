// Room that is set aside in the folder of a journal, as a file that takes as much of the disk: given up when the disk
// is full, so that the journal can be opened and can go on recording what is released and observed. Thread: any;
// give_up() may be called beside the other calls.
#pragma once

#include <cstdint>
#include <string>

#include "journal/result.h"

namespace bw {

class SpaceReserve {
 public:
  // `folder` is that of the journal; it need not be there yet. Does nothing by itself.
  SpaceReserve(const std::string& folder, std::uint64_t bytes);

  // True if the whole of it is there.
  bool held() const;

  // Takes the room, really (posix_fallocate); leaves nothing behind where there is not enough. kIo otherwise.
  Result<void> allocate() const;

  // Gives the room back. False: there was nothing to give.
  bool give_up() const;

  // Bytes that a process without privileges may still write on that disk (statvfs(3), f_bavail).
  Result<std::uint64_t> free_bytes() const;

  std::uint64_t bytes() const { return bytes_; }

 private:
  const std::string folder_;
  const std::string file_;
  const std::uint64_t bytes_;
};

}  // namespace bw
