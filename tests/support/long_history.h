// A long, steady history as a busy cluster makes it: pods come, are filtered, scored, reserved, bound and seen running,
// and go again, half of them in StatefulSets of four. For benchmarks of everything that reads histories. Each state on
// the way is one that a daemon could have. Thread: one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "projections/decide.h"
#include "projections/state.h"

namespace bw {

class LongHistory {
 public:
  // Each node holds about `pods_per_node` pods at a time.
  explicit LongHistory(std::uint32_t nodes, std::uint32_t pods_per_node = 8);

  // Goes on until there are `events` of them; each is shown to `sink` once it has been applied.
  void run(std::uint64_t events, const std::function<void(const Event&)>& sink);

  // One more event, of something that does not happen by itself.
  void add(Fact fact, const std::function<void(const Event&)>& sink);

  const State& state() const { return state_; }

 private:
  void begin(std::uint32_t nodes);
  void pod_comes();
  void pod_goes();
  void bookmarks();
  void record(std::vector<Fact> facts);
  void observe(Stream stream, const ObjectSeen& object);

  const std::uint32_t nodes_;
  const std::uint32_t most_pods_;
  State state_;
  Event event_;
  NodeSet all_nodes_;
  std::deque<PodSeen> pods_;  // there are, oldest first
  WorkloadSeen set_;          // the newest
  std::uint64_t created_ = 0;
  ResourceVersion version_ = 0;
  const std::function<void(const Event&)>* sink_ = nullptr;
};

}  // namespace bw
