// Effects as requests to the API server. Pure: the same effect gives the same bytes. Names come from the API server
// and from extender calls, so they are validated before they become part of a path; they then need no escapes.
// Values only; safe on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/result.h"
#include "kube/api.h"
#include "projections/effect.h"

namespace bw {

// How long the server may work on a Binding; shorter than the scheduler waits for the bind call. We wait a little
// longer, so that it is the server that says so.
constexpr std::int64_t kBindingTimeoutS = 2;
constexpr std::int64_t kBindingTimeoutMs = kBindingTimeoutS * 1000 + 500;

// kInvalid where a name is not one that Kubernetes allows. Patches of a pod carry its uid, so that a new pod of the
// same name is not touched.
Result<ApiRequest> request_for(const Effect& effect);

Result<ApiRequest> get_pod(std::string_view space, std::string_view name);

// `body` is the merge patch: {"status": {...}}.
Result<ApiRequest> patch_bandwidth_status(std::string_view node, std::string body);

// The Lease of the leader election; `body` is the whole object.
Result<ApiRequest> get_lease(std::string_view space, std::string_view name);
Result<ApiRequest> create_lease(std::string_view space, std::string body);
Result<ApiRequest> replace_lease(std::string_view space, std::string_view name, std::string body);

// Sets the label networking.vaclab.org/role of one of our own pods, which the Service selects by; "" takes it away.
Result<ApiRequest> label_role(std::string_view space, std::string_view pod, std::string_view role);

// An events.k8s.io/v1 Event. What is too long is cut.
struct ClusterEvent {
  std::string api_version;  // of the object it is about: "v1", "networking.vaclab.org/v1"
  std::string kind;
  std::string space;  // namespace; "" for a cluster-scoped object, whose events stand in `default`
  std::string name;
  std::string uid;
  Timestamp time;
  Sequence cause = 0;  // makes the name of the event: posting it twice is a 409 and no second event
  bool warning = false;
  std::string reason;    // "BandwidthOvercommitted"
  std::string action;    // what was done: "Reserve"
  std::string note;      // a sentence for people
  std::string reporter;  // which replica
};

Result<ApiRequest> post_event(const ClusterEvent& event);

}  // namespace bw
