// A witness: while it lives, a thread of its own lists the pods again and again, adds up what the bound ones ask for,
// and remembers the worst that it ever saw. It asks the API server, not the daemon.
//
// Construct, read and destroy it on one thread; what it saw may be read while it looks.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/result.h"
#include "tests/support/cluster_view.h"

namespace bw {

// Capacity of network links, bit/s per direction.
struct LinkCapacities {
  Rates usual{};  // of nodes not named below
  std::map<std::string, Rates> of_node{};
};

class CapacityWatch {
 public:
  using Recount = std::map<std::string, NodeUse> (*)(const std::vector<PodView>&);

  // `recount` says what the links carry: recount for pods without groups, recount_spread where there are groups.
  CapacityWatch(const std::filesystem::path& kubeconfig, LinkCapacities capacities, Recount recount = bw::recount,
                std::chrono::milliseconds interval = std::chrono::milliseconds(100));
  ~CapacityWatch();
  CapacityWatch(const CapacityWatch&) = delete;
  CapacityWatch& operator=(const CapacityWatch&) = delete;

  struct Findings {
    int polls = 0;
    int most_bound = 0;       // pods that were bound at once
    int failed_polls = 0;     // the API server did not answer
    BitsPerSecond worst = 0;  // most that any node carried above its capacity, in either direction; 0: never
    std::string worst_node{};
    std::string last_error{};
  };
  Findings findings() const;

  // Looks once more, from this moment on, and ends the thread.
  Findings finish();

 private:
  void watch(std::filesystem::path kubeconfig, std::chrono::milliseconds interval);
  void note(const Result<std::vector<PodView>>& pods);

  const LinkCapacities capacities_;
  const Recount recount_;
  mutable std::mutex mutex_;
  Findings findings_;  // guarded by mutex_
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace bw
