// Posts Kubernetes events, best effort: few at a time, at a modest rate, warnings first; what is too much is dropped
// and counted. Sans-io; thread: the state's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "controller/messages.h"
#include "controller/token_bucket.h"
#include "kube/effect_request.h"

namespace bw {

class EventFsm {
 public:
  explicit EventFsm(std::string reporter) : reporter_(std::move(reporter)) {}

  void add(ClusterEvent event);
  // Sends what the rate allows, of events whose cause is durable. `busy`: the scheduler is being served, which comes
  // first.
  void run(Sequence durable, bool busy, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  bool owns(RequestId request) const { return requests_.contains(request); }
  void answered(RequestId request) { requests_.erase(request); }  // whatever it was: another try is not worth it

  std::optional<std::int64_t> wake_at_ns() const { return wake_at_ns_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  const std::string reporter_;
  std::deque<ClusterEvent> warnings_;
  std::deque<ClusterEvent> normals_;
  std::set<RequestId> requests_;
  TokenBucket rate_{100};
  std::optional<std::int64_t> wake_at_ns_;
  std::uint64_t dropped_ = 0;
};

}  // namespace bw
