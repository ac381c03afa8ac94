#include "extender/router.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace bw {

namespace {

enum class Needs : std::uint8_t { kGet, kPost, kPostJson };

struct Entry {
  Door door;
  std::string_view path;  // ends in '/': two more segments follow, a namespace and a pod
  Needs needs;
  Route route;
};

constexpr std::array kEntries{
    Entry{Door::kScheduler, "/scheduler/filter", Needs::kPostJson, Route::kFilter},
    Entry{Door::kScheduler, "/scheduler/prioritize", Needs::kPostJson, Route::kPrioritize},
    Entry{Door::kScheduler, "/scheduler/bind", Needs::kPostJson, Route::kBind},
    Entry{Door::kScheduler, "/scheduler/preempt", Needs::kPostJson, Route::kPreempt},
    Entry{Door::kAdmission, "/admission/validate", Needs::kPostJson, Route::kValidate},
    Entry{Door::kAdmission, "/admission/mutate", Needs::kPostJson, Route::kMutate},
    Entry{Door::kOperations, "/livez", Needs::kGet, Route::kLive},
    Entry{Door::kOperations, "/readyz", Needs::kGet, Route::kReady},
    Entry{Door::kOperations, "/metrics", Needs::kGet, Route::kMetrics},
    Entry{Door::kOperations, "/v1/nodes", Needs::kGet, Route::kNodes},
    Entry{Door::kOperations, "/v1/pods", Needs::kGet, Route::kPods},
    Entry{Door::kOperations, "/v1/links", Needs::kGet, Route::kLinks},
    Entry{Door::kOperations, "/v1/explain/", Needs::kGet, Route::kExplain},
    Entry{Door::kOperations, "/v1/journal", Needs::kGet, Route::kJournal},
    Entry{Door::kOperations, "/v1/checkpoint", Needs::kPost, Route::kCheckpoint},
};

// Fills in what follows a path that ends in '/'.
bool matches(const Entry& entry, std::string_view path, RouteMatch& match) {
  if (!entry.path.ends_with('/')) return path == entry.path;
  if (!path.starts_with(entry.path)) return false;
  path.remove_prefix(entry.path.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return false;
  match.space = path.substr(0, slash);
  match.pod = path.substr(slash + 1);
  return !match.space.empty() && !match.pod.empty() && match.pod.find('/') == std::string::npos;
}

// Parameters (charset) do not matter: JSON is UTF-8. A client that sends no type is taken at its word.
bool is_json(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  if (content_type.empty()) return true;
  return std::equal(content_type.begin(), content_type.end(), kJson.begin(), kJson.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}  // namespace

std::variant<RouteMatch, HttpReply> find_route(Door door, const HttpRequest& request) {
  for (const Entry& entry : kEntries) {
    RouteMatch match{entry.route, {}, {}};
    if (entry.door != door || !matches(entry, request.path, match)) continue;

    const bool get = entry.needs == Needs::kGet;
    if (get ? request.method != "GET" && request.method != "HEAD" : request.method != "POST") {
      const std::string_view allowed = get ? "GET, HEAD" : "POST";
      HttpReply refusal = plain_reply(405, request.path + " takes " + std::string(allowed) + ", not " + request.method);
      refusal.headers.emplace_back("Allow", allowed);
      return refusal;
    }
    if (entry.needs == Needs::kPostJson && !is_json(request.content_type)) {
      return plain_reply(415, request.path + " takes application/json, not " + request.content_type);
    }
    return match;
  }
  return plain_reply(404, "there is nothing at " + request.path);
}

}  // namespace bw
