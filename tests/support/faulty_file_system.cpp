#include "faulty_file_system.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace bw {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// Reads a file in either of RocksDB's ways.
class FaultyFileSystem::Reader : public rocksdb::FSSequentialFile, public rocksdb::FSRandomAccessFile {
 public:
  Reader(FaultyFileSystem& system, std::string path, VolatileDisk::FilePointer file)
      : system_(system), path_(std::move(path)), file_(std::move(file)) {}

  IOStatus Read(std::uint64_t offset, std::size_t size, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    const std::lock_guard lock(system_.mutex_);
    *result = Slice(scratch, 0);
    if (const Verdict verdict = system_.begin(Takes::kNothing); !verdict.status.ok()) return verdict.status;
    system_.files_read_.insert(path_);
    if (offset >= file_->content.size()) return IOStatus::OK();
    const std::size_t taken = file_->content.copy(scratch, size, offset);
    *result = Slice(scratch, taken);
    return IOStatus::OK();
  }

  IOStatus Read(std::size_t size, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* context) override {
    const IOStatus status = Read(position_, size, options, result, scratch, context);
    position_ += result->size();
    return status;
  }

  IOStatus Skip(std::uint64_t size) override {
    const std::lock_guard lock(system_.mutex_);
    position_ = std::min<std::uint64_t>(position_ + size, file_->content.size());
    return IOStatus::OK();
  }

  bool use_direct_io() const override { return false; }
  std::size_t GetRequiredBufferAlignment() const override { return 1; }
  IOStatus InvalidateCache(std::size_t, std::size_t) override { return IOStatus::OK(); }
  rocksdb::Temperature GetTemperature() const override { return rocksdb::Temperature::kUnknown; }

 private:
  FaultyFileSystem& system_;
  const std::string path_;
  const VolatileDisk::FilePointer file_;
  std::uint64_t position_ = 0;
};

class FaultyFileSystem::Writer : public rocksdb::FSWritableFile {
 public:
  Writer(FaultyFileSystem& system, VolatileDisk::FilePointer file) : system_(system), file_(std::move(file)) {}

  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(system_.mutex_);
    const Verdict verdict = system_.begin(Takes::kRoom);
    const std::size_t size = verdict.status.ok() ? data.size() : verdict.done ? system_.part_of(data.size()) : 0;
    file_->content.append(data.data(), size);
    return verdict.status;
  }

  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(system_.mutex_);
    const Verdict verdict = system_.begin(Takes::kNothing);
    if (verdict.status.ok() || (verdict.done && system_.fault_.kind == Fault::Kind::kCrash)) {
      VolatileDisk::sync(*file_);
    } else if (!verdict.status.ok()) {
      VolatileDisk::fail_sync(*file_);
    }
    return verdict.status;
  }

  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(system_.mutex_);
    const Verdict verdict = system_.begin(Takes::kNothing);
    if (verdict.done && size < file_->content.size()) {
      file_->rewritten = file_->rewritten || size < file_->durable.size();
      file_->content.resize(size);
    }
    return verdict.status;
  }

  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(system_.mutex_);
    return file_->content.size();
  }

  // There is no buffer of our own. RangeSync() promises nothing that survives a power loss, as on Linux.
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  FaultyFileSystem& system_;
  const VolatileDisk::FilePointer file_;
};

class FaultyFileSystem::Folder : public rocksdb::FSDirectory {
 public:
  Folder(FaultyFileSystem& system, std::string path) : system_(system), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(system_.mutex_);
    const Verdict verdict = system_.begin(Takes::kNothing);
    if (verdict.status.ok() || (verdict.done && system_.fault_.kind == Fault::Kind::kCrash)) {
      system_.disk_.sync_folder(path_);
    }
    return verdict.status;
  }

  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  FaultyFileSystem& system_;
  const std::string path_;
};

// RocksDB's own log. No part of what is tested: its writes are not counted and do not fail.
class FaultyFileSystem::InfoLog : public rocksdb::Logger {
 public:
  InfoLog(FaultyFileSystem& system, VolatileDisk::FilePointer file) : system_(system), file_(std::move(file)) {}

  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[512];
    std::vsnprintf(line, sizeof(line), format, arguments);
    const std::lock_guard lock(system_.mutex_);
    file_->content.append(line).append("\n");
  }

  std::size_t GetLogFileSize() const override {
    const std::lock_guard lock(system_.mutex_);
    return file_->content.size();
  }

 private:
  FaultyFileSystem& system_;
  const VolatileDisk::FilePointer file_;
};

struct FaultyFileSystem::Lock : rocksdb::FileLock {
  explicit Lock(std::string of) : path(std::move(of)) {}
  const std::string path;
};

void FaultyFileSystem::fail(const Fault& fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  random_.seed(fault.seed);
  has_failed_ = false;
}

bool FaultyFileSystem::has_failed() const {
  const std::lock_guard lock(mutex_);
  return has_failed_;
}

std::uint64_t FaultyFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

std::uint64_t FaultyFileSystem::room_operations() const {
  const std::lock_guard lock(mutex_);
  return room_operations_;
}

std::set<std::string> FaultyFileSystem::files_read() const {
  const std::lock_guard lock(mutex_);
  return files_read_;
}

VolatileDisk FaultyFileSystem::disk() const {
  const std::lock_guard lock(mutex_);
  return disk_;
}

FaultyFileSystem::Verdict FaultyFileSystem::begin(Takes takes) {
  ++operations_;
  if (takes == Takes::kRoom) ++room_operations_;
  const bool counts = fault_.kind != Fault::Kind::kNoSpace || takes == Takes::kRoom;
  const std::uint64_t number = fault_.kind == Fault::Kind::kNoSpace ? room_operations_ : operations_;
  if (fault_.kind == Fault::Kind::kNone || !counts || number < fault_.at) return {};
  if (fault_.once && number > fault_.at) return {};
  has_failed_ = true;
  if (fault_.kind == Fault::Kind::kNoSpace) {
    IOStatus status = IOStatus::NoSpace("the disk is full");
    status.SetRetryable(true);  // as RocksDB's own file system says
    return {status, number == fault_.at};
  }
  const bool in_part = fault_.kind == Fault::Kind::kCrash ? number == fault_.at && part_of(1) == 1 : true;
  return {IOStatus::IOError("the disk fails"), in_part};
}

template <class Change>
IOStatus FaultyFileSystem::run(Takes takes, const std::string& path, Change change) {
  const std::lock_guard lock(mutex_);
  const Verdict verdict = begin(takes);
  if (!verdict.status.ok()) {
    // Names change as a whole. After an error that is no crash they are as before.
    if (verdict.done && fault_.kind == Fault::Kind::kCrash) static_cast<void>(change());
    return verdict.status;
  }
  return change() ? IOStatus::OK() : IOStatus::PathNotFound(path, "No such file or directory");
}

IOStatus FaultyFileSystem::NewSequentialFile(const std::string& path, const FileOptions&,
                                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext*) {
  return run(Takes::kNothing, path, [&] {
    auto found = disk_.find_file(path);
    if (found) *file = std::make_unique<Reader>(*this, path, std::move(found));
    return *file != nullptr;
  });
}

IOStatus FaultyFileSystem::NewRandomAccessFile(const std::string& path, const FileOptions&,
                                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext*) {
  return run(Takes::kNothing, path, [&] {
    auto found = disk_.find_file(path);
    if (found) *file = std::make_unique<Reader>(*this, path, std::move(found));
    return *file != nullptr;
  });
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& path, const FileOptions&,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext*) {
  return run(Takes::kRoom, path, [&] {
    auto created = disk_.create_file(path);
    if (created) *file = std::make_unique<Writer>(*this, std::move(created));
    return *file != nullptr;
  });
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& path, const IOOptions&,
                                        std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext*) {
  return run(Takes::kNothing, path, [&] {
    if (disk_.is_folder(path)) *folder = std::make_unique<Folder>(*this, path);
    return *folder != nullptr;
  });
}

IOStatus FaultyFileSystem::NewLogger(const std::string& path, const IOOptions&,
                                     std::shared_ptr<rocksdb::Logger>* logger, IODebugContext*) {
  return run(Takes::kRoom, path, [&] {
    auto created = disk_.create_file(path);
    if (created) *logger = std::make_shared<InfoLog>(*this, std::move(created));
    return *logger != nullptr;
  });
}

IOStatus FaultyFileSystem::FileExists(const std::string& path, const IOOptions&, IODebugContext*) {
  const IOStatus status =
      run(Takes::kNothing, path, [&] { return disk_.find_file(path) != nullptr || disk_.is_folder(path); });
  return status.IsPathNotFound() ? IOStatus::NotFound() : status;
}

IOStatus FaultyFileSystem::GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names,
                                       IODebugContext*) {
  return run(Takes::kNothing, path, [&] {
    auto found = disk_.list(path);
    if (found) *names = std::move(*found);
    return found.has_value();
  });
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) {
  return run(Takes::kNothing, path, [&] { return disk_.remove_file(path); });
}

IOStatus FaultyFileSystem::Truncate(const std::string& path, std::size_t size, const IOOptions& options,
                                    IODebugContext* context) {
  VolatileDisk::FilePointer file;
  {
    const std::lock_guard lock(mutex_);
    file = disk_.find_file(path);
  }
  if (!file) return IOStatus::PathNotFound(path);
  return Writer(*this, std::move(file)).Truncate(size, options, context);
}

IOStatus FaultyFileSystem::CreateDir(const std::string& path, const IOOptions&, IODebugContext*) {
  return run(Takes::kRoom, path, [&] { return disk_.make_folder(path); });
}

IOStatus FaultyFileSystem::CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) {
  return run(Takes::kRoom, path, [&] { return disk_.is_folder(path) || disk_.make_folder(path); });
}

IOStatus FaultyFileSystem::DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) {
  return run(Takes::kNothing, path, [&] { return disk_.remove_folder(path); });
}

IOStatus FaultyFileSystem::GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size,
                                       IODebugContext*) {
  return run(Takes::kNothing, path, [&] {
    const auto file = disk_.find_file(path);
    if (file) *size = file->content.size();
    return file != nullptr;
  });
}

IOStatus FaultyFileSystem::GetFileModificationTime(const std::string& path, const IOOptions&, std::uint64_t* seconds,
                                                   IODebugContext*) {
  return run(Takes::kNothing, path, [&] {
    *seconds = 0;
    return disk_.find_file(path) != nullptr;
  });
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                                      IODebugContext*) {
  return run(Takes::kRoom, from, [&] { return disk_.rename(from, to); });
}

IOStatus FaultyFileSystem::LinkFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) {
  return run(Takes::kRoom, from, [&] { return disk_.link(from, to); });
}

IOStatus FaultyFileSystem::LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                                    IODebugContext*) {
  IOStatus status = run(Takes::kRoom, path, [&] { return disk_.find_file(path) || disk_.create_file(path); });
  if (!status.ok()) return status;
  const std::lock_guard guard(mutex_);
  if (!locked_.insert(path).second) return IOStatus::IOError("While lock file: " + path);
  *lock = new Lock(path);
  return status;
}

IOStatus FaultyFileSystem::UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) {
  const std::unique_ptr<Lock> own(static_cast<Lock*>(lock));
  const std::lock_guard guard(mutex_);
  locked_.erase(own->path);
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) {
  *path = "/";
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                                           IODebugContext*) {
  *absolute = path;
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::IsDirectory(const std::string& path, const IOOptions&, bool* is_folder, IODebugContext*) {
  return run(Takes::kNothing, path, [&] {
    *is_folder = disk_.is_folder(path);
    return true;
  });
}

}  // namespace bw
