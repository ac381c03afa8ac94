#include "controller/duty_fsm.h"

#include <algorithm>

#include "kube/effect_request.h"

namespace bw {
namespace {

constexpr std::size_t kMostInFlight = 8;
// How long an accepted request may take to show in the watch before it is sent again.
constexpr std::int64_t kAwaitedNs = 10 * kNanosecondsPerSecond;

// Pods were woken by priority and then age (R15): the first is to be the first in the scheduler's queue as well.
std::vector<PodNumber> in_order_of_waking(const State& state) {
  std::vector<PodNumber> woken(state.to_wake.begin(), state.to_wake.end());
  std::ranges::sort(woken, {}, [&](PodNumber number) { return state.pods.at(number).behind; });
  return woken;
}

}  // namespace

Effect DutyFsm::effect_of(const State& state, const Key& key) const {
  const auto& [kind, number] = key;
  switch (kind) {
    case Kind::kFence:
      return FencePod{state.term_began, state.pods.at(PodNumber{number}).identity, state.term};
    case Kind::kWake: {
      const Pod& pod = state.pods.at(PodNumber{number});
      return WakePod{pod.behind, pod.identity, pod.retry};
    }
    case Kind::kCreate: {
      const Node& node = state.nodes.at(NodeNumber{number});
      return CreateBandwidth{node.changed_at, node.name};
    }
    case Kind::kDelete:
      break;
  }
  const Node& node = state.nodes.at(NodeNumber{number});
  const auto seen = bandwidth_versions_.find(NodeNumber{number});
  const ResourceVersion version = seen == bandwidth_versions_.end()
                                      ? node.object->resource_version
                                      : std::max(seen->second, node.object->resource_version);
  return DeleteBandwidth{node.changed_at, node.name, node.object->uid, version};
}

void DutyFsm::run(const State& state, Sequence durable, std::int64_t now_ns, RequestId& next_request,
                  Outputs& outputs) {
  wake_at_ns_.reset();
  if (requests_.size() >= kMostInFlight) return;  // the next answer calls again
  ++round_;
  const auto pods = [&](Kind kind, const auto& owed) {
    for (PodNumber number : owed) {
      const Sequence cause = kind == Kind::kFence ? state.term_began : state.pods.at(number).behind;
      if (cause > durable) continue;
      consider(state, {kind, static_cast<std::uint32_t>(number)}, cause, now_ns, next_request, outputs);
      if (requests_.size() >= kMostInFlight) return;
    }
  };
  const auto nodes = [&](Kind kind, const std::set<NodeNumber>& owed) {
    for (NodeNumber number : owed) {
      if (state.nodes.at(number).changed_at > durable) continue;
      consider(state, {kind, static_cast<std::uint32_t>(number)}, 0, now_ns, next_request, outputs);
      if (requests_.size() >= kMostInFlight) return;
    }
  };
  pods(Kind::kFence, state.to_fence);
  pods(Kind::kWake, in_order_of_waking(state));
  nodes(Kind::kCreate, state.objects_to_create);
  nodes(Kind::kDelete, state.objects_to_delete);
  if (requests_.size() >= kMostInFlight) return;  // not all were looked at
  std::erase_if(duties_, [&](const auto& entry) { return entry.second.round != round_ && !entry.second.request; });
}

void DutyFsm::consider(const State& state, const Key& key, Sequence cause, std::int64_t now_ns, RequestId& next_request,
                       Outputs& outputs) {
  const auto [entry, fresh] = duties_.try_emplace(key, Duty{0, 0, {}, 0, 0, Backoff(seed_ ^ key.second)});
  Duty& duty = entry->second;
  duty.round = round_;
  if (duty.cause != cause) {
    duty.cause = cause;
    duty.next_at_ns = 0;
  }
  if (duty.request) return;
  if (duty.next_at_ns > now_ns) {
    wake_at_ns_ = std::min(wake_at_ns_.value_or(duty.next_at_ns), duty.next_at_ns);
    return;
  }
  if (requests_.size() >= kMostInFlight) return;
  const Result<ApiRequest> request = request_for(effect_of(state, key));
  if (!request) {
    outputs.emplace_back(LogLine{LogLevel::kError, request.error().message});
    duty.next_at_ns = now_ns + duty.backoff.next_delay_ns(now_ns);
    return;
  }
  duty.request = next_request;
  duty.sent_for = cause;
  requests_[next_request] = key;
  outputs.emplace_back(SendRequest{next_request++, *request});
}

bool DutyFsm::answered(RequestId request, const Result<ApiResponse>& result, std::int64_t now_ns, Outputs& outputs) {
  const Key key = requests_.at(request);
  requests_.erase(request);
  Duty& duty = duties_.at(key);
  duty.request.reset();
  const int status = result ? result->status : 0;
  // 404 and 409: the object is there or gone already, or changed; the watch says which.
  if ((status >= 200 && status < 300) || status == 404 || status == 409) {
    if (duty.sent_for == duty.cause) duty.next_at_ns = now_ns + kAwaitedNs;
    return status == 200 && (key.first == Kind::kFence || key.first == Kind::kWake);
  }
  const std::int64_t retry_after_s = result ? result->retry_after_s.value_or(0) : 0;
  duty.next_at_ns = now_ns + std::max(duty.backoff.next_delay_ns(now_ns), retry_after_s * kNanosecondsPerSecond);
  const std::string what =
      result ? "HTTP " + std::to_string(status) + ": " + result->body.substr(0, 200) : result.error().message;
  outputs.emplace_back(LogLine{LogLevel::kWarning, "a write to the API server failed and is repeated: " + what});
  return false;
}

}  // namespace bw
