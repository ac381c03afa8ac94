// RocksDB's surroundings on one thread: flushes and compactions wait until the test runs them, so that the order of all
// file operations follows from what the test does, and one seed is enough to see it again. Its clock
// counts the looks at it, and its sleeps take no time.
//
// One thread. Work that waits must be run before RocksDB would stall writes for it: after each write or two.
#pragma once

#include <rocksdb/env.h>

#include <deque>
#include <functional>
#include <memory>

namespace bw {

class SteppedEnv : public rocksdb::EnvWrapper {
 public:
  explicit SteppedEnv(std::shared_ptr<rocksdb::FileSystem> file_system);
  ~SteppedEnv() override;  // work of a database that was left open never runs

  bool has_work() const { return !work_.empty(); }
  // Runs what waits, and what that adds.
  void run_work();

  const char* Name() const override { return "SteppedEnv"; }
  void Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                void (*unscheduled)(void*)) override;
  int UnSchedule(void* tag, Priority priority) override;

 private:
  struct Work {
    void (*function)(void*);
    void* argument;
    Priority priority;
    void* tag;
    void (*unscheduled)(void*);
  };
  std::deque<Work> work_;
};

// Runs `work` on a thread whose stack is always at the same address: RocksDB seeds the random heights of its skip lists
// with the thread's id. False: there is no such room in this process.
bool run_reproducibly(const std::function<void()>& work);

}  // namespace bw
