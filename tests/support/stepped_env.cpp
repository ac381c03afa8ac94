#include "stepped_env.h"

#include <pthread.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>
#include <sys/mman.h>

#include <atomic>
#include <utility>

namespace bw {
namespace {

// Time passes when somebody looks at it, and never when somebody sleeps.
class SteppedClock : public rocksdb::SystemClockWrapper {
 public:
  SteppedClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "SteppedClock"; }
  std::uint64_t NowMicros() override { return ++microseconds_; }
  std::uint64_t NowNanos() override { return ++microseconds_ * 1000; }
  rocksdb::Status GetCurrentTime(std::int64_t* seconds) override {
    *seconds = static_cast<std::int64_t>(++microseconds_ / 1'000'000);
    return rocksdb::Status::OK();
  }
  void SleepForMicroseconds(int) override {}

 private:
  std::atomic<std::uint64_t> microseconds_ = 1'700'000'000'000'000;
};

}  // namespace

SteppedEnv::SteppedEnv(std::shared_ptr<rocksdb::FileSystem> file_system)
    : EnvWrapper(rocksdb::NewCompositeEnv(file_system)) {
  // The wrapper would come to the file system through the older interface of Env, which tells less about an error.
  file_system_ = std::move(file_system);
  system_clock_ = std::make_shared<SteppedClock>();
}

SteppedEnv::~SteppedEnv() {
  for (const Work& work : work_) {
    if (work.unscheduled != nullptr) work.unscheduled(work.argument);
  }
}

void SteppedEnv::run_work() {
  while (!work_.empty()) {
    const Work work = work_.front();
    work_.pop_front();
    work.function(work.argument);
  }
}

void SteppedEnv::Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                          void (*unscheduled)(void*)) {
  work_.push_back({function, argument, priority, tag, unscheduled});
}

int SteppedEnv::UnSchedule(void* tag, Priority priority) {
  int count = 0;
  for (auto work = work_.begin(); work != work_.end();) {
    if (work->tag != tag || work->priority != priority) {
      ++work;
      continue;
    }
    if (work->unscheduled != nullptr) work->unscheduled(work->argument);
    work = work_.erase(work);
    ++count;
  }
  return count;
}

bool run_reproducibly(const std::function<void()>& work) {
  // Free in every process of x86-64 Linux, with sanitizers too: behind the program, far below its libraries.
  void* const address = reinterpret_cast<void*>(0x567000000000);
  constexpr std::size_t kStackSize = 8 * 1024 * 1024;
  void* const stack = ::mmap(address, kStackSize, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_FIXED_NOREPLACE, -1, 0);
  if (stack != address) return false;
  pthread_attr_t attributes;
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  bool started = ::pthread_attr_init(&attributes) == 0 && ::pthread_attr_setstack(&attributes, stack, kStackSize) == 0;
  started = started && ::pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&work)) == 0;
  if (started) ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
  ::munmap(stack, kStackSize);
  return started;
}

}  // namespace bw
