#include "controller/binding_fsm.h"

#include <algorithm>
#include <utility>

#include "extender/protocol.h"
#include "kube/binding_reply.h"
#include "kube/effect_request.h"
#include "projections/decide.h"
#include "projections/effects.h"

namespace bw {
namespace {

// Below the 5 s that kube-scheduler waits by default, above the time of one Binding.
constexpr std::int64_t kLongestWaitNs = 4 * kNanosecondsPerSecond;
// Fewer than the client has connections: the renewal of the Lease must not wait behind Bindings.
constexpr std::size_t kMostInFlight = 20;
constexpr Backoff::Limits kResend{100 * kNanosecondsPerMillisecond, 5 * kNanosecondsPerSecond,
                                  60 * kNanosecondsPerSecond};

}  // namespace

BindingFsm::Flight& BindingFsm::flight_of(const State& state, PodNumber pod) {
  const Placement& placement = *state.pods.at(pod).placement;
  const auto found = flights_.find(pod);
  if (found != flights_.end() && found->second.reserved_at == placement.reserved_at) return found->second;
  Flight flight{placement.reserved_at,
                placement.node,
                {},
                false,
                0,
                {},
                0,
                Backoff(seed_ ^ placement.reserved_at, kResend),
                {},
                {}};
  // What was reserved before this process started may have been sent by the one before, and be on its way.
  if (placement.reserved_at < state.epoch) flight.open.push_back(state.pods.at(pod).resource_version);
  return flights_.insert_or_assign(pod, std::move(flight)).first->second;
}

void BindingFsm::call_waits(const State& state, PodNumber pod, CallId call, std::int64_t now_ns) {
  flight_of(state, pod).calls.push_back({call, now_ns + kLongestWaitNs});
}

void BindingFsm::run(const State& state, Sequence durable, bool may_send, std::int64_t now_ns, RequestId& next_request,
                     Outputs& outputs) {
  ran_at_ns_ = now_ns;
  for (auto at = flights_.begin(); at != flights_.end();) {
    Flight& flight = at->second;
    const Pod* pod = state.pods.find(at->first);
    const bool placed = pod != nullptr && pod->placement && pod->placement->node == flight.node;
    if (placed && !pod->placement->settled && pod->placement->reserved_at == flight.reserved_at) {
      const auto overdue = [&](const WaitingCall& waiting) { return waiting.until_ns <= now_ns; };
      if (std::any_of(flight.calls.begin(), flight.calls.end(), overdue)) {
        answer_calls(flight, "the outcome of the Binding is not known yet; the reservation stays and it is sent again",
                     outputs);
      }
      ++at;
      continue;
    }
    const std::string released = flight.last_error.empty() ? "the reservation has ended" : flight.last_error;
    answer_calls(flight, placed ? std::string() : released, outputs);
    if (flight.request) requests_.erase(*flight.request);
    at = flights_.erase(at);
  }
  if (!may_send) return;
  for (PodNumber number : state.unsettled) {
    if (requests_.size() >= kMostInFlight) break;
    if (state.pods.at(number).placement->reserved_at > durable) continue;
    Flight& flight = flight_of(state, number);
    if (!flight.request && flight.next_at_ns <= now_ns) send(state, number, flight, next_request, outputs);
  }
}

void BindingFsm::send(const State& state, PodNumber number, Flight& flight, RequestId& next_request, Outputs& outputs) {
  const std::optional<BindPod> binding = pending_binding(state, number);
  const Result<ApiRequest> request =
      flight.reads ? get_pod(binding->pod.space, binding->pod.name) : request_for(Effect(*binding));
  if (!request) {
    // A name that Kubernetes does not allow: no such pod can exist, so nothing is under way.
    flight.last_error = request.error().message;
    flight.next_at_ns = std::numeric_limits<std::int64_t>::max();
    outputs.emplace_back(LogLine{LogLevel::kError, "binding: " + request.error().message});
    return;
  }
  flight.sent_version = binding->resource_version;
  flight.request = next_request;
  requests_[next_request] = number;
  outputs.emplace_back(SendRequest{next_request++, *request});
}

std::vector<Fact> BindingFsm::answered(const State& state, RequestId request, const Result<ApiResponse>& result,
                                       ObjectReader& reader, std::int64_t now_ns, Outputs& outputs) {
  const PodNumber number = requests_.at(request);
  requests_.erase(request);
  const auto found = flights_.find(number);
  if (found == flights_.end() || found->second.request != request) return {};
  Flight& flight = found->second;
  flight.request.reset();
  const Pod* pod = state.pods.find(number);
  if (pod == nullptr || !pod->placement || pod->placement->reserved_at != flight.reserved_at) return {};
  if (flight.reads) return read_answered(state, number, flight, result, reader, now_ns);
  return binding_answered(state, number, flight, result, now_ns, outputs);
}

std::vector<Fact> BindingFsm::binding_answered(const State& state, PodNumber number, Flight& flight,
                                               const Result<ApiResponse>& result, std::int64_t now_ns,
                                               Outputs& outputs) {
  const BindingReply reply = classify_binding(result);
  const ResourceVersion seen = state.pods.at(number).resource_version;
  if (!reply.settled) flight.open.push_back(flight.sent_version);
  std::erase_if(flight.open, [&](ResourceVersion version) { return version < seen; });
  flight.last_error = reply.message;
  const auto wait = [&] {
    flight.next_at_ns = now_ns + std::max(flight.backoff.next_delay_ns(now_ns),
                                          reply.retry_after_s.value_or(0) * kNanosecondsPerSecond);
  };
  switch (reply.kind) {
    case BindingReply::Kind::kConfirmed:
      ++confirmed_;
      return {BindingConfirmed{number, flight.node}};
    case BindingReply::Kind::kConflict:
      flight.reads = true;  // at once
      return {};
    case BindingReply::Kind::kGone:
      ++refused_;
      return {BindingRefused{number, flight.node, 404, reply.message}};
    case BindingReply::Kind::kRefused:
      if (flight.open.empty()) {
        ++refused_;
        return {BindingRefused{number, flight.node, static_cast<std::uint16_t>(reply.status), reply.message}};
      }
      flight.reads = true;  // an earlier send may have succeeded
      wait();
      return {};
    case BindingReply::Kind::kUncertain:
      break;
  }
  ++uncertain_;
  wait();
  answer_calls(flight, reply.message + "; the reservation stays and the Binding is sent again", outputs);
  return {};
}

std::vector<Fact> BindingFsm::read_answered(const State& state, PodNumber number, Flight& flight,
                                            const Result<ApiResponse>& result, ObjectReader& reader,
                                            std::int64_t now_ns) {
  const Pod& pod = state.pods.at(number);
  const bool answered = result.has_value() && (result->status == 200 || result->status == 404);
  if (!answered) {
    flight.next_at_ns = now_ns + flight.backoff.next_delay_ns(now_ns);
    return {};
  }
  flight.reads = false;
  if (result->status == 404) {
    ++refused_;
    return {BindingRefused{number, flight.node, 404, "the pod is gone"}};
  }
  const ObjectSeen seen = reader.observe(Stream::kPods, result->body);
  if (const auto* read = std::get_if<PodSeen>(&seen)) {
    if (read->identity.uid != pod.identity.uid) {
      ++refused_;
      return {BindingRefused{number, flight.node, 404, "the pod is gone; another one has its name"}};
    }
    // Unbound and not newer than what was sent: something else is in the way, so not at once again.
    if (read->resource_version <= flight.sent_version) {
      flight.next_at_ns = now_ns + flight.backoff.next_delay_ns(now_ns);
    }
  } else {
    flight.next_at_ns = now_ns + flight.backoff.next_delay_ns(now_ns);
  }
  return decide_observed(state, ObservedBy::kRead, Stream::kPods, seen);
}

void BindingFsm::answer_calls(Flight& flight, const std::string& error, Outputs& outputs) {
  for (const WaitingCall& waiting : flight.calls) {
    std::string body;
    write_binding_result(error, body);
    outputs.emplace_back(AnswerCall{waiting.call, 200, std::move(body)});
  }
  flight.calls.clear();
}

std::optional<std::int64_t> BindingFsm::wake_at_ns() const {
  std::optional<std::int64_t> earliest;
  // What was due when run() was called last waits for an answer, or for the disk, and not for a time.
  const auto consider = [&](std::int64_t at) {
    if (at > ran_at_ns_ && (!earliest || at < *earliest)) earliest = at;
  };
  for (const auto& [pod, flight] : flights_) {
    if (!flight.request) consider(flight.next_at_ns);
    for (const WaitingCall& waiting : flight.calls) consider(waiting.until_ns);
  }
  return earliest;
}

void BindingFsm::give_up_calls(Outputs& outputs) {
  for (auto& [pod, flight] : flights_) answer_calls(flight, "this replica leads no more", outputs);
}

bool BindingFsm::calls_wait() const {
  return std::any_of(flights_.begin(), flights_.end(), [](const auto& entry) { return !entry.second.calls.empty(); });
}

}  // namespace bw
