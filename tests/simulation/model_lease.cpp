#include "tests/simulation/model_lease.h"

#include <nlohmann/json.hpp>

#include "tests/simulation/model_api_server.h"

namespace bw::simulation {
namespace {

using Json = nlohmann::json;

}  // namespace

bool ModelLease::is_asked_for(const ApiRequest& request) {
  return request.target.starts_with("/apis/coordination.k8s.io/v1/namespaces/");
}

ApiResponse ModelLease::carry_out(const ApiRequest& request) {
  if (request.method == Method::kPost) {
    if (!body_.empty()) return ModelApiServer::failure(409, "AlreadyExists", "the Lease already exists");
    return write(request.body, 201);
  }
  if (body_.empty()) return ModelApiServer::failure(404, "NotFound", "the Lease is not found");
  if (request.method == Method::kGet) return {200, body_, {}};
  if (request.method != Method::kPut) world_.fail("model", "the model does not know this request about a Lease");
  const std::string expected = Json::parse(request.body).at("metadata").value("resourceVersion", std::string());
  if (expected != std::to_string(version_)) {
    return ModelApiServer::failure(409, "Conflict", "the object has been modified");
  }
  return write(request.body, 200);
}

ApiResponse ModelLease::write(std::string_view body, int status) {
  Json lease = Json::parse(body);
  version_ = store_.take_version();
  lease["metadata"]["resourceVersion"] = std::to_string(version_);
  const std::string holder = lease.at("spec").at("holderIdentity");
  if (holder != holder_) {
    world_.trace(
        [&] { return "cluster: the Lease is held by \"" + holder + "\", version " + std::to_string(version_); });
  }
  holder_ = holder;
  renewed_ns_ = world_.now_ns();
  body_ = lease.dump();
  world_.mix(version_);
  return {status, body_, {}};
}

void ModelLease::remove() {
  if (body_.empty()) return;
  world_.trace([] { return std::string("cluster: the Lease is deleted"); });
  world_.coverage.count(Counter::kLeaseDeletions);
  body_.clear();
  store_.take_version();
}

}  // namespace bw::simulation
