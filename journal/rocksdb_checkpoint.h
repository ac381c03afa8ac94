// A checkpoint of a journal on disk: the database by RocksDB's own means, the snapshot files by hard links. Private to
// journal/. Any one thread, also beside the writer.
#pragma once

#include <string>

#include "journal/journal.h"

namespace rocksdb {
class DB;
}

namespace bw {

// Of the journal in `path`, whose database is `db`; see RocksdbJournal::make_checkpoint().
Result<Checkpoint> checkpoint_of(rocksdb::DB& db, const std::string& path);

}  // namespace bw
