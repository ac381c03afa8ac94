#include "tests/simulation/model_api_server.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "extender/http.h"
#include "extender/json_text.h"

namespace bw::simulation {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kCollections[kStreamCount] = {
    "/api/v1/pods",
    "/api/v1/nodes",
    "/apis/networking.vaclab.org/v1/bandwidths",
    "/api/v1/namespaces",
    "/apis/apps/v1/replicasets",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/statefulsets",
    "/apis/apps/v1/daemonsets",
    "/apis/batch/v1/jobs",
};
constexpr std::string_view kBandwidths = kCollections[static_cast<std::size_t>(Stream::kBandwidths)];

std::optional<Stream> collection_of(std::string_view path) {
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (path == kCollections[i]) return static_cast<Stream>(i);
  }
  return std::nullopt;
}

struct Target {
  std::string_view path, query;
};

Target split(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

// "/api/v1/namespaces/SPACE/pods/NAME" and what follows: "" or "/binding".
struct PodPath {
  std::string space, name;
  std::string_view rest;
};
std::optional<PodPath> pod_path(std::string_view path) {
  constexpr std::string_view kBefore = "/api/v1/namespaces/", kPods = "/pods/";
  const std::size_t pods = path.find(kPods);
  if (!path.starts_with(kBefore) || pods == std::string_view::npos) return std::nullopt;
  const std::string_view name = path.substr(pods + kPods.size());
  const std::size_t end = std::min(name.find('/'), name.size());
  return PodPath{std::string(path.substr(kBefore.size(), pods - kBefore.size())), std::string(name.substr(0, end)),
                 name.substr(end)};
}

std::int64_t number(std::string_view query, std::string_view key, std::int64_t absent) {
  const std::optional<std::string> text = query_value(query, key);
  std::int64_t value = absent;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::string text_of(const Json& object, const char* key) { return object.value(key, std::string()); }

ResourceVersion version_of(const Json& object) {
  const std::string text = text_of(object, "resourceVersion");
  return text.empty() ? 0 : std::stoull(text);
}

ApiResponse not_found(Stream stream, const std::string& name) {
  return ModelApiServer::failure(404, "NotFound", std::string(kind_of(stream)) + " \"" + name + "\" not found");
}

ApiResponse conflict(std::string_view message) { return ModelApiServer::failure(409, "Conflict", message); }

}  // namespace

bool is_binding(const ApiRequest& request) {
  return request.method == Method::kPost && split(request.target).path.ends_with("/binding");
}

ModelBinding read_binding(const ApiRequest& request) {
  ModelBinding binding;
  if (const auto path = pod_path(split(request.target).path)) {
    binding.space = path->space;
    binding.name = path->name;
  }
  const Json body = Json::parse(request.body);
  const Json& metadata = body.at("metadata");
  binding.uid = text_of(metadata, "uid");
  binding.resource_version = version_of(metadata);
  binding.node = text_of(body.at("target"), "name");
  if (metadata.contains("annotations")) metadata.at("annotations").get_to(binding.annotations);
  return binding;
}

ApiResponse ModelApiServer::failure(int code, std::string_view reason, std::string_view message) {
  ApiResponse response;
  response.status = code;
  response.body = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)";
  append_json_string(response.body, message);
  response.body += R"(,"reason":)";
  append_json_string(response.body, reason);
  response.body += ",\"code\":" + std::to_string(code) + "}\n";
  return response;
}

ApiResponse ModelApiServer::expired() {
  return failure(410, "Expired", "The resourceVersion or continue token is too old");
}

ApiResponse ModelApiServer::carry_out(const ApiRequest& request) {
  if (ModelLease::is_asked_for(request)) return lease_.carry_out(request);
  const Target target = split(request.target);
  if (request.method == Method::kGet) {
    if (const auto stream = collection_of(target.path)) return list(*stream, target.query);
    if (target.path == "/api/v1/namespaces/kube-system") return read(Stream::kNamespaces, "", "kube-system");
  }
  if (const auto path = pod_path(target.path)) {
    if (is_binding(request)) return bind(read_binding(request));
    if (path->rest.empty() && request.method == Method::kGet) return read(Stream::kPods, path->space, path->name);
    const VersionPtr pod = store_.find(Stream::kPods, path->space, path->name);
    if (!pod) return not_found(Stream::kPods, path->name);
    if (path->rest.empty() && request.method == Method::kPatch) return patch_pod(**pod, request.body);
  }
  if (request.method == Method::kPost && target.path == kBandwidths) return create_bandwidth(request.body);
  if (target.path.starts_with(kBandwidths) && target.path.size() > kBandwidths.size()) {
    std::string name(target.path.substr(kBandwidths.size() + 1));
    const bool status = name.ends_with("/status");
    if (status) name.resize(name.size() - std::string_view("/status").size());
    const VersionPtr object = store_.find(Stream::kBandwidths, "", name);
    if (!object) return not_found(Stream::kBandwidths, name);
    if (status && request.method == Method::kPatch) return patch_status(**object, request.body);
    if (!status && request.method == Method::kDelete) return remove_bandwidth(**object, request.body);
  }
  if (request.method == Method::kPost && target.path.ends_with("/events")) return {201, request.body, {}};
  world_.fail("model", "the model of the API server does not know this request: " + request.target);
  return failure(404, "NotFound", "the server could not find the requested resource");
}

// ---- lists and watches --------------------------------------------------------------------------------------

ApiResponse ModelApiServer::list(Stream stream, std::string_view query) {
  const auto limit = static_cast<std::size_t>(number(query, "limit", 0));
  const std::optional<std::string> token = query_value(query, "continue");
  if (!token) {
    world_.coverage.count(Counter::kLists);
    Snapshot snapshot{stream, store_.version(), {}, 0};
    for (const auto& [key, version] : store_.all(stream)) snapshot.objects.push_back(version);
    return page(std::move(snapshot), limit);
  }
  const auto found = snapshots_.find(*token);
  if (found == snapshots_.end() || found->second.version < store_.compacted()) {
    world_.coverage.count(Counter::kListsExpired);
    return expired();
  }
  return page(found->second, limit);
}

// A server may send less than was asked for, even nothing; only the token says whether more is to come.
ApiResponse ModelApiServer::page(Snapshot snapshot, std::size_t limit) {
  world_.coverage.count(Counter::kListPages);
  const std::size_t left = snapshot.objects.size() - snapshot.next;
  std::size_t size = limit == 0 ? left : std::min({limit, left, random_.below(12)});
  if (!world_.storms()) size = limit == 0 ? left : std::min(limit, left);
  std::string items;
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) items += ',';
    items += snapshot.objects[snapshot.next + i]->json();
  }
  snapshot.next += size;
  std::string body = "{\"kind\":\"" + std::string(kind_of(snapshot.stream)) + "List\",\"apiVersion\":\"" +
                     std::string(api_version_of(snapshot.stream)) + "\",\"metadata\":{\"resourceVersion\":\"" +
                     std::to_string(snapshot.version) + "\"";
  if (snapshot.next < snapshot.objects.size()) {
    const std::string token = "page/" + std::to_string(++tokens_) + "=";
    body += ",\"continue\":\"" + token + "\"";
    snapshots_[token] = std::move(snapshot);
  }
  return {200, body + "},\"items\":[" + items + "]}\n", {}};
}

std::variant<ModelApiServer::WatchStart, ApiResponse> ModelApiServer::begin_watch(const ApiRequest& request) {
  const Target target = split(request.target);
  const std::optional<Stream> stream = collection_of(target.path);
  const auto after = static_cast<ResourceVersion>(number(target.query, "resourceVersion", 0));
  if (!stream || after == 0 || query_value(target.query, "watch") != "true") {
    world_.fail("model", "the model of the API server does not know this watch: " + request.target);
    return failure(404, "NotFound", "the server could not find the requested resource");
  }
  world_.coverage.count(Counter::kWatches);
  return WatchStart{*stream, after, number(target.query, "timeoutSeconds", 1800)};
}

std::string ModelApiServer::watch_line(const StoreChange& change) {
  constexpr std::string_view kTypes[] = {"ADDED", "MODIFIED", "DELETED"};
  return "{\"type\":\"" + std::string(kTypes[static_cast<std::size_t>(change.type)]) +
         "\",\"object\":" + change.version->json() + "}\n";
}

std::string ModelApiServer::bookmark_line(Stream stream, ResourceVersion version) {
  return "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"" + std::string(kind_of(stream)) + "\",\"apiVersion\":\"" +
         std::string(api_version_of(stream)) + "\",\"metadata\":{\"resourceVersion\":\"" + std::to_string(version) +
         "\",\"creationTimestamp\":null}}}\n";
}

std::string ModelApiServer::expired_line() {
  std::string status = expired().body;
  status.pop_back();
  return "{\"type\":\"ERROR\",\"object\":" + status + "}\n";
}

// ---- objects ------------------------------------------------------------------------------------------------

ApiResponse ModelApiServer::read(Stream stream, const std::string& space, const std::string& name) {
  const VersionPtr object = store_.find(stream, space, name);
  return object ? ApiResponse{200, object->json(), {}} : not_found(stream, name);
}

ApiResponse ModelApiServer::bind(const ModelBinding& binding) {
  const VersionPtr found = store_.find(Stream::kPods, binding.space, binding.name);
  if (!found) return not_found(Stream::kPods, binding.name);
  const ModelObject& pod = **found;
  if (!binding.uid.empty() && binding.uid != pod.uid) return conflict("Precondition failed: UID in precondition");
  if (binding.resource_version != 0 && binding.resource_version != pod.resource_version) {
    return conflict("the object has been modified; please apply your changes to the latest version");
  }
  if (pod.terminating) return conflict("pod " + pod.name + " is being deleted, cannot be assigned to a host");
  if (!pod.node.empty()) return conflict("pod " + pod.name + " is already assigned to node \"" + pod.node + "\"");
  store_.edit(pod, [&](ModelObject& edited) {
    edited.node = binding.node;
    edited.not_scheduled.clear();
    for (const auto& [key, value] : binding.annotations) edited.annotations[key] = value;
  });
  return {201, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})", {}};
}

ApiResponse ModelApiServer::patch_pod(const ModelObject& pod, const std::string& body) {
  const Json patch = Json::parse(body);
  const Json& metadata = patch.at("metadata");
  // Servers differ in what they say to a patch that names another uid.
  if (metadata.contains("uid") && text_of(metadata, "uid") != pod.uid) {
    return random_.chance(500) ? conflict("Precondition failed: UID in precondition")
                               : failure(422, "Invalid", "metadata.uid: Invalid value: field is immutable");
  }
  const VersionPtr patched = store_.edit(pod, [&](ModelObject& edited) {
    for (const auto& [key, value] : metadata.at("annotations").items()) {
      if (value.is_null()) {
        edited.annotations.erase(key);
      } else {
        edited.annotations[key] = value.get<std::string>();
      }
    }
  });
  return {200, patched->json(), {}};
}

ApiResponse ModelApiServer::patch_status(const ModelObject& object, const std::string& body) {
  world_.coverage.count(Counter::kStatusWrites);
  Json status = object.status.empty() ? Json::object() : Json::parse(object.status);
  status.merge_patch(Json::parse(body).at("status"));
  const VersionPtr patched = store_.edit(object, [&](ModelObject& edited) { edited.status = status.dump(); });
  return {200, patched->json(), {}};
}

ApiResponse ModelApiServer::create_bandwidth(const std::string& body) {
  const Json created = Json::parse(body);
  ModelObject object;
  object.stream = Stream::kBandwidths;
  object.name = text_of(created.at("metadata"), "name");
  if (!created.at("spec").empty()) world_.fail("objects", "a Bandwidth object was created with a spec: " + body);
  const VersionPtr version = store_.create(object);
  if (!version) return failure(409, "AlreadyExists", "bandwidths \"" + object.name + "\" already exists");
  world_.coverage.count(Counter::kObjectsCreated);
  return {201, version->json(), {}};
}

ApiResponse ModelApiServer::remove_bandwidth(const ModelObject& object, const std::string& body) {
  const Json preconditions = Json::parse(body).value("preconditions", Json::object());
  if (text_of(preconditions, "uid") != object.uid || version_of(preconditions) != object.resource_version) {
    return conflict("Precondition failed");
  }
  if (object.bandwidth != BandwidthSpec{}) {
    world_.fail("objects", "the Bandwidth object " + object.name + " was deleted although people have written to it");
  }
  world_.coverage.count(Counter::kObjectsDeleted);
  store_.erase(object);
  return {200, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"})", {}};
}

}  // namespace bw::simulation
