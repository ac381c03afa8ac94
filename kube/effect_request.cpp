#include "kube/effect_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "projections/time_text.h"
#include "utf8.h"

namespace bw {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBandwidths = "/apis/networking.vaclab.org/v1/bandwidths";
constexpr std::string_view kAnnotationPrefix = "networking.vaclab.org/";
constexpr std::string_view kController = "networking.vaclab.org/bwcontroller";
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kMergePatchType = "application/merge-patch+json";
constexpr std::size_t kLabelMost = 63;
constexpr std::size_t kSubdomainMost = 253;

bool is_label(std::string_view text) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kLabelMost && alphanumeric(text.front()) && alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return alphanumeric(c) || c == '-'; });
}

// RFC 1123: labels joined by dots. Kubernetes bounds the whole, and not each label.
bool is_subdomain(std::string_view text) {
  if (text.empty() || text.size() > kSubdomainMost) return false;
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  char before = '.';
  for (const char c : text) {
    if (!alphanumeric(c) && c != '-' && c != '.') return false;
    if (before == '.' && !alphanumeric(c)) return false;
    if (before == '-' && c == '.') return false;
    before = c;
  }
  return alphanumeric(before);
}

Error bad_name(std::string_view what, std::string_view name) {
  return {ErrorCode::kInvalid, std::string(what) + " \"" + cut_utf8(name, kSubdomainMost) + "\" is not a valid name"};
}

// Text that came over the wire may be no UTF-8; it must not become an exception.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

ApiRequest with_body(Method method, std::string target, std::string_view content_type, std::string body) {
  ApiRequest request;
  request.method = method;
  request.target = std::move(target);
  request.content_type = content_type;
  request.body = std::move(body);
  return request;
}

Result<std::string> pod_path(std::string_view space, std::string_view name) {
  if (!is_label(space)) return bad_name("the namespace", space);
  if (!is_subdomain(name)) return bad_name("the pod", name);
  return "/api/v1/namespaces/" + std::string(space) + "/pods/" + std::string(name);
}

Result<std::string> bandwidth_path(std::string_view node) {
  if (!is_subdomain(node)) return bad_name("the node", node);
  return std::string(kBandwidths) + "/" + std::string(node);
}

Result<std::string> leases_path(std::string_view space) {
  if (!is_label(space)) return bad_name("the namespace", space);
  return "/apis/coordination.k8s.io/v1/namespaces/" + std::string(space) + "/leases";
}

Result<ApiRequest> patch_pod(const PodIdentity& pod, std::string_view annotation, std::string value) {
  Result<std::string> path = pod_path(pod.space, pod.name);
  if (!path) return path.error();
  Json metadata;
  metadata["uid"] = pod.uid;
  metadata["annotations"][std::string(kAnnotationPrefix).append(annotation)] = std::move(value);
  return with_body(Method::kPatch, std::move(*path), kMergePatchType, dump({{"metadata", std::move(metadata)}}));
}

Result<ApiRequest> to_request(const BindPod& bind) {
  Result<std::string> path = pod_path(bind.pod.space, bind.pod.name);
  if (!path) return path.error();
  if (!is_subdomain(bind.node)) return bad_name("the node", bind.node);
  Json body;
  body["apiVersion"] = "v1";
  body["kind"] = "Binding";
  Json& metadata = body["metadata"];
  metadata["name"] = bind.pod.name;
  metadata["namespace"] = bind.pod.space;
  metadata["uid"] = bind.pod.uid;
  metadata["resourceVersion"] = std::to_string(bind.resource_version);
  for (const auto& [key, value] : bind.annotations) metadata["annotations"][key] = value;
  body["target"] = {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", bind.node}};
  ApiRequest request = with_body(Method::kPost, *path + "/binding?timeout=" + std::to_string(kBindingTimeoutS) + "s",
                                 kJsonType, dump(body));
  request.timeout_ms = kBindingTimeoutMs;
  return request;
}

Result<ApiRequest> to_request(const CreateBandwidth& create) {
  const Result<std::string> path = bandwidth_path(create.node);
  if (!path) return path.error();
  Json body;
  body["apiVersion"] = "networking.vaclab.org/v1";
  body["kind"] = "Bandwidth";
  body["metadata"]["name"] = create.node;
  body["spec"] = Json::object();
  return with_body(Method::kPost, std::string(kBandwidths), kJsonType, dump(body));
}

Result<ApiRequest> to_request(const DeleteBandwidth& remove) {
  Result<std::string> path = bandwidth_path(remove.node);
  if (!path) return path.error();
  Json body;
  body["apiVersion"] = "v1";
  body["kind"] = "DeleteOptions";
  body["preconditions"] = {{"uid", remove.uid}, {"resourceVersion", std::to_string(remove.resource_version)}};
  return with_body(Method::kDelete, std::move(*path), kJsonType, dump(body));
}

Result<ApiRequest> to_request(const WakePod& wake) { return patch_pod(wake.pod, "retry", std::to_string(wake.retry)); }

Result<ApiRequest> to_request(const FencePod& fence) {
  return patch_pod(fence.pod, "term", std::to_string(fence.term));
}

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return {digits.data(), result.ptr};
}

}  // namespace

Result<ApiRequest> request_for(const Effect& effect) {
  return std::visit([](const auto& one) { return to_request(one); }, effect);
}

Result<ApiRequest> get_pod(std::string_view space, std::string_view name) {
  Result<std::string> path = pod_path(space, name);
  if (!path) return path.error();
  ApiRequest request;
  request.target = std::move(*path);
  return request;
}

Result<ApiRequest> patch_bandwidth_status(std::string_view node, std::string body) {
  const Result<std::string> path = bandwidth_path(node);
  if (!path) return path.error();
  return with_body(Method::kPatch, *path + "/status", kMergePatchType, std::move(body));
}

Result<ApiRequest> get_lease(std::string_view space, std::string_view name) {
  const Result<std::string> path = leases_path(space);
  if (!path) return path.error();
  if (!is_subdomain(name)) return bad_name("the Lease", name);
  ApiRequest request;
  request.target = *path + "/" + std::string(name);
  return request;
}

Result<ApiRequest> create_lease(std::string_view space, std::string body) {
  const Result<std::string> path = leases_path(space);
  if (!path) return path.error();
  return with_body(Method::kPost, *path, kJsonType, std::move(body));
}

Result<ApiRequest> replace_lease(std::string_view space, std::string_view name, std::string body) {
  Result<ApiRequest> request = get_lease(space, name);
  if (!request) return request;
  return with_body(Method::kPut, request->target, kJsonType, std::move(body));
}

Result<ApiRequest> label_role(std::string_view space, std::string_view pod, std::string_view role) {
  const Result<std::string> path = pod_path(space, pod);
  if (!path) return path.error();
  const Json value = role.empty() ? Json() : Json(std::string(role));
  const Json patch = {{"metadata", {{"labels", {{"networking.vaclab.org/role", value}}}}}};
  return with_body(Method::kPatch, *path, kMergePatchType, patch.dump());
}

// Limits and required fields: events.k8s.io/v1 as the API server validates it.
Result<ApiRequest> post_event(const ClusterEvent& event) {
  const std::string space = event.space.empty() ? "default" : event.space;
  if (!is_label(space)) return bad_name("the namespace", space);
  if (!is_subdomain(event.name)) return bad_name("the object", event.name);
  const std::string suffix =
      "." + hexadecimal(event.cause) + "." + hexadecimal(static_cast<std::uint64_t>(event.time.ns));
  std::string name = event.name.substr(0, kSubdomainMost - suffix.size());
  while (name.back() == '.' || name.back() == '-') name.pop_back();

  Json body;
  body["apiVersion"] = "events.k8s.io/v1";
  body["kind"] = "Event";
  body["metadata"] = {{"name", name + suffix}, {"namespace", space}};
  body["eventTime"] = format_rfc3339(event.time, 6);
  body["reportingController"] = kController;
  body["reportingInstance"] = cut_utf8(event.reporter, 128);
  body["action"] = cut_utf8(event.action, 128);
  body["reason"] = cut_utf8(event.reason, 128);
  body["type"] = event.warning ? "Warning" : "Normal";
  body["note"] = cut_utf8(event.note, 1024);
  Json& regarding = body["regarding"];
  regarding = {{"apiVersion", event.api_version}, {"kind", event.kind}};
  if (!event.space.empty()) regarding["namespace"] = event.space;
  regarding["name"] = event.name;
  regarding["uid"] = event.uid;
  return with_body(Method::kPost, "/apis/events.k8s.io/v1/namespaces/" + space + "/events", kJsonType, dump(body));
}

}  // namespace bw
