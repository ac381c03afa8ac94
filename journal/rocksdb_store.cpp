#include "rocksdb_store.h"

#include <algorithm>

#include "rocksdb_options.h"

namespace bw {
namespace {

constexpr std::string_view kKeptHashPrefix = "hash/";

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

class RocksdbCursor : public RecordCursor {
 public:
  RocksdbCursor(std::string path, std::unique_ptr<rocksdb::Iterator> iterator, Sequence from, Sequence last)
      : path_(std::move(path)), iterator_(std::move(iterator)), next_(from), last_(last) {}

  Result<bool> next(Sequence& sequence, std::string_view& bytes) override {
    if (next_ > last_) return false;
    if (started_) iterator_->Next();
    started_ = true;
    if (!iterator_->Valid()) {
      if (!iterator_->status().ok()) return RocksdbStore::error(iterator_->status(), path_, "read");
      return hole("its end");
    }
    sequence = RocksdbStore::parse_sequence(iterator_->key().ToStringView());
    if (sequence != next_) return hole("event " + std::to_string(sequence));
    ++next_;
    bytes = {iterator_->value().data(), iterator_->value().size()};
    return true;
  }

 private:
  Error hole(const std::string& found) const {
    return {ErrorCode::kCorrupt, "the journal at " + path_ + " is damaged: " + found + " stands where event " +
                                     std::to_string(next_) + " should be; restore it from a copy"};
  }

  const std::string path_;
  const std::unique_ptr<rocksdb::Iterator> iterator_;
  Sequence next_;
  const Sequence last_;
  bool started_ = false;
};

ErrorCode code_of(const rocksdb::Status& status) {
  // RocksDB has no code for a lock that is held, only words: one for another process, one for this one.
  const std::string words = status.ToString();
  if (words.find("While lock file") != words.npos || words.find("lock hold by") != words.npos)
    return ErrorCode::kLocked;
  if (status.IsCorruption()) return ErrorCode::kCorrupt;
  return ErrorCode::kIo;
}

}  // namespace

std::string RocksdbStore::folder_of(const std::string& path) { return path + "/events"; }

std::vector<rocksdb::ColumnFamilyDescriptor> RocksdbStore::families(std::size_t memory_bytes) {
  return {{rocksdb::kDefaultColumnFamilyName, metadata_options()}, {"events", events_options(memory_bytes)}};
}

RocksdbStore::RocksdbStore(std::string path, rocksdb::DB* db, const std::vector<rocksdb::ColumnFamilyHandle*>& handles)
    : path_(std::move(path)), db_(db), default_(handles.at(0)), events_(handles.at(1)) {}

Result<void> RocksdbStore::check_format() const {
  std::string format;
  const rocksdb::Status status = db_->Get({}, slice(kFormatKey), &format);
  if (status.IsNotFound()) {
    return Error{ErrorCode::kInvalid, "the database in " + folder_of(path_) + " is not a journal: give another path"};
  }
  if (!status.ok()) return error(status, path_, "read");
  if (format == kFormat) return {};
  return Error{ErrorCode::kUnsupported, "the journal at " + path_ + " has format " + format + "; this program reads " +
                                            std::string(kFormat) + ": use a newer bwcontroller or bwreplay"};
}

Result<std::optional<Head>> RocksdbStore::load_head(std::string_view key) const {
  std::string value;
  const rocksdb::Status status = db_->Get({}, slice(key), &value);
  if (status.IsNotFound()) return std::optional<Head>{};
  if (!status.ok()) return error(status, path_, "read");
  Head head;
  if (value.size() != sizeof(Sequence) + head.hash.size())
    return corrupt("its " + std::string(key) + " has a wrong size");
  head.sequence = parse_sequence(std::string_view(value).substr(0, sizeof(Sequence)));
  std::copy(value.begin() + sizeof(Sequence), value.end(), head.hash.begin());
  return std::optional<Head>{head};
}

Result<JournalBounds> RocksdbStore::load_bounds() const {
  const auto head = load_head(kHeadKey);
  if (!head) return head.error();
  const auto first = load_head(kFirstKey);
  if (!first) return first.error();
  JournalBounds bounds;
  if (*head) bounds.head = **head;
  if (*first) {
    bounds.first = (*first)->sequence;
    bounds.previous_hash = (*first)->hash;
  }
  return bounds;
}

Result<Sequence> RocksdbStore::first_event() const {
  const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator({}, events()));
  iterator->SeekToFirst();
  if (!iterator->status().ok()) return error(iterator->status(), path_, "read");
  if (!iterator->Valid()) return Sequence{0};
  return parse_sequence(iterator->key().ToStringView());
}

Result<Sequence> RocksdbStore::last_event() const {
  const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator({}, events()));
  iterator->SeekToLast();
  if (!iterator->status().ok()) return error(iterator->status(), path_, "read");
  if (!iterator->Valid()) return Sequence{0};
  return parse_sequence(iterator->key().ToStringView());
}

std::optional<Sha256> RocksdbStore::kept_hash(Sequence sequence, const JournalBounds& bounds) const {
  if (sequence == bounds.head.sequence) return bounds.head.hash;
  if (sequence + 1 == bounds.first) return bounds.previous_hash;
  std::string value;
  Sha256 hash;
  if (!db_->Get({}, kept_hash_key(sequence), &value).ok() || value.size() != hash.size()) return {};
  std::copy(value.begin(), value.end(), hash.begin());
  return hash;
}

Result<std::unique_ptr<RecordCursor>> RocksdbStore::read(Sequence from, const JournalBounds& bounds) const {
  from = std::max(from, bounds.first);
  std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(scan_options(), events()));
  iterator->Seek(sequence_key(from));
  return std::unique_ptr<RecordCursor>(
      std::make_unique<RocksdbCursor>(path_, std::move(iterator), from, bounds.head.sequence));
}

Error RocksdbStore::error(const rocksdb::Status& status, const std::string& path, std::string_view doing) {
  const ErrorCode code = code_of(status);
  if (code == ErrorCode::kLocked) {
    return {code, "the journal at " + path + " is in use by another process: stop that one, or give another path"};
  }
  const std::string words = status.ToString();
  if (words.find("Column families not opened") != words.npos) {
    return {ErrorCode::kUnsupported, "the journal at " + path + " holds what this program does not know (" + words +
                                         "): use a newer bwcontroller or bwreplay"};
  }
  return {code, "the journal at " + path + " cannot be " + std::string(doing) + ": " + words};
}

Error RocksdbStore::corrupt(std::string_view what) const {
  return {ErrorCode::kCorrupt,
          "the journal at " + path_ + " is damaged: " + std::string(what) + "; restore it from a copy"};
}

std::string RocksdbStore::sequence_key(Sequence sequence) {
  std::string key(sizeof(Sequence), '\0');
  for (std::size_t i = 0; i < sizeof(Sequence); ++i) key[i] = static_cast<char>(sequence >> (56 - 8 * i) & 0xff);
  return key;
}

Sequence RocksdbStore::parse_sequence(std::string_view key) {
  if (key.size() != sizeof(Sequence)) return 0;
  Sequence sequence = 0;
  for (const char byte : key) sequence = sequence << 8 | static_cast<unsigned char>(byte);
  return sequence;
}

std::string RocksdbStore::kept_hash_key(Sequence sequence) {
  return std::string(kKeptHashPrefix) + sequence_key(sequence);
}

std::string RocksdbStore::head_value(const Head& head) {
  return sequence_key(head.sequence).append(head.hash.begin(), head.hash.end());
}

}  // namespace bw
