// The one thread that writes to the journal: takes batches in order, joins all that wait into one atomic write,
// syncs when somebody waits for it and at the latest 50 ms after an append, and says which sequence is durable.
// The first failure is final: after a failed write or sync memory proves nothing, so the process must end.
//
// Threads: submit() and stop() from one thread (that of the state); the callbacks run on the writer's thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
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
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Work {
    std::vector<RecordBatch> batches;
    bool sync = false;  // somebody asked
    bool last = false;  // the thread ends after it
  };

  // Waits for work, until `deadline` at most.
  Work take(std::optional<TimePoint> deadline);
  void run();

  Journal& journal_;
  const Callbacks callbacks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<RecordBatch> waiting_;  // guarded by mutex_
  bool sync_requested_ = false;       // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::thread thread_;
};

}  // namespace bw
