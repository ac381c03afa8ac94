// The journal of one daemon and the thread that writes to it, on virtual time: appends in order, joins what waits into
// one write, syncs when somebody waits and 50 ms after an append at the latest, as JournalWriter does. A crash loses
// what was not written; a loss of power also what was not synced. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "journal/journal_writer.h"
#include "journal/memory_journal.h"
#include "tests/simulation/world.h"

namespace bw::simulation {

class SimulatedDisk {
 public:
  SimulatedDisk(World& world, std::string_view name) : world_(world), random_(world.random(name)) {}

  const MemoryJournal& journal() const { return journal_; }
  // What is on the disk for good, whatever the daemon was told.
  Sequence synced() const { return synced_; }
  // What the daemon was told.
  Sequence acknowledged() const { return acknowledged_; }

  void on_durable(std::function<void(Sequence)> listener) { on_durable_ = std::move(listener); }
  void submit(RecordBatch batch);
  void request_sync();

  // The process ends; gives the number of submitted events that are lost.
  Sequence crash(bool power_loss);
  // ... in good order: all that was submitted is written and synced.
  void finish();

  // For planted bugs: says that a batch is durable when it is only submitted.
  void acknowledge_early() { early_ = true; }

 private:
  void run();
  void acknowledge(Sequence sequence);
  void complete(bool sync);
  void write(bool sync);
  std::int64_t sync_time_ns();

  World& world_;
  Random random_;
  MemoryJournal journal_;
  std::function<void(Sequence)> on_durable_;
  std::vector<RecordBatch> waiting_, writing_;
  bool sync_requested_ = false;
  bool busy_ = false;
  bool early_ = false;
  std::optional<std::int64_t> deadline_ns_;  // for a sync; absent: nothing is unsynced
  Sequence submitted_ = 0;
  Sequence synced_ = 0;
  Sequence acknowledged_ = 0;
  std::uint64_t life_ = 0;
};

}  // namespace bw::simulation
