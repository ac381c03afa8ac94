#include "tests/simulation/simulated_disk.h"

#include <algorithm>
#include <utility>

namespace bw::simulation {
namespace {

constexpr std::int64_t kMaxUnsyncedNs = 50 * kMillisecond;

}  // namespace

void SimulatedDisk::submit(RecordBatch batch) {
  submitted_ = batch.head.sequence;
  waiting_.push_back(std::move(batch));
  if (early_)
    world_.timeline.after(0, [this, life = life_, sequence = submitted_] {
      if (life == life_) acknowledge(sequence);
    });
  run();
}

void SimulatedDisk::acknowledge(Sequence sequence) {
  acknowledged_ = std::max(acknowledged_, sequence);
  on_durable_(sequence);
}

void SimulatedDisk::request_sync() {
  sync_requested_ = true;
  run();
}

std::int64_t SimulatedDisk::sync_time_ns() {
  if (world_.strikes(Feature::kSlowDisk)) {
    if (random_.chance(6)) {
      world_.coverage.count(Counter::kSlowSyncs);
      return random_.between(500 * kMillisecond, 3 * kSecond);
    }
    if (random_.chance(100)) return random_.between(5 * kMillisecond, 200 * kMillisecond);
  }
  return random_.between(100 * kMicrosecond, 3 * kMillisecond);
}

void SimulatedDisk::run() {
  if (busy_) return;
  const bool overdue = deadline_ns_ && *deadline_ns_ <= world_.now_ns();
  if (waiting_.empty() && !sync_requested_ && !overdue) return;
  busy_ = true;
  bool sync = std::exchange(sync_requested_, false) || overdue;
  writing_ = std::exchange(waiting_, {});
  for (const RecordBatch& batch : writing_) sync = sync || batch.sync;
  const std::int64_t time_ns = random_.between(5 * kMicrosecond, 100 * kMicrosecond) + (sync ? sync_time_ns() : 0);
  world_.timeline.after(time_ns, [this, life = life_, sync] {
    if (life == life_) complete(sync);
  });
}

void SimulatedDisk::complete(bool sync) {
  busy_ = false;
  if (!writing_.empty() && !deadline_ns_ && !sync) {
    deadline_ns_ = world_.now_ns() + kMaxUnsyncedNs;
    world_.timeline.at(*deadline_ns_, [this, life = life_] {
      if (life == life_) run();
    });
  }
  write(sync);
  if (sync) {
    deadline_ns_.reset();
    acknowledge(synced_);
  }
  run();
}

void SimulatedDisk::write(bool sync) {
  for (const RecordBatch& batch : std::exchange(writing_, {})) {
    check(journal_.append(batch.records, batch.head, batch.kept, false).has_value(), "the journal in memory fails");
  }
  if (!sync) return;
  check(journal_.sync().has_value(), "the journal in memory fails");
  synced_ = journal_.bounds().head.sequence;
}

Sequence SimulatedDisk::crash(bool power_loss) {
  ++life_;
  if (busy_ && random_.chance(500)) write(random_.chance(500));
  if (power_loss) {
    journal_.forget_unsynced();
  } else {
    write(false);
    check(journal_.sync().has_value(), "the journal in memory fails");
  }
  synced_ = journal_.bounds().head.sequence;
  const Sequence lost = submitted_ - synced_;
  submitted_ = synced_;
  waiting_.clear();
  writing_.clear();
  busy_ = sync_requested_ = false;
  deadline_ns_.reset();
  return lost;
}

void SimulatedDisk::finish() {
  write(false);
  writing_ = std::exchange(waiting_, {});
  write(true);
  crash(false);
}

}  // namespace bw::simulation
