#include "journal/rocksdb_journal.h"

#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "recovery_log.h"
#include "rocksdb_options.h"
#include "rocksdb_store.h"

namespace bw {
namespace {

// The folder of a journal before it is opened. Creation is marked by a file that stands until the database is whole
// and durable, so that a crash in between is not taken for a damaged journal; nor is a journal that lost its
// database taken for a new one.
class JournalFolder {
 public:
  JournalFolder(rocksdb::Env& env, const std::string& path) : env_(env), path_(path), mark_(path + "/creating") {}

  // Whether a journal is to be created here; the mark stands then.
  Result<bool> prepare() {
    if (const rocksdb::Status status = create_folder(path_); !status.ok()) return failed(status, "created");
    std::vector<std::string> names;
    if (const rocksdb::Status status = env_.GetChildren(path_, &names); !status.ok()) return failed(status, "opened");
    const auto is_there = [&names](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
    if (is_there("creating")) return true;
    if (is_there("events")) {
      if (env_.FileExists(RocksdbStore::folder_of(path_) + "/CURRENT").ok()) return false;
      return Error{ErrorCode::kCorrupt,
                   "the journal at " + path_ + " is damaged: its database has no file CURRENT; restore it from a copy"};
    }
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

  // Creation is complete and durable.
  Result<void> finish() {
    rocksdb::Status status = env_.DeleteFile(mark_);
    if (status.ok()) status = sync_folder(path_);
    if (!status.ok()) return failed(status, "created");
    return {};
  }

 private:
  Error failed(const rocksdb::Status& status, std::string_view doing) const {
    return RocksdbStore::error(status, path_, doing);
  }

  rocksdb::Status create_folder(const std::string& folder) {
    if (env_.FileExists(folder).ok()) return rocksdb::Status::OK();
    const std::size_t slash = folder.find_last_of('/');
    const std::string parent = slash == folder.npos ? "." : folder.substr(0, std::max<std::size_t>(slash, 1));
    if (slash != 0) {
      if (const rocksdb::Status status = create_folder(parent); !status.ok()) return status;
    }
    if (const rocksdb::Status status = env_.CreateDirIfMissing(folder); !status.ok()) return status;
    return sync_folder(parent);
  }

  rocksdb::Status set_mark() {
    std::unique_ptr<rocksdb::WritableFile> file;
    rocksdb::Status status = env_.NewWritableFile(mark_, &file, {});
    if (status.ok()) status = file->Close();
    return status.ok() ? sync_folder(path_) : status;
  }

  rocksdb::Status sync_folder(const std::string& folder) {
    std::unique_ptr<rocksdb::Directory> directory;
    const rocksdb::Status status = env_.NewDirectory(folder, &directory);
    return status.ok() ? directory->Fsync() : status;
  }

  rocksdb::Env& env_;
  const std::string path_;
  const std::string mark_;
};

Result<void> check_end(const RocksdbStore& store, const std::string& path, const JournalBounds& bounds) {
  const Result<Sequence> last = store.last_event();
  if (!last) return last.error();
  // A journal may be cut up to its head.
  const bool is_empty = bounds.head.sequence < bounds.first;
  if (*last == (is_empty ? 0 : bounds.head.sequence)) return {};
  return Error{ErrorCode::kCorrupt, "the journal at " + path + " is damaged: its head is event " +
                                        std::to_string(bounds.head.sequence) + ", but its last event is " +
                                        std::to_string(*last) + "; restore it from a copy"};
}

}  // namespace

struct RocksdbJournal::Database {
  std::string path;
  std::unique_ptr<rocksdb::Env> own_env;  // for a file system that was given
  std::optional<DroppedTail> dropped;
  std::optional<RocksdbStore> store;

  mutable std::mutex mutex;
  JournalBounds bounds;        // guarded by mutex: a reader may be on another thread than the writer
  std::optional<Error> error;  // of the first append or sync that failed; the writer's thread only

  rocksdb::Env* env() const { return own_env ? own_env.get() : rocksdb::Env::Default(); }

  Result<void> open(bool create) {
    rocksdb::DBOptions options = writer_options(env());
    options.create_if_missing = create;
    options.create_missing_column_families = create;
    std::shared_ptr<rocksdb::Logger> log;
    const std::string folder = RocksdbStore::folder_of(path);
    rocksdb::Status status = rocksdb::CreateLoggerFromOptions(folder, options, &log);
    if (!status.ok()) return RocksdbStore::error(status, path, "opened");
    const auto recovery_log = std::make_shared<RecoveryLog>(log);
    options.info_log = recovery_log;

    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    status = rocksdb::DB::Open(options, folder, RocksdbStore::families(), &handles, &db);
    if (!status.ok()) return RocksdbStore::error(status, path, "opened");
    store.emplace(path, db, handles);
    dropped = recovery_log->dropped();
    return {};
  }

  Result<void> write_format() {
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status =
        store->db().Put(options, std::string(RocksdbStore::kFormatKey), std::string(RocksdbStore::kFormat));
    if (!status.ok()) return RocksdbStore::error(status, path, "created");
    return {};
  }

  Result<void> load() {
    if (auto checked = store->check_format(); !checked) return checked;
    const auto loaded = store->load_bounds();
    if (!loaded) return loaded.error();
    bounds = *loaded;
    return check_end(*store, path, bounds);
  }

  Result<void> done(const rocksdb::Status& status) {
    if (status.ok()) return {};
    error = RocksdbStore::error(status, path, "written");
    return *error;
  }
};

RocksdbJournal::RocksdbJournal(std::unique_ptr<Database> database) : database_(std::move(database)) {}
RocksdbJournal::~RocksdbJournal() = default;

Result<std::unique_ptr<RocksdbJournal>> RocksdbJournal::open(const RocksdbJournalOptions& options) {
  auto database = std::make_unique<Database>();
  database->path = options.path;
  if (options.file_system) database->own_env = rocksdb::NewCompositeEnv(options.file_system);

  JournalFolder folder(*database->env(), options.path);
  const Result<bool> create = folder.prepare();
  if (!create) return create.error();
  if (auto opened = database->open(*create); !opened) return opened.error();
  if (*create) {
    if (auto written = database->write_format(); !written) return written.error();
    if (auto finished = folder.finish(); !finished) return finished.error();
  }
  if (auto loaded = database->load(); !loaded) return loaded.error();
  return std::unique_ptr<RocksdbJournal>(new RocksdbJournal(std::move(database)));
}

JournalBounds RocksdbJournal::bounds() const {
  const std::lock_guard lock(database_->mutex);
  return database_->bounds;
}

Result<std::unique_ptr<RecordCursor>> RocksdbJournal::read(Sequence from) const {
  return database_->store->read(from, bounds());
}

std::optional<Sha256> RocksdbJournal::kept_hash(Sequence sequence) const {
  return database_->store->kept_hash(sequence, bounds());
}

Result<void> RocksdbJournal::append(std::span<const std::string> records, const Head& head, std::span<const Head> kept,
                                    bool sync) {
  if (database_->error) return *database_->error;
  Sequence sequence = bounds().head.sequence;
  check(sequence + records.size() == head.sequence, "appended records do not follow the journal", head.sequence);

  rocksdb::WriteBatch batch(0, 0, kProtectionBytesPerKey, 0);
  rocksdb::Status status;
  for (const std::string& record : records) {
    status = batch.Put(database_->store->events(), RocksdbStore::sequence_key(++sequence), record);
    if (!status.ok()) return database_->done(status);
  }
  for (const Head& mark : kept) {
    status = batch.Put(RocksdbStore::kept_hash_key(mark.sequence),
                       {reinterpret_cast<const char*>(mark.hash.data()), mark.hash.size()});
    if (!status.ok()) return database_->done(status);
  }
  status = batch.Put(std::string(RocksdbStore::kHeadKey), RocksdbStore::head_value(head));
  if (!status.ok()) return database_->done(status);

  rocksdb::WriteOptions options;
  options.sync = sync;
  status = database_->store->db().Write(options, &batch);
  if (!status.ok()) return database_->done(status);
  const std::lock_guard lock(database_->mutex);
  database_->bounds.head = head;
  return {};
}

Result<void> RocksdbJournal::sync() {
  // Not SyncWAL(), which a file system in memory does not have. A synced write syncs all that was written before it.
  return append({}, bounds().head, {}, true);
}

std::optional<DroppedTail> RocksdbJournal::dropped_tail() const {
  return database_->dropped;
}

}  // namespace bw
