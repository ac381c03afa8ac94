#include "rocksdb_checkpoint.h"

#include <rocksdb/utilities/checkpoint.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "journal/rocksdb_journal.h"
#include "rocksdb_store.h"

namespace bw {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& what, const std::error_code& code) {
  return {ErrorCode::kIo, "a checkpoint cannot be made: " + what + ": " + code.message()};
}

// Files of snapshots are never changed, so a second name is a copy.
Result<void> link_snapshots(const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (!fs::exists(from, code)) return {};
  fs::create_directories(to, code);
  if (code) return failed(to.string(), code);
  for (fs::directory_iterator file(from, code), end; !code && file != end; file.increment(code)) {
    if (file->path().extension() != ".snapshot") continue;
    fs::create_hard_link(file->path(), to / file->path().filename(), code);
    if (code == std::errc::no_such_file_or_directory) code.clear();  // retention was faster: no event needs it
    if (code) fs::copy_file(file->path(), to / file->path().filename(), code);
    if (code) return failed(file->path().string(), code);
  }
  return code ? Result<void>(failed(from.string(), code)) : Result<void>();
}

}  // namespace

Result<Checkpoint> checkpoint_of(rocksdb::DB& db, const std::string& path) {
  const fs::path folder = fs::path(path) / "checkpoints";
  const fs::path making = folder / "making";
  std::error_code code;
  fs::remove_all(making, code);  // of one that was broken off
  fs::create_directories(making, code);
  if (code) return failed(making.string(), code);
  // The snapshots first: those that the copied events name were there before.
  if (Result<void> linked = link_snapshots(fs::path(path) / "snapshots", making / "snapshots"); !linked) {
    return linked.error();
  }
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&db, &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  // Without a flush: the log is copied, and nothing that the writer does waits.
  if (status.ok()) status = checkpoint->CreateCheckpoint(RocksdbStore::folder_of(making.string()), UINT64_MAX);
  if (!status.ok()) return RocksdbStore::error(status, making.string(), "written");
  const Result<std::unique_ptr<JournalReader>> copy = RocksdbJournal::open_reader(making.string());
  if (!copy) return copy.error();
  char name[21];
  const Head head = (*copy)->bounds().head;
  std::snprintf(name, sizeof name, "%020llu", static_cast<unsigned long long>(head.sequence));
  const fs::path whole = folder / name;
  if (fs::exists(whole, code)) {
    fs::remove_all(making, code);  // it was made before: no event has come since
  } else {
    fs::rename(making, whole, code);
  }
  if (code) return failed(whole.string(), code);
  return Checkpoint{whole.string(), head};
}

}  // namespace bw
