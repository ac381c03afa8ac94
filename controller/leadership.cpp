#include "controller/leadership.h"

#include <algorithm>

#include "kube/effect_request.h"

namespace bw {
namespace {

LeaseClock clock_of(const Instant& now) { return {now.monotonic_ns, now.wall}; }

// The pod of a replica, from its identity "POD_JOURNAL".
std::string pod_of(const std::string& identity) { return identity.substr(0, identity.find('_')); }

}  // namespace

void Leadership::send(std::optional<ApiRequest> request, RequestId& next_request, Outputs& outputs) {
  if (lease_.trouble() != trouble_) {
    trouble_ = lease_.trouble();
    if (!trouble_.empty()) outputs.emplace_back(LogLine{LogLevel::kWarning, "the Lease: " + trouble_});
  }
  if (!request) return;
  request_ = next_request;
  outputs.emplace_back(SendRequest{next_request++, std::move(*request)});
}

void Leadership::label(const std::string& pod, const char* role, RequestId& next_request, Outputs& outputs) {
  if (options_.pod_name.empty() || pod.empty()) return;
  const Result<ApiRequest> request = label_role(options_.pod_space, pod, role);
  if (!request) return;
  label_request_ = next_request;
  outputs.emplace_back(SendRequest{next_request++, *request});
}

Leadership::Change Leadership::run(const Instant& now, RequestId& next_request, Outputs& outputs) {
  if (!options_.elected) {
    if (role_ != Role::kUnknown) return Change::kNone;
    role_ = Role::kLeads;
    return Change::kNone;
  }
  if (!started_) {
    started_ = true;
    send(lease_.start(clock_of(now)), next_request, outputs);
  } else {
    send(lease_.tick(clock_of(now)), next_request, outputs);  // asks nothing while an answer is awaited
  }
  const bool held = lease_.leads(now.monotonic_ns);
  const bool led = role_ == Role::kTakesOver || role_ == Role::kLeads;
  if (held && !led) {
    role_ = Role::kTakesOver;
    label(options_.pod_name, "leader", next_request, outputs);
    const std::string before = pod_of(lease_.previous_holder());
    if (!before.empty() && before != options_.pod_name) label(before, "", next_request, outputs);
    return Change::kTermBegan;
  }
  if (!held && led) {
    role_ = Role::kFollows;
    label(options_.pod_name, "", next_request, outputs);
    return Change::kTermEnded;
  }
  if (role_ == Role::kUnknown && !lease_.holder().empty() && lease_.holder() != identity()) role_ = Role::kFollows;
  return Change::kNone;
}

void Leadership::answered(RequestId request, const Result<ApiResponse>& result, const Instant& now,
                          RequestId& next_request, Outputs& outputs) {
  if (label_request_ == request) {
    label_request_.reset();
    if (!result || result->status != 200) {
      outputs.emplace_back(LogLine{LogLevel::kWarning,
                                   "the role label of a pod of ours was not set: " +
                                       (result ? "HTTP " + std::to_string(result->status) : result.error().message)});
    }
    return;
  }
  request_.reset();
  send(lease_.answered(clock_of(now), result), next_request, outputs);
}

void Leadership::release(const Instant& now, RequestId& next_request, Outputs& outputs) {
  if (!options_.elected || !started_) return;
  label(options_.pod_name, "", next_request, outputs);
  send(lease_.release(clock_of(now)), next_request, outputs);
}

std::optional<std::int64_t> Leadership::wake_at_ns() const {
  if (!options_.elected || !started_) return std::nullopt;
  return lease_.wake_at_ns();
}

}  // namespace bw
