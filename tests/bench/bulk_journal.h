// A journal on disk, filled fast, for benchmarks that read one: batches of 500 events, none of them waited for. An
// error ends the process. Thread: one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/chain.h"
#include "journal/event_codec.h"
#include "journal/rocksdb_journal.h"

namespace bw {

class BulkJournal {
 public:
  // Makes the folder, or goes on behind the `head` of the journal that is in it.
  explicit BulkJournal(const std::string& path, const Head& head = {});

  // The event that follows the last one.
  void add(const Event& event);

  // Writes what has been added; `synced`: and waits until all of it is on disk.
  void flush(bool synced);

  const Head& head() const { return chain_.head(); }
  RocksdbJournal& journal() { return *journal_; }

 private:
  std::unique_ptr<RocksdbJournal> journal_;
  Chain chain_;
  EventCodec codec_;
  std::vector<std::string> records_;
  std::vector<Head> kept_;
};

}  // namespace bw
