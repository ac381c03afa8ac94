#include "journal/rocksdb_journal.h"

#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <mutex>
#include <vector>

#include "journal_folder.h"
#include "log_replay.h"
#include "recovery_log.h"
#include "rocksdb_checkpoint.h"
#include "rocksdb_options.h"
#include "rocksdb_store.h"

namespace bw {
namespace {

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
  rocksdb::Env* env = nullptr;
  std::size_t memory_bytes = 0;
  std::optional<DroppedTail> dropped;
  std::optional<RocksdbStore> store;

  mutable std::mutex mutex;
  JournalBounds bounds;        // guarded by mutex: a reader may be on another thread than the writer
  std::optional<Error> error;  // of the first append or sync that failed; the writer's thread only

  Result<void> open(bool create) {
    rocksdb::DBOptions options = writer_options(env);
    options.create_if_missing = create;
    options.create_missing_column_families = create;
    std::shared_ptr<rocksdb::Logger> log;
    const std::string folder = RocksdbStore::folder_of(path);
    rocksdb::Status status = rocksdb::CreateLoggerFromOptions(folder, options, &log);
    if (!status.ok()) return RocksdbStore::error(status, path, "opened");
    const auto recovery_log = std::make_shared<RecoveryLog>(log);
    options.info_log = recovery_log;
    std::optional<Sequence> last_in_tables;
    if (!create) {
      const Result<Sequence> found = last_event_in_tables(options, path);
      if (!found) return found.error();
      last_in_tables = *found;
    }
    LogReplay replay(*env, folder, last_in_tables);
    options.wal_filter = &replay;

    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    status = rocksdb::DB::Open(options, folder, RocksdbStore::families(memory_bytes), &handles, &db);
    if (!status.ok()) return RocksdbStore::error(status, path, "opened");
    store.emplace(path, db, handles);
    dropped = replay.dropped();
    if (dropped && dropped->detail.empty()) dropped->detail = recovery_log->reason();
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

// After a failed write the process ends. RocksDB 7.8 may end it in its own way, by an assertion, when it is closed then
// (it forgets to release a column family where it cannot begin a new log), so it is left open. It stays reachable, or a
// leak checker would take it for a leak.
void RocksdbJournal::leave_open(std::unique_ptr<Database> database) {
  static std::mutex mutex;
  static auto& left = *new std::vector<std::unique_ptr<Database>>;
  const std::lock_guard lock(mutex);
  left.push_back(std::move(database));
}

RocksdbJournal::~RocksdbJournal() {
  if (database_->error) leave_open(std::move(database_));
}

Result<std::unique_ptr<RocksdbJournal>> RocksdbJournal::open(const RocksdbJournalOptions& options) {
  auto database = std::make_unique<Database>();
  database->path = options.path;
  database->env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  database->memory_bytes = options.memory_bytes;

  JournalFolder folder(*database->env, options.path);
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

std::string RocksdbJournal::folder() const { return database_->path; }

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

Result<void> RocksdbJournal::cut(Sequence first, const Sha256& previous_hash) {
  const JournalBounds before = bounds();
  if (first <= before.first) return {};
  check(first <= before.head.sequence, "a journal is cut behind its head", first);
  const std::string begin = RocksdbStore::sequence_key(before.first);
  const std::string end = RocksdbStore::sequence_key(first);
  rocksdb::WriteBatch batch(0, 0, kProtectionBytesPerKey, 0);
  rocksdb::Status status =
      batch.Put(std::string(RocksdbStore::kFirstKey), RocksdbStore::head_value({first, previous_hash}));
  if (status.ok()) status = batch.DeleteRange(database_->store->events(), begin, end);
  // The hash before the first event stays: a reader that is behind finds it there.
  if (status.ok()) {
    status = batch.DeleteRange(RocksdbStore::kept_hash_key(0), RocksdbStore::kept_hash_key(first - 1));
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  if (status.ok()) status = database_->store->db().Write(options, &batch);
  if (!status.ok()) return RocksdbStore::error(status, database_->path, "cut");
  {
    const std::lock_guard lock(database_->mutex);
    database_->bounds.first = first;
    database_->bounds.previous_hash = previous_hash;
  }
  // Whole files at once, and what is left of the last one when it is compacted.
  const rocksdb::Slice from(begin), to(end);
  status = rocksdb::DeleteFilesInRange(&database_->store->db(), database_->store->events(), &from, &to, false);
  if (!status.ok()) return RocksdbStore::error(status, database_->path, "cut");
  return {};
}

std::uint64_t RocksdbJournal::bytes_from(Sequence from) const {
  const std::string begin = RocksdbStore::sequence_key(from);
  const std::string end = RocksdbStore::sequence_key(bounds().head.sequence + 1);
  const rocksdb::Range range(begin, end);
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = false;  // what RocksDB says of them is a guess from a few samples
  std::uint64_t bytes = 0;
  const rocksdb::Status status =
      database_->store->db().GetApproximateSizes(options, database_->store->events(), &range, 1, &bytes);
  return status.ok() ? bytes : 0;
}

Result<Checkpoint> RocksdbJournal::make_checkpoint() const {
  return checkpoint_of(database_->store->db(), database_->path);
}

std::optional<DroppedTail> RocksdbJournal::dropped_tail() const { return database_->dropped; }

}  // namespace bw
