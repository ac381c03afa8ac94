#include "log_replay.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include "rocksdb_store.h"

namespace bw {
namespace {

using Processing = rocksdb::WalFilter::WalProcessingOption;

// The number in "000123.log"; absent: another file.
std::optional<std::uint64_t> log_number(std::string_view name) {
  constexpr std::string_view kSuffix = ".log";
  if (!name.ends_with(kSuffix)) return {};
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size() - kSuffix.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return {};
  return number;
}

// Where a record of `size` bytes ends that is written at `at`: RocksDB cuts it into pieces that do not cross blocks,
// and does not begin one where its header does not fit.
std::uint64_t end_of_record(std::uint64_t at, std::uint64_t size) {
  constexpr std::uint64_t kBlockSize = 32 * 1024;
  constexpr std::uint64_t kHeaderSize = 7;
  do {
    if (kBlockSize - at % kBlockSize < kHeaderSize) at += kBlockSize - at % kBlockSize;
    const std::uint64_t piece = std::min(size, kBlockSize - at % kBlockSize - kHeaderSize);
    at += kHeaderSize + piece;
    size -= piece;
  } while (size > 0);
  return at;
}

// Follows the events of a batch from the one before.
class Follow : public rocksdb::WriteBatch::Handler {
 public:
  Follow(std::uint32_t events_family, std::optional<Sequence> last) : events_family_(events_family), last_(last) {}

  using Handler::DeleteCF;
  using Handler::DeleteRangeCF;
  using Handler::PutCF;

  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice&) override {
    if (family != events_family_) return rocksdb::Status::OK();
    const Sequence sequence = RocksdbStore::parse_sequence(key.ToStringView());
    if (last_ && sequence != *last_ + 1)
      return rocksdb::Status::Corruption("event " + std::to_string(sequence) + " stands where event " +
                                         std::to_string(*last_ + 1) + " should be");
    last_ = sequence;
    return rocksdb::Status::OK();
  }

  // Events before the first that is kept are removed; nothing follows from it here.
  rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice&) override { return rocksdb::Status::OK(); }
  rocksdb::Status DeleteRangeCF(std::uint32_t, const rocksdb::Slice&, const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }

  std::optional<Sequence> last() const { return last_; }

 private:
  const std::uint32_t events_family_;
  std::optional<Sequence> last_;
};

// Replays nothing.
class NoReplay : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "NoReplay"; }
  Processing LogRecordFound(unsigned long long, const std::string&, const rocksdb::WriteBatch&, rocksdb::WriteBatch*,
                            bool*) override {
    return Processing::kStopReplay;
  }
};

}  // namespace

LogReplay::LogReplay(rocksdb::Env& env, const std::string& folder, std::optional<Sequence> last_in_tables)
    : last_(last_in_tables) {
  std::vector<rocksdb::Env::FileAttributes> files;
  // Where the folder cannot be read RocksDB will not open it either.
  if (!env.GetChildrenFileAttributes(folder, &files).ok()) return;
  for (const rocksdb::Env::FileAttributes& file : files) {
    if (const auto number = log_number(file.name)) sizes_[*number] = file.size_bytes;
  }
}

void LogReplay::ColumnFamilyLogNumberMap(const std::map<std::uint32_t, std::uint64_t>& log_numbers,
                                         const std::map<std::string, std::uint32_t>& families) {
  if (!log_numbers.empty())
    first_log_ = std::ranges::min_element(log_numbers, {}, [](auto& log) { return log.second; })->second;
  if (const auto events = families.find("events"); events != families.end()) events_family_ = events->second;
}

Processing LogReplay::LogRecordFound(unsigned long long log, const std::string&, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch*, bool*) {
  if (events_family_) {
    Follow follow(*events_family_, last_);
    const rocksdb::Status status = batch.Iterate(&follow);
    if (!status.ok()) {
      hole_ = status.getState();
      return Processing::kStopReplay;
    }
    last_ = follow.last();
  }
  taken_[log] = end_of_record(taken_[log], batch.GetDataSize());
  return Processing::kContinueProcessing;
}

std::optional<DroppedTail> LogReplay::dropped() const {
  DroppedTail dropped;
  dropped.detail = hole_;
  for (const auto& [log, size] : sizes_) {
    if (log < first_log_) continue;
    const auto taken = taken_.find(log);
    dropped.bytes += size - (taken == taken_.end() ? 0 : std::min(taken->second, size));
  }
  if (dropped.bytes == 0) return {};
  return dropped;
}

Result<Sequence> last_event_in_tables(rocksdb::DBOptions options, const std::string& path) {
  const std::string folder = RocksdbStore::folder_of(path);
  rocksdb::Env* const env = options.env;
  rocksdb::FileLock* lock = nullptr;
  if (const auto status = env->LockFile(folder + "/LOCK", &lock); !status.ok()) {
    return RocksdbStore::error(status, path, "opened");
  }
  NoReplay no_replay;
  options.wal_filter = &no_replay;
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::Status status = rocksdb::DB::OpenForReadOnly(
      options, folder, RocksdbStore::families(RocksdbJournalOptions().memory_bytes), &handles, &db);
  Result<Sequence> last = Sequence{0};
  if (status.ok()) last = RocksdbStore(path, db, handles).last_event();
  if (const auto unlocked = env->UnlockFile(lock); status.ok()) status = unlocked;
  if (!status.ok()) return RocksdbStore::error(status, path, "opened");
  return last;
}

}  // namespace bw
