// Keeps the status of each Bandwidth object equal to what the state shows: at most one write a second per node, and
// none for `journal` and `updatedAt` alone. What another hand changed is written again. A write waits a moment for
// what follows (a pod that is reserved is bound soon after), and while the scheduler is being served it waits for its
// turn, half a minute at most: the API server has Bindings to do. Sans-io; thread: the state's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "controller/messages.h"
#include "controller/token_bucket.h"
#include "kube/backoff.h"
#include "projections/observation.h"
#include "projections/state.h"

namespace bw {

class StatusFsm {
 public:
  explicit StatusFsm(std::uint64_t seed) : seed_(seed) {}

  // A Bandwidth object as it was listed or watched, our own writes included.
  void seen(const State& state, NodeNumber node, const BandwidthSeen& object);
  void gone(NodeNumber node);

  // Takes up what has changed and sends what is due. A status shows the state as of now, so it may go out only once
  // `state.applied` is durable: it comes out as a Draft, to be sent by release().
  // `busy`: the scheduler is being served.
  void run(const State& state, const Head& head, bool busy, std::int64_t now_ns);
  void release(Sequence durable, RequestId& next_request, Outputs& outputs);

  bool owns(RequestId request) const { return requests_.contains(request); }
  void answered(RequestId request, const Result<ApiResponse>& result, std::int64_t now_ns, Outputs& outputs);

  std::optional<std::int64_t> wake_at_ns() const {
    if (due_.empty() || full_) return std::nullopt;
    return throttled_ ? rate_.next_at_ns() : due_.begin()->first;
  }
  bool drafts_wait() const { return !drafts_.empty(); }
  std::uint64_t written() const { return written_; }

 private:
  struct Published {
    std::uint64_t content = 0;         // hash of what was written last; 0: not known
    ResourceVersion version = 0;       // that the write made, by its answer
    ResourceVersion seen_version = 0;  // highest seen
    std::int64_t next_at_ns = 0;
    bool queued = false;     // in due_, at next_at_ns
    bool under_way = false;  // drafted or sent
    bool changed = false;    // since it was drafted
    bool again = false;      // another hand has changed it
    Backoff backoff;
  };
  struct Draft {
    NodeNumber node{};
    std::string name;
    std::uint64_t content = 0;
    std::string body;
  };

  Published& published(NodeNumber node);
  void mark(NodeNumber node);

  const std::uint64_t seed_;
  Sequence taken_up_ = 0;  // changes up to here have been taken up
  std::map<NodeNumber, Published> nodes_;
  std::set<std::pair<std::int64_t, NodeNumber>> due_;
  std::map<Sequence, std::vector<Draft>> drafts_;
  std::int64_t ran_at_ns_ = 0;
  TokenBucket rate_{5};  // while the scheduler is being served
  bool throttled_ = false;
  bool full_ = false;  // as many are under way as may be; an answer calls run() again
  struct Sent {
    NodeNumber node{};
    std::uint64_t content = 0;
  };
  std::map<RequestId, Sent> requests_;
  std::uint64_t written_ = 0;
};

}  // namespace bw
