#include "recycled_records.h"

#include <memory>
#include <vector>

#include "rocksdb_store.h"

namespace bw {
namespace {

constexpr std::size_t kBlockSize = 32 * 1024;  // records are cut into pieces that do not cross blocks
constexpr std::size_t kHeaderSize = 7;         // of a piece: its checksum (4 bytes), size (2), type (1)
constexpr std::uint8_t kFirstRecycled = 5;
constexpr std::uint8_t kLastRecycled = 8;

bool holds_recycled(std::string_view block) {
  const auto byte = [block](std::size_t at) { return static_cast<std::uint8_t>(block[at]); };
  for (std::size_t at = 0; at + kHeaderSize <= block.size();) {
    const std::size_t size = byte(at + 4) | std::size_t{byte(at + 5)} << 8;
    const std::uint8_t type = byte(at + 6);
    if (type >= kFirstRecycled && type <= kLastRecycled) return true;
    if (type == 0) return false;  // nothing was written here
    at += kHeaderSize + size;
  }
  return false;
}

bool file_holds_recycled(rocksdb::Env& env, const std::string& path) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  if (!env.NewSequentialFile(path, &file, {}).ok()) return false;
  std::string scratch(kBlockSize, '\0');
  rocksdb::Slice block;
  do {
    if (!file->Read(kBlockSize, &block, scratch.data()).ok()) return false;
    if (holds_recycled(block.ToStringView())) return true;
  } while (block.size() == kBlockSize);
  return false;
}

}  // namespace

Result<void> refuse_recycled_records(rocksdb::Env& env, const std::string& path) {
  const std::string folder = RocksdbStore::folder_of(path);
  std::vector<std::string> names;
  if (!env.GetChildren(folder, &names).ok()) return {};
  for (const std::string& name : names) {
    const bool is_log = name.ends_with(".log") || name.starts_with("MANIFEST-");
    if (!is_log || !file_holds_recycled(env, folder + '/' + name)) continue;
    return Error{ErrorCode::kCorrupt, "the journal at " + path + " is damaged: " + name +
                                          " has a record of a type that is never written; restore it from a copy"};
  }
  return {};
}

}  // namespace bw
