// Sends what the state owes the API server beside Bindings: Bandwidth objects to create or delete, pods to wake and
// to fence. Each duty is sent until the state no longer holds it; a reply alone settles nothing. Bounded, with a
// back-off per duty. Sans-io; thread: the state's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "controller/messages.h"
#include "kube/backoff.h"
#include "projections/effect.h"
#include "projections/state.h"

namespace bw {

class DutyFsm {
 public:
  explicit DutyFsm(std::uint64_t seed) : seed_(seed) {}

  // The resourceVersion of a Bandwidth object as of its last event, our own status writes included: what a deletion
  // must name.
  void bandwidth_seen(NodeNumber node, ResourceVersion version) { bandwidth_versions_[node] = version; }

  void run(const State& state, Sequence durable, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);

  bool owns(RequestId request) const { return requests_.contains(request); }
  // True if the body of the answer is the pod that was patched.
  bool answered(RequestId request, const Result<ApiResponse>& result, std::int64_t now_ns, Outputs& outputs);

  std::optional<std::int64_t> wake_at_ns() const { return wake_at_ns_; }

 private:
  enum class Kind : std::uint8_t { kFence, kWake, kCreate, kDelete };  // in order of urgency
  using Key = std::pair<Kind, std::uint32_t>;
  struct Duty {
    Sequence cause = 0;  // of what is owed to a pod: a later one is another duty, and not awaited
    Sequence sent_for = 0;
    std::optional<RequestId> request;
    std::int64_t next_at_ns = 0;
    std::uint64_t round = 0;  // of run(), in which the state held it last
    Backoff backoff;
  };

  Effect effect_of(const State& state, const Key& key) const;
  void consider(const State& state, const Key& key, Sequence cause, std::int64_t now_ns, RequestId& next_request,
                Outputs& outputs);

  const std::uint64_t seed_;
  std::uint64_t round_ = 0;
  std::map<Key, Duty> duties_;
  std::map<RequestId, Key> requests_;
  std::map<NodeNumber, ResourceVersion> bandwidth_versions_;
  std::optional<std::int64_t> wake_at_ns_;
};

}  // namespace bw
