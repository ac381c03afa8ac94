#include "controller/preflight_fsm.h"

#include "kube/observe.h"

namespace bw {

void PreflightFsm::ask(RequestId& next_request, Outputs& outputs) {
  ApiRequest request;
  request.target = step_ == Step::kResource ? "/apis/networking.vaclab.org/v1/bandwidths?limit=1"
                                            : "/api/v1/namespaces/kube-system";
  request.timeout_ms = 10'000;
  request_ = next_request;
  wake_at_ns_.reset();
  outputs.emplace_back(SendRequest{next_request++, std::move(request)});
}

void PreflightFsm::retry(const std::string& what, std::int64_t now_ns, Outputs& outputs) {
  wake_at_ns_ = now_ns + backoff_.next_delay_ns(now_ns);
  outputs.emplace_back(LogLine{LogLevel::kWarning, "the API server is asked again: " + what});
}

void PreflightFsm::answered(const Result<ApiResponse>& result, std::int64_t now_ns, RequestId& next_request,
                            Outputs& outputs) {
  request_.reset();
  if (!result) return retry(result.error().message, now_ns, outputs);
  const std::string status = "HTTP " + std::to_string(result->status) + " for " +
                             (step_ == Step::kResource ? "bandwidths.networking.vaclab.org" : "namespace kube-system");
  if (step_ == Step::kResource) {
    if (result->status == 404) {
      refusal_ = "the Bandwidth resource is not installed in this cluster: kubectl apply -f deploy/crd.yaml";
      return;
    }
    if (result->status == 403) {
      refusal_ = "this user may not list bandwidths.networking.vaclab.org: kubectl apply -f deploy/rbac.yaml";
      return;
    }
    if (result->status != 200) return retry(status, now_ns, outputs);
    step_ = Step::kCluster;
    return ask(next_request, outputs);
  }
  if (result->status == 403) {
    refusal_ = "this user may not read namespace kube-system: kubectl apply -f deploy/rbac.yaml";
    return;
  }
  const Result<ObjectKey> key = result->status == 200 ? ObjectReader().observe_key(result->body)
                                                      : Result<ObjectKey>(Error{ErrorCode::kUnavailable, status});
  if (!key) return retry(key.error().message, now_ns, outputs);
  if (!cluster_.empty() && cluster_ != key->uid) {
    refusal_ = "this journal belongs to another cluster (its namespace kube-system has uid " + cluster_ +
               ", here it is " + key->uid + "): give each cluster its own journal.path";
    return;
  }
  cluster_ = key->uid;
  step_ = Step::kPassed;
}

void PreflightFsm::tick(std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  if (wake_at_ns_ && *wake_at_ns_ <= now_ns) ask(next_request, outputs);
}

}  // namespace bw
