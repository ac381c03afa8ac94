// What the daemon serves, as a table: method and path to a route. Each door (a listener) has paths of its own; what is
// not in the table is refused here, in one sentence. Pure; safe on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "extender/http.h"

namespace bw {

enum class Door : std::uint8_t {
  kScheduler,   // /scheduler/...
  kAdmission,   // /admission/...
  kOperations,  // /livez, /readyz, /metrics, /v1/...
};

enum class Route : std::uint8_t {
  kFilter,
  kPrioritize,
  kBind,
  kPreempt,
  kValidate,
  kMutate,
  kLive,
  kReady,
  kMetrics,
  kNodes,
  kPods,
  kLinks,
  kExplain,
  kJournal,
  kCheckpoint,
};

struct RouteMatch {
  Route route = Route::kLive;
  std::string space;  // kExplain: namespace and name of the pod
  std::string pod;
};

// A match, or the reply to send: 404, 405 with Allow, or 415. HEAD matches where GET does.
std::variant<RouteMatch, HttpReply> find_route(Door door, const HttpRequest& request);

}  // namespace bw
