// What must hold before the cluster is followed and anything is recorded: the API server answers, the Bandwidth
// resource is installed, and the journal belongs to this cluster. On the way it collects the heads that the journal
// published (in the statuses of Bandwidth objects, and on the Lease). Sans-io; thread: the state's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/messages.h"
#include "journal/known_head.h"
#include "kube/backoff.h"

namespace bw {

class PreflightFsm {
 public:
  struct Known {
    std::string cluster;  // uid of namespace kube-system that the journal knows; "": none yet
    JournalId journal;
    std::string lease_space;  // "": there is no Lease
    std::string lease_name;
  };

  PreflightFsm(Known known, std::uint64_t seed) : known_(std::move(known)), backoff_(seed) {}

  void start(RequestId& next_request, Outputs& outputs) { ask(next_request, outputs); }
  bool owns(RequestId request) const { return request_ == request; }
  void answered(const Result<ApiResponse>& result, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  void tick(std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  std::optional<std::int64_t> wake_at_ns() const { return wake_at_ns_; }

  bool passed() const { return step_ == Step::kPassed; }
  const std::string& cluster() const { return known_.cluster; }
  // Set once, if the daemon cannot run here: one sentence that says what to do.
  const std::optional<std::string>& refusal() const { return refusal_; }
  // The newest head of this very journal that was found; what it says is known once preflight has passed.
  const std::optional<KnownHead>& known_head() const { return known_head_; }

 private:
  enum class Step { kResource, kCluster, kLease, kPassed };

  void ask(RequestId& next_request, Outputs& outputs);
  void next(Step step, RequestId& next_request, Outputs& outputs);
  void retry(const std::string& what, std::int64_t now_ns, Outputs& outputs);
  void consider_head(const std::string& text);
  void read_statuses(const std::string& body);
  void read_lease(const std::string& body);

  Known known_;
  Backoff backoff_;
  Step step_ = Step::kResource;
  std::optional<RequestId> request_;
  std::optional<std::int64_t> wake_at_ns_;
  std::optional<std::string> refusal_;
  std::optional<KnownHead> known_head_;
};

}  // namespace bw
