// A RocksDB file system on a VolatileDisk that fails when it is told to. It counts its operations, so that a test can
// fail each of them in turn, and notes which files were read. A crash is a fault after which nothing works any more;
// the disk at that moment, with or without its cache, is what the next process finds.
//
// Any thread. Which operation is the n-th is the same in each run only if RocksDB works on one thread: see
// tests/support/stepped_env.h.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>

#include "tests/support/volatile_disk.h"

namespace bw {

struct Fault {
  enum class Kind {
    kNone,
    kCrash,    // the operation is done, in part or not at all; later ones fail and do nothing
    kError,    // EIO: a write is done in part, a sync forgets what it should have written
    kNoSpace,  // ENOSPC, for what takes room: writes and new names; a write is done in part
  };
  Kind kind = Kind::kNone;
  std::uint64_t at =
      0;              // number of the first operation that fails, from 1; with kNoSpace only those that take room count
  bool once = false;  // only that one
  std::uint64_t seed = 0;  // for "in part"
};

class FaultyFileSystem : public rocksdb::FileSystem {
 public:
  explicit FaultyFileSystem(VolatileDisk disk = {}) : disk_(std::move(disk)) {}

  void fail(const Fault& fault);
  bool has_failed() const;  // the fault has hit an operation

  std::uint64_t operations() const;          // so far
  std::uint64_t room_operations() const;     // of these: those that take room
  std::set<std::string> files_read() const;  // bytes of them were read, or their end was
  VolatileDisk disk() const;                 // as it is seen: what the end of the process leaves

  const char* Name() const override { return "FaultyFileSystem"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* logger, rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus FileExists(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions& options,
                                std::vector<std::string>* names, rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus Truncate(const std::string& path, std::size_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus CreateDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options, std::uint64_t* size,
                                rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetFileModificationTime(const std::string& path, const rocksdb::IOOptions& options,
                                            std::uint64_t* seconds, rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options, rocksdb::FileLock** lock,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetTestDirectory(const rocksdb::IOOptions& options, std::string* path,
                                     rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetAbsolutePath(const std::string& path, const rocksdb::IOOptions& options, std::string* absolute,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions& options, bool* is_folder,
                                rocksdb::IODebugContext* context) override;

 private:
  class Reader;
  class Writer;
  class Folder;
  class InfoLog;
  struct Lock;

  enum class Takes { kNothing, kRoom };

  // Counts an operation. `status` is what it must return if it is not ok. `done`: it takes effect all the same.
  struct Verdict {
    rocksdb::IOStatus status;
    bool done = true;
  };
  Verdict begin(Takes takes);
  std::size_t part_of(std::size_t size) { return random_() % (size + 1); }

  // Runs `change`, which returns whether the path was as it needs, as one operation.
  template <class Change>
  rocksdb::IOStatus run(Takes takes, const std::string& path, Change change);

  mutable std::mutex mutex_;  // guards all below
  VolatileDisk disk_;
  Fault fault_;
  std::mt19937_64 random_;
  bool has_failed_ = false;
  std::uint64_t operations_ = 0;
  std::uint64_t room_operations_ = 0;
  std::set<std::string> files_read_;
  std::set<std::string> locked_;
};

}  // namespace bw
