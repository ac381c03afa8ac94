// What the demo shows while it runs: on a terminal a table that is drawn over itself, elsewhere a line now and then.
// One thread.
#pragma once

#include <chrono>
#include <string>

#include "demo_load.h"

namespace bw {

class DemoTable {
 public:
  explicit DemoTable(const DemoLoad& load);

  // `worst_mbps` is the most that any node ever carried above its capacity.
  void show(const Snapshot& snapshot, const std::string& daemon, int polls, std::int64_t worst_mbps);

 private:
  std::string table(const Snapshot& snapshot, const std::string& daemon, int polls, std::int64_t worst_mbps) const;
  std::string line(const Snapshot& snapshot, const std::string& daemon) const;

  const DemoLoad load_;
  const bool on_terminal_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::size_t lines_drawn_ = 0;
  std::string last_line_;
};

}  // namespace bw
