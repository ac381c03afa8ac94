// A history from a seed: a World to which whatever can happen happens, in random order, with few names, so that things
// come back, collide and run out. Every state on the way is one that a daemon could have. Thread: one.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/support/random_numbers.h"
#include "tests/support/world.h"

namespace bw {

class RandomHistory {
 public:
  // `storable`: without facts of unknown kinds, which nobody writes.
  explicit RandomHistory(std::uint64_t seed, bool storable = false);

  // Something happens; now and then nothing.
  void step();

  const World& world() const { return world_; }
  World& world() { return world_; }  // to record what else may happen in between
  const State& state() const { return world_.state(); }
  const std::vector<Event>& events() const { return world_.events(); }

 private:
  Policy random_policy();
  std::string random_request();
  std::string any(const std::vector<std::string>& names) { return random_.pick(names); }
  std::vector<std::string> shown_nodes() const;
  std::vector<std::string> shown_pods() const;
  bool has_object(const std::string& node) const;
  bool is_reserved(const std::string& pod) const;

  void change_node();
  void change_bandwidth();
  void change_workload();
  void change_space();
  void create_pod();
  void change_pod();
  void admit(const std::string& pod);
  void schedule();
  void answer_binding();
  void list_pods();
  void list_nodes();
  void happen_to_journal();

  RandomNumbers random_;
  const bool storable_;
  World world_;
  std::uint64_t term_ = 0;
  const std::vector<std::string> nodes_{"n1", "n2", "n3", "n4", "n5"};
  const std::vector<std::string> workloads_{"peers", "web-1", "web", "batch", "lab/peers", "agents"};
  std::vector<std::string> pods_;
  std::set<std::string> shown_workloads_;
};

}  // namespace bw
