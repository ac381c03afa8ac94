// The scheduler extender protocol as bytes: ExtenderArgs and the other requests of kube-scheduler read, its replies
// written. The shapes are those of k8s.io/kube-scheduler/extender/v1, whose types have no JSON tags: keys of the
// envelopes are Go field names (`NodeNames`), keys inside a Pod or Node are Kubernetes' own (`metadata`).
//
// Reading follows Go: keys in any order and any case, unknown ones ignored, null for an absent list. What is skipped
// is checked for strings, brackets and UTF-8 only. Pure; each object on one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/event.h"
#include "journal/result.h"

namespace bw {

// The pod of a filter or prioritize call. As the scheduler's cache has it: without kind, apiVersion, managedFields.
struct CalledPod {
  std::string_view uid, space, name;
  ResourceVersion resource_version = 0;  // 0: none was sent
  std::string_view json;                 // the whole object, for a deeper read
};

// The nodes of a call. A scheduler with `nodeCacheCapable: false` sends objects and wants objects back.
struct OfferedNodes {
  std::vector<std::string_view> names;
  bool as_objects = false;
  std::vector<std::string_view> objects;  // if as_objects: the object of each name
};

// Reads ExtenderArgs, the request of filter and prioritize; keeps its buffers for the next call.
class ExtenderArgs {
 public:
  ExtenderArgs();
  ~ExtenderArgs();

  // May enlarge the capacity of `body` (none is needed behind HttpRequest::body). On success pod() and nodes() are
  // views into `body` and into this, valid until either changes. On failure they are empty.
  Result<void> parse(std::string& body);

  const CalledPod& pod() const { return pod_; }
  const OfferedNodes& nodes() const { return nodes_; }

 private:
  struct Reader;

  std::unique_ptr<Reader> reader_;
  CalledPod pod_;
  OfferedNodes nodes_;
};

// The request of bind.
struct BindingArgs {
  PodIdentity pod;
  std::string node;
  bool operator==(const BindingArgs&) const = default;
};

Result<BindingArgs> parse_binding_args(std::string& body);

struct OfferedVictims {
  std::string node;
  std::vector<std::string> pod_uids;
  std::int64_t pdb_violations = 0;
  bool operator==(const OfferedVictims&) const = default;
};

// The request of preempt: what the scheduler would evict, per node, in its order.
struct PreemptionArgs {
  PodIdentity pod;
  std::vector<OfferedVictims> nodes;
  bool operator==(const PreemptionArgs&) const = default;
};

Result<PreemptionArgs> parse_preemption_args(std::string& body);

// A node, by its place in OfferedNodes, and why it does not take the pod. The scheduler counts equal reasons together
// in the message that users see, so a reason must not vary from node to node.
struct NodeRefusal {
  std::uint32_t node = 0;
  std::string_view reason;
};

// The writers replace what is in `out` and keep its capacity. No newline follows: behind Content-Length it would cost
// the scheduler its connection.

// ExtenderFilterResult. `kept` are places in `offered`. Refused nodes are unresolvable: preemption frees no bandwidth.
void write_filter_result(const OfferedNodes& offered, std::span<const std::uint32_t> kept,
                         std::span<const NodeRefusal> refused, std::string& out);

// ExtenderFilterResult with `Error`: the attempt fails as an internal error, so never for want of bandwidth.
void write_filter_error(std::string_view error, std::string& out);

// HostPriorityList: `scores`, 0 to 10, one for each of `names`.
void write_priorities(std::span<const std::string_view> names, std::span<const std::int64_t> scores, std::string& out);

// ExtenderBindingResult; `error` is "" if the pod is bound.
void write_binding_result(std::string_view error, std::string& out);

// ExtenderPreemptionResult, which hands the victims back as they were offered.
void write_preemption_result(std::span<const OfferedVictims> nodes, std::string& out);

}  // namespace bw
