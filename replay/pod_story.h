// One pod's way through a journal: every attempt to place it, what each node answered in one of them, and what came of
// it. A pod that is made again under the same name begins anew. Pure; one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "projections/explain.h"

namespace bw::replay {

// A filter call about the pod, and what came of it.
struct Attempt {
  std::uint32_t number = 0;
  Sequence sequence = 0;
  Timestamp time;
  bool repeated = false;  // the same input and verdict as the one before
  std::size_t offered = 0;
  std::uint32_t fitting = 0;
  std::vector<RefusalCount> refusals;
  std::string reserved_on;
  std::string bind_refused;  // why
  bool operator==(const Attempt&) const = default;
};

// An explanation, and the state it holds for.
struct Explained {
  Explanation explanation;
  std::string json;  // as /v1/explain answers
  Sequence sequence = 0;
  Timestamp time;
};

class PodStory {
 public:
  // From `state` on. `attempt`: the one to explain; absent: the last one.
  PodStory(const State& state, std::string space, std::string name, std::optional<std::uint32_t> attempt);

  // Every event that follows, in order; `state` is the one before it.
  void see(const State& state, const Event& event);

  bool known() const { return known_; }
  // While it exists.
  std::optional<PodNumber> pod() const { return alive_ ? std::optional(pod_) : std::nullopt; }
  const std::vector<Attempt>& attempts() const { return attempts_; }
  // What the nodes that were offered answered in that attempt; null: there was none.
  const Explained* explained() const { return explained_ ? &*explained_ : nullptr; }
  const Attempt& explained_attempt() const { return attempts_[explained_at_]; }

 private:
  void begin(PodNumber pod);
  void attempted(const State& state, Attempt attempt);

  const std::string space_;
  const std::string name_;
  const std::optional<std::uint32_t> wanted_;
  bool known_ = false;
  bool alive_ = false;
  PodNumber pod_{};
  NodeSet offered_;  // in the last attempt
  std::vector<std::string> unknown_names_;
  std::vector<Attempt> attempts_;
  std::optional<Explained> explained_;
  std::size_t explained_at_ = 0;
};

// All nodes that exist, as they answer in `state`.
Explained explain_in(const State& state, PodNumber pod);

}  // namespace bw::replay
