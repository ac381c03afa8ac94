#include "kube/binding_reply.h"

#include "kube/wire.h"

namespace bw {
namespace {

using Kind = BindingReply::Kind;

struct Meaning {
  Kind kind = Kind::kUncertain;
  bool settled = true;
};

Meaning meaning_of(int status) {
  switch (status) {
    case 200:
    case 201:
      return {Kind::kConfirmed, true};
    case 404:
      return {Kind::kGone, true};
    case 409:
      return {Kind::kConflict, true};
    case 400:  // malformed
    case 403:  // no permission, or an admission webhook said no
    case 405:
    case 406:
    case 410:
    case 413:
    case 415:
    case 422:
      return {Kind::kRefused, true};
    case 401:  // our credentials, not this Binding
    case 429:
      return {Kind::kUncertain, true};  // turned away before it was looked at
    default:
      return {Kind::kUncertain, false};  // 5xx, and what no API server says: it may be carried out yet
  }
}

}  // namespace

BindingReply classify_binding(const Result<ApiResponse>& result) {
  if (!result) return {Kind::kUncertain, 0, result.error().message, {}, !may_have_reached(result.error())};
  const Meaning meaning = meaning_of(result->status);
  if (meaning.kind == Kind::kConfirmed) return {meaning.kind, result->status, "", {}, true};
  ApiStatus status = read_status(result->status, result->body);
  return {meaning.kind, result->status, std::move(status.message),
          result->retry_after_s ? result->retry_after_s : status.retry_after_s, meaning.settled};
}

}  // namespace bw
