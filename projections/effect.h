// Effects: what the world still owes us, in the imperative. Each carries the sequence of the event that caused
// it, as idempotency key. pending_effects() derives them from the state; kube/ turns them into requests; their
// results come back as facts or observations. Values only; safe on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "journal/event.h"

namespace bw {

// POST a Binding with the pod's uid and the resourceVersion that was decided on.
struct BindPod {
  Sequence cause = 0;  // of the reservation
  PodNumber pod_number{};
  PodIdentity pod;
  std::string node;
  ResourceVersion resource_version = 0;
  std::vector<std::pair<std::string, std::string>> annotations;  // the granted request, restated
  bool operator==(const BindPod&) const = default;
};

// POST a Bandwidth object with an empty spec for a node that has none.
struct CreateBandwidth {
  Sequence cause = 0;
  std::string node;
  bool operator==(const CreateBandwidth&) const = default;
};

// DELETE the Bandwidth object of a node that is gone, with preconditions.
struct DeleteBandwidth {
  Sequence cause = 0;
  std::string node;
  std::string uid;
  ResourceVersion resource_version = 0;
  bool operator==(const DeleteBandwidth&) const = default;
};

// PATCH the annotation networking.vaclab.org/retry of a refused pod that fits now.
struct WakePod {
  Sequence cause = 0;
  PodIdentity pod;
  std::uint32_t retry = 0;
  bool operator==(const WakePod&) const = default;
};

// PATCH the annotation networking.vaclab.org/term of an unbound pod, so that Bindings decided before it fail.
struct FencePod {
  Sequence cause = 0;
  PodIdentity pod;
  std::uint64_t term = 0;
  bool operator==(const FencePod&) const = default;
};

using Effect = std::variant<BindPod, CreateBandwidth, DeleteBandwidth, WakePod, FencePod>;

}  // namespace bw
