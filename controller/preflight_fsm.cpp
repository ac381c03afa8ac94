#include "controller/preflight_fsm.h"

#include <nlohmann/json.hpp>

#include "kube/effect_request.h"
#include "kube/observe.h"

namespace bw {

using Json = nlohmann::json;

void PreflightFsm::ask(RequestId& next_request, Outputs& outputs) {
  ApiRequest request;
  switch (step_) {
    case Step::kResource:
      request.target = "/apis/networking.vaclab.org/v1/bandwidths?limit=500";
      break;
    case Step::kCluster:
      request.target = "/api/v1/namespaces/kube-system";
      break;
    case Step::kLease:
    case Step::kPassed: {
      const Result<ApiRequest> lease = get_lease(known_.lease_space, known_.lease_name);
      if (!lease) {
        refusal_ = "kube.namespace: " + lease.error().message;
        return;
      }
      request = *lease;
      break;
    }
  }
  request.timeout_ms = 10'000;
  request_ = next_request;
  wake_at_ns_.reset();
  outputs.emplace_back(SendRequest{next_request++, std::move(request)});
}

void PreflightFsm::next(Step step, RequestId& next_request, Outputs& outputs) {
  step_ = step;
  if (step_ != Step::kPassed) ask(next_request, outputs);
}

void PreflightFsm::retry(const std::string& what, std::int64_t now_ns, Outputs& outputs) {
  wake_at_ns_ = now_ns + backoff_.next_delay_ns(now_ns);
  outputs.emplace_back(LogLine{LogLevel::kWarning, "the API server is asked again: " + what});
}

// What cannot be read proves nothing.
void PreflightFsm::consider_head(const std::string& text) {
  const Result<KnownHead> found = parse_known_head(text);
  if (!found || found->id != known_.journal) return;
  if (!known_head_ || known_head_->head.sequence < found->head.sequence) known_head_ = *found;
}

void PreflightFsm::read_statuses(const std::string& body) {
  const Json list = Json::parse(body, nullptr, false);
  if (!list.is_object() || !list.contains("items")) return;
  for (const Json& item : list["items"]) {
    const Json::json_pointer at("/status/journal");
    if (!item.contains(at)) continue;
    const Json& journal = item[at];
    if (!journal.is_object()) continue;
    const auto id = journal.find("id");
    const auto sequence = journal.find("sequence");
    const auto hash = journal.find("headHash");
    const bool is_whole = id != journal.end() && id->is_string() && sequence != journal.end() &&
                          sequence->is_number_integer() && hash != journal.end() && hash->is_string();
    if (is_whole) consider_head(id->get<std::string>() + ':' + sequence->dump() + ':' + hash->get<std::string>());
  }
}

void PreflightFsm::read_lease(const std::string& body) {
  const Json lease = Json::parse(body, nullptr, false);
  const Json::json_pointer at("/metadata/annotations/networking.vaclab.org~1journal");
  if (lease.is_object() && lease.contains(at) && lease[at].is_string()) consider_head(lease[at]);
}

void PreflightFsm::answered(const Result<ApiResponse>& result, std::int64_t now_ns, RequestId& next_request,
                            Outputs& outputs) {
  request_.reset();
  if (!result) return retry(result.error().message, now_ns, outputs);
  const int status = result->status;
  const auto unexpected = [&](const char* what) {
    retry("HTTP " + std::to_string(status) + " for " + what, now_ns, outputs);
  };
  switch (step_) {
    case Step::kResource:
      if (status == 404) {
        refusal_ = "the Bandwidth resource is not installed in this cluster: kubectl apply -f deploy/crd.yaml";
      } else if (status == 403) {
        refusal_ = "this user may not list bandwidths.networking.vaclab.org: kubectl apply -f deploy/rbac.yaml";
      } else if (status != 200) {
        unexpected("bandwidths.networking.vaclab.org");
      } else {
        read_statuses(result->body);
        next(Step::kCluster, next_request, outputs);
      }
      return;
    case Step::kCluster: {
      if (status == 403) {
        refusal_ = "this user may not read namespace kube-system: kubectl apply -f deploy/rbac.yaml";
        return;
      }
      const Result<ObjectKey> key = status == 200 ? ObjectReader().observe_key(result->body)
                                                  : Result<ObjectKey>(Error{ErrorCode::kUnavailable, ""});
      if (!key) return unexpected("namespace kube-system");
      if (!known_.cluster.empty() && known_.cluster != key->uid) {
        refusal_ = "this journal belongs to another cluster (its namespace kube-system has uid " + known_.cluster +
                   ", here it is " + key->uid + "): give each cluster its own journal.path";
        return;
      }
      known_.cluster = key->uid;
      return next(known_.lease_space.empty() ? Step::kPassed : Step::kLease, next_request, outputs);
    }
    case Step::kLease:
    case Step::kPassed:
      if (status == 403) {
        refusal_ = "this user may not read Leases in namespace " + known_.lease_space +
                   ": kubectl apply -f deploy/rbac.yaml, or set kube.namespace to where its Role is";
      } else if (status != 200 && status != 404) {
        unexpected("the Lease");
      } else {
        if (status == 200) read_lease(result->body);
        next(Step::kPassed, next_request, outputs);
      }
      return;
  }
}

void PreflightFsm::tick(std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  if (wake_at_ns_ && *wake_at_ns_ <= now_ns) ask(next_request, outputs);
}

}  // namespace bw
