// Sends the Bindings of reserved pods until the world says what became of them (rule R14): a reservation whose
// outcome is not known stays, and the same Binding is sent again to the same node. An error settles only its own
// send. Sans-io; thread: the state's.
//
// A send can be overtaken: each Binding carries the resourceVersion it was made for, so once the pod has been seen
// unbound at a higher version, no send for a lower one can succeed any more.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/messages.h"
#include "kube/backoff.h"
#include "kube/observe.h"
#include "projections/state.h"

namespace bw {

class BindingFsm {
 public:
  explicit BindingFsm(std::uint64_t seed) : seed_(seed) {}

  // A bind call waits for the Binding of `pod`, which is reserved.
  void call_waits(const State& state, PodNumber pod, CallId call, std::int64_t now_ns);

  // Sends what is due, of reservations that are durable, unless `may_send` is false; answers the calls whose pod is
  // bound or released, and those that have waited as long as the scheduler would.
  void run(const State& state, Sequence durable, bool may_send, std::int64_t now_ns, RequestId& next_request,
           Outputs& outputs);

  bool owns(RequestId request) const { return requests_.contains(request); }

  // The facts that the answer to one of its requests makes; the caller records them and then calls run().
  std::vector<Fact> answered(const State& state, RequestId request, const Result<ApiResponse>& result,
                             ObjectReader& reader, std::int64_t now_ns, Outputs& outputs);

  // This replica decides no more: calls that wait are told so. Reservations stay until the world settles them.
  void give_up_calls(Outputs& outputs);

  // The next time at which run() has something to do by itself.
  std::optional<std::int64_t> wake_at_ns() const;
  std::size_t in_flight() const { return requests_.size(); }
  bool calls_wait() const;

  std::uint64_t confirmed() const { return confirmed_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t uncertain() const { return uncertain_; }

 private:
  struct WaitingCall {
    CallId call = 0;
    std::int64_t until_ns = 0;
  };
  struct Flight {
    Sequence reserved_at = 0;  // of the reservation it serves: pod numbers are given again
    NodeNumber node{};
    std::optional<RequestId> request;  // under way
    bool reads = false;                // the next (or present) request reads the pod
    ResourceVersion sent_version = 0;
    std::vector<ResourceVersion> open;  // versions of sends whose outcome is not known
    std::int64_t next_at_ns = 0;
    Backoff backoff;
    std::vector<WaitingCall> calls;
    std::string last_error;
  };

  Flight& flight_of(const State& state, PodNumber pod);
  void send(const State& state, PodNumber pod, Flight& flight, RequestId& next_request, Outputs& outputs);
  void answer_calls(Flight& flight, const std::string& error, Outputs& outputs);
  std::vector<Fact> binding_answered(const State& state, PodNumber pod, Flight& flight,
                                     const Result<ApiResponse>& result, std::int64_t now_ns, Outputs& outputs);
  std::vector<Fact> read_answered(const State& state, PodNumber pod, Flight& flight, const Result<ApiResponse>& result,
                                  ObjectReader& reader, std::int64_t now_ns);

  const std::uint64_t seed_;
  std::map<PodNumber, Flight> flights_;
  std::map<RequestId, PodNumber> requests_;
  std::int64_t ran_at_ns_ = 0;
  std::uint64_t confirmed_ = 0, refused_ = 0, uncertain_ = 0;
};

}  // namespace bw
