// The folder of a journal before its database is opened: whether there is a journal, whether one may be made. Creation
// is marked by the file `creating`, which stands until the database is whole and durable, so that a crash in between is
// not taken for a damaged journal, and a journal that lost its database is not taken for a new one. Private to
// journal/.
#pragma once

#include <rocksdb/env.h>

#include <string>
#include <string_view>

#include "journal/result.h"

namespace bw {

class JournalFolder {
 public:
  // `env` must outlive it.
  JournalFolder(rocksdb::Env& env, const std::string& path);

  // Makes the folder where it is missing. True: a journal is to be created in it, and the mark stands. False: there
  // is one. Anything else that is in the folder is an error.
  Result<bool> prepare();

  // Takes the mark away: the journal is there, durably.
  Result<void> finish();

 private:
  Error failed(const rocksdb::Status& status, std::string_view doing) const;
  rocksdb::Status create(const std::string& folder);
  rocksdb::Status set_mark();
  rocksdb::Status sync(const std::string& folder);

  rocksdb::Env& env_;
  const std::string path_;
  const std::string mark_;
};

}  // namespace bw
