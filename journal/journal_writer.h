// The one thread that writes to the journal: takes batches in order, joins all that wait into one atomic, synced write,
// and says which sequence is durable. It is woken when somebody waits for a batch; what nobody waits for is written
// with the next that somebody does, at the latest 50 ms after it came, or when 4 MiB have gathered: a thread that wakes
// for each filter call takes from the cores that the decisions need. The first failure is final: after a failed write
// or sync memory proves nothing, so the process must end.
//
// Threads: submit() and stop() from one thread (that of the state); the callbacks run on the writer's thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/journal.h"

namespace bw {

// Records of one input, encoded and hashed by the state's thread.
struct RecordBatch {
  std::vector<std::string> records;
  Head head;               // after the last record
  std::vector<Head> kept;  // hashes to keep: those at multiples of kKeptHashInterval
  bool sync = false;       // somebody waits for these
};

class JournalWriter {
 public:
  struct Callbacks {
    std::function<void(Sequence)> durable;     // all up to this sequence is on disk; ascending
    std::function<void(const Error&)> failed;  // at most once; nothing is written after it
  };

  // `journal` must outlive the writer.
  JournalWriter(Journal& journal, Callbacks callbacks);
  ~JournalWriter();

  void submit(RecordBatch batch);

  // Asks that all that was submitted becomes durable now.
  void request_sync();

  // Writes and syncs what was submitted, then ends the thread. Idempotent.
  void stop();

 private:
  struct Work {
    std::vector<RecordBatch> batches;
    bool last = false;  // the thread ends after it
  };

  Work take();
  void run();
  bool urgent() const;

  Journal& journal_;
  const Callbacks callbacks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<RecordBatch> waiting_;  // guarded by mutex_, as is all below
  std::size_t waiting_bytes_ = 0;
  std::chrono::steady_clock::time_point first_came_at_;  // of those that wait
  bool sync_wanted_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace bw
