#include "controller/auditor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace bw {
namespace {

using Clock = std::chrono::steady_clock;

// What has become durable is looked at after so long, or once it is enough for a whole step.
constexpr std::chrono::seconds kLongestWait{1};
constexpr int kNice = 15;

// On Linux a thread has a priority of its own. Without it the auditor only takes more of the machine than it should.
void lower_priority() {
  [[maybe_unused]] const int ignored = ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

Timestamp wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

}  // namespace

class Auditor::Impl {
 public:
  Impl(Journal& journal, Sequence durable, AuditOptions options, Callbacks callbacks)
      : callbacks_(std::move(callbacks)),
        work_(journal, options, callbacks_.report),
        durable_(durable),
        thread_([this] { run(); }) {}

  void became_durable(Sequence sequence) {
    const std::lock_guard lock(mutex_);
    durable_ = std::max(durable_, sequence);
    if (has_work()) wake_.notify_one();
  }

  void note(const DigestNote& note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(note);
  }

  void remove(const HistoryCut& cut) {
    const std::lock_guard lock(mutex_);
    cuts_.push_back(cut);
    wake_.notify_one();
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  bool has_work() const { return stopping_ || !cuts_.empty() || durable_ >= wanted_; }

  void run() {
    lower_priority();
    for (;;) {
      Sequence durable = 0;
      std::vector<DigestNote> notes;
      std::vector<HistoryCut> cuts;
      {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        durable = durable_;
        notes = std::exchange(notes_, {});
        cuts = std::exchange(cuts_, {});
      }
      for (const HistoryCut& cut : cuts) {
        const Result<void> removed = work_.remove(cut);
        if (!removed) return callbacks_.failed(removed.error());
      }
      for (const DigestNote& note : notes) work_.note(note);
      const auto began = Clock::now();
      const bool more = work_.run(durable, wall_clock());
      pause(more, Clock::now() - began);
    }
  }

  // Between two steps for as long as one takes: where the processors are rationed, what the auditor takes would be
  // missing elsewhere in spite of its priority.
  void pause(bool more, Clock::duration step) {
    std::unique_lock lock(mutex_);
    if (more) {
      wake_.wait_for(lock, step, [this] { return stopping_; });
      return;
    }
    wanted_ = (work_.folded() / kKeptHashInterval + 1) * kKeptHashInterval;
    wake_.wait_for(lock, kLongestWait, [this] { return has_work(); });
  }

  const Callbacks callbacks_;
  AuditWork work_;  // of the thread
  std::mutex mutex_;
  std::condition_variable wake_;
  Sequence durable_ = 0;  // guarded by mutex_, as is all below
  Sequence wanted_ = 0;   // durable, before it is worth a step
  std::vector<DigestNote> notes_;
  std::vector<HistoryCut> cuts_;
  bool stopping_ = false;
  std::thread thread_;  // last, so that all else is there when it begins
};

Auditor::Auditor(Journal& journal, Sequence durable, AuditOptions options, Callbacks callbacks)
    : impl_(std::make_unique<Impl>(journal, durable, options, std::move(callbacks))) {}

Auditor::~Auditor() { stop(); }

void Auditor::became_durable(Sequence sequence) { impl_->became_durable(sequence); }
void Auditor::note(const DigestNote& note) { impl_->note(note); }
void Auditor::remove(const HistoryCut& cut) { impl_->remove(cut); }
void Auditor::stop() { impl_->stop(); }

}  // namespace bw
