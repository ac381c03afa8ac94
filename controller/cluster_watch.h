// Follows the nine streams of the cluster and records what they show: nine reflectors, each with its requests, and
// the way of an object from its JSON to facts. Sans-io; thread: the state's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "controller/messages.h"
#include "controller/recorder.h"
#include "kube/observe.h"
#include "kube/reflector_fsm.h"
#include "projections/state.h"

namespace bw {

// Told of every Bandwidth object that is seen, also where that is no fact: the echo of our own writes.
class BandwidthListener {
 public:
  virtual ~BandwidthListener() = default;
  virtual void bandwidth_seen(NodeNumber node, const BandwidthSeen& object) = 0;
  virtual void bandwidth_gone(NodeNumber node) = 0;
};

class ClusterWatch {
 public:
  // All references must outlive this; `reader` reads the labels of the policy's levels.
  ClusterWatch(State& state, Recorder& recorder, ObjectReader& reader, BandwidthListener& listener, std::uint64_t seed);

  // Resumes each stream where the state left it, or lists it; `relist_nodes`: their labels are read anew.
  void start(std::int64_t now_ns, bool relist_nodes, RequestId& next_request, Outputs& outputs);
  // Not synced again until every stream has passed a consistent list that is made from now on.
  void confirm(std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  void stop(Outputs& outputs);

  bool owns(RequestId request) const { return requests_.contains(request); }
  void answered(RequestAnswered answer, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  void opened(const StreamOpened& opened, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  void data(const StreamData& data, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  void ended(const StreamEnded& ended, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  void tick(std::int64_t now_ns, RequestId& next_request, Outputs& outputs);

  // Every stream has passed the resourceVersion of a consistent list that was made after start().
  bool synced() const;
  std::optional<std::int64_t> wake_at_ns() const;

 private:
  struct Owner {
    std::size_t stream = 0;
    std::uint64_t call = 0;  // as the reflector numbers it
  };

  void take(std::size_t stream, const ReflectorOutputs& delivered, RequestId& next_request, Outputs& outputs);
  void observe(Stream stream, ObservedBy by, std::string_view json);
  void observe_deleted(Stream stream, std::string_view json);

  State& state_;
  Recorder& recorder_;
  ObjectReader& reader_;
  BandwidthListener& listener_;
  std::vector<ReflectorFsm> reflectors_;  // by Stream
  std::map<RequestId, Owner> requests_;
};

}  // namespace bw
