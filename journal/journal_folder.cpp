#include "journal_folder.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "rocksdb_store.h"

namespace bw {

JournalFolder::JournalFolder(rocksdb::Env& env, const std::string& path)
    : env_(env), path_(path), mark_(path + "/creating") {}

Result<bool> JournalFolder::prepare() {
  if (const rocksdb::Status status = create(path_); !status.ok()) return failed(status, "created");
  std::vector<std::string> names;
  if (const rocksdb::Status status = env_.GetChildren(path_, &names); !status.ok()) return failed(status, "opened");
  const auto is_there = [&names](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  if (is_there("creating")) return true;
  if (is_there("events")) {
    if (env_.FileExists(RocksdbStore::folder_of(path_) + "/CURRENT").ok()) return false;
    return Error{ErrorCode::kCorrupt,
                 "the journal at " + path_ + " is damaged: its database has no file CURRENT; restore it from a copy"};
  }
  // A volume that was just formatted, and room that was set aside before the journal was made.
  std::erase_if(names, [](const std::string& name) {
    return name == "." || name == ".." || name == "lost+found" || name == "reserve";
  });
  if (!names.empty()) {
    return Error{ErrorCode::kInvalid, "the folder " + path_ + " holds no journal, but " + names.front() +
                                          ": give the path of a journal, or of an empty folder"};
  }
  if (const rocksdb::Status status = set_mark(); !status.ok()) return failed(status, "created");
  return true;
}

Result<void> JournalFolder::finish() {
  rocksdb::Status status = env_.DeleteFile(mark_);
  if (status.ok()) status = sync(path_);
  if (!status.ok()) return failed(status, "created");
  return {};
}

Error JournalFolder::failed(const rocksdb::Status& status, std::string_view doing) const {
  return RocksdbStore::error(status, path_, doing);
}

rocksdb::Status JournalFolder::create(const std::string& folder) {
  if (env_.FileExists(folder).ok()) return rocksdb::Status::OK();
  const std::size_t slash = folder.find_last_of('/');
  const std::string parent = slash == folder.npos ? "." : folder.substr(0, std::max<std::size_t>(slash, 1));
  if (slash != 0) {
    if (const rocksdb::Status status = create(parent); !status.ok()) return status;
  }
  if (const rocksdb::Status status = env_.CreateDirIfMissing(folder); !status.ok()) return status;
  return sync(parent);
}

rocksdb::Status JournalFolder::set_mark() {
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env_.NewWritableFile(mark_, &file, {});
  if (status.ok()) status = file->Close();
  return status.ok() ? sync(path_) : status;
}

rocksdb::Status JournalFolder::sync(const std::string& folder) {
  std::unique_ptr<rocksdb::Directory> directory;
  const rocksdb::Status status = env_.NewDirectory(folder, &directory);
  return status.ok() ? directory->Fsync() : status;
}

}  // namespace bw
