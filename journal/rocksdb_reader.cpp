// The reader's side of journal/rocksdb_journal.h: a RocksDB secondary, which follows a database that another process
// writes, or one that nobody does.
#include <rocksdb/env.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "journal/chain.h"
#include "journal/rocksdb_journal.h"
#include "recycled_records.h"
#include "rocksdb_options.h"
#include "rocksdb_store.h"

namespace bw {
namespace {

// A folder of its own, which a secondary wants for its log. Removed in the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = (std::filesystem::temp_directory_path() / "bandwidth-reader-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // a folder that stays behind harms nobody
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  // "": it could not be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class RocksdbReader : public JournalReader {
 public:
  RocksdbReader(std::string path, TemporaryFolder folder, RocksdbStore store)
      : path_(std::move(path)), folder_(std::move(folder)), store_(std::move(store)) {}

  JournalBounds bounds() const override { return bounds_; }

  Result<std::unique_ptr<RecordCursor>> read(Sequence from) const override { return store_.read(from, bounds_); }

  std::optional<Sha256> kept_hash(Sequence sequence) const override { return store_.kept_hash(sequence, bounds_); }

  std::string folder() const override { return path_; }

  // A secondary reads what files there are, then the writer's log. What the writer moved from a log to a file in
  // between it misses, though not what follows in the next log. The second time it finds all that was written before
  // the first; of what is newer, the view may still have a hole, so it is taken up to there.
  Result<void> refresh() override {
    for (int time = 0; time < 2; ++time) {
      const rocksdb::Status status = store_.db().TryCatchUpWithPrimary();
      if (!status.ok()) return RocksdbStore::error(status, path_, "read");
    }
    const auto loaded = store_.load_bounds();
    if (!loaded) return loaded.error();
    JournalBounds bounds = *loaded;
    if (auto moved = move_first(bounds); !moved) return moved;
    const auto end = dense_end(std::max(bounds.first - 1, bounds_.head.sequence));
    if (!end) return end.error();
    if (bounds.head.sequence != *end) {
      const auto head = head_at(*end, bounds);
      if (!head) return head.error();
      bounds.head = *head;
    }
    bounds_ = bounds;
    return {};
  }

 private:
  // What the writer has cut off may be gone before the key that says so is seen (see head_at()). It is cut where a hash
  // is kept.
  Result<void> move_first(JournalBounds& bounds) const {
    const Result<Sequence> first = store_.first_event();
    if (!first) return first.error();
    if (*first <= bounds.first) return {};
    const std::optional<Sha256> hash = store_.kept_hash(*first - 1, bounds);
    if (!hash) {
      return Error{ErrorCode::kCorrupt, "the journal at " + path_ + " is damaged: it begins with event " +
                                            std::to_string(*first) +
                                            ", and the hash before it is missing; restore it "
                                            "from a copy"};
    }
    bounds.first = *first;
    bounds.previous_hash = *hash;
    return {};
  }

  // The last event before the first hole behind `known`, which is known to have none before it. Neither have files.
  Result<Sequence> dense_end(Sequence known) const {
    std::vector<rocksdb::LiveFileMetaData> files;
    store_.db().GetLiveFilesMetaData(&files);
    for (const rocksdb::LiveFileMetaData& file : files) {
      if (file.column_family_name != store_.events()->GetName()) continue;
      known = std::max(known, RocksdbStore::parse_sequence(file.largestkey));
    }
    const std::unique_ptr<rocksdb::Iterator> iterator(store_.db().NewIterator({}, store_.events()));
    for (iterator->Seek(RocksdbStore::sequence_key(known + 1)); iterator->Valid(); iterator->Next()) {
      if (RocksdbStore::parse_sequence(iterator->key().ToStringView()) != known + 1) break;
      ++known;
    }
    if (!iterator->status().ok()) return RocksdbStore::error(iterator->status(), path_, "read");
    return known;
  }

  // The stored head may be of another moment than the events: of a key that is written again and again a secondary
  // may show an old value, once the writer has moved a newer one to a file. Events and kept hashes are written once,
  // and the head follows from them.
  Result<Head> head_at(Sequence last, JournalBounds bounds) const {
    Sequence kept = std::max(last / kKeptHashInterval * kKeptHashInterval, bounds.first - 1);
    if (bounds_.head.sequence > kept && bounds_.head.sequence <= last) kept = bounds_.head.sequence;
    const auto hash = kept == bounds_.head.sequence ? bounds_.head.hash : store_.kept_hash(kept, bounds);
    if (!hash) {
      return Error{ErrorCode::kCorrupt, "the journal at " + path_ + " is damaged: the hash of event " +
                                            std::to_string(kept) + " is missing; restore it from a copy"};
    }
    Chain chain(Head{kept, *hash});
    bounds.head.sequence = last;
    const auto cursor = store_.read(kept + 1, bounds);
    if (!cursor) return cursor.error();
    Sequence sequence = 0;
    std::string_view bytes;
    for (;;) {
      const Result<bool> more = (*cursor)->next(sequence, bytes);
      if (!more) return more.error();
      if (!*more) return chain.head();
      chain.extend(bytes);
    }
  }

  const std::string path_;
  const TemporaryFolder folder_;  // outlives the database
  RocksdbStore store_;
  JournalBounds bounds_;
};

}  // namespace

Result<std::unique_ptr<JournalReader>> RocksdbJournal::open_reader(const std::string& path) {
  rocksdb::Env* const env = rocksdb::Env::Default();
  const std::string folder = RocksdbStore::folder_of(path);
  if (!env->FileExists(folder + "/CURRENT").ok()) {
    return Error{ErrorCode::kNotFound, "there is no journal at " + path + ": give the path of one"};
  }
  if (auto checked = refuse_recycled_records(*env, path); !checked) return checked.error();
  TemporaryFolder own_folder;
  if (own_folder.path().empty()) {
    return Error{ErrorCode::kIo, std::string("a temporary folder cannot be made (") + std::strerror(errno) +
                                     "): set TMPDIR to a folder that can be written"};
  }
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      rocksdb::DB::OpenAsSecondary(reader_options(env), folder, own_folder.path(),
                                   RocksdbStore::families(RocksdbJournalOptions().memory_bytes), &handles, &db);
  if (!status.ok()) return RocksdbStore::error(status, path, "opened");
  RocksdbStore store(path, db, handles);
  if (auto checked = store.check_format(); !checked) return checked.error();
  auto reader = std::make_unique<RocksdbReader>(path, std::move(own_folder), std::move(store));
  if (auto refreshed = reader->refresh(); !refreshed) return refreshed.error();
  return std::unique_ptr<JournalReader>(std::move(reader));
}

}  // namespace bw
