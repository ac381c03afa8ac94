// What the reply to a Binding means for the reservation behind it (rule R14). Pure; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/result.h"
#include "kube/api.h"

namespace bw {

struct BindingReply {
  enum class Kind : std::uint8_t {
    kConfirmed,  // the pod is bound as we said
    kConflict,   // 409: the pod is bound, changed, terminating or another one of its name; read it
    kGone,       // 404: there is no such pod
    kRefused,    // the server will not carry out this Binding, now or on another attempt
    kUncertain,  // send the same Binding again
  };
  Kind kind = Kind::kUncertain;
  int status = 0;       // HTTP; 0: no answer
  std::string message;  // one sentence; "" if confirmed
  std::optional<std::int64_t> retry_after_s;
  // This send can no longer bind the pod, or has bound it. Only an uncertain reply may leave that open: the
  // reservation then outlives every later refusal until the pod is seen.
  bool settled = true;
  bool operator==(const BindingReply&) const = default;
};

BindingReply classify_binding(const Result<ApiResponse>& result);

}  // namespace bw
