// What must hold before the cluster is followed: the API server answers, the Bandwidth resource is installed, and the
// journal belongs to this cluster. Sans-io; thread: the state's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/messages.h"
#include "kube/backoff.h"

namespace bw {

class PreflightFsm {
 public:
  // `cluster`: the uid of namespace kube-system that the journal knows; "": none yet.
  PreflightFsm(std::string cluster, std::uint64_t seed) : cluster_(std::move(cluster)), backoff_(seed) {}

  void start(RequestId& next_request, Outputs& outputs) { ask(next_request, outputs); }
  bool owns(RequestId request) const { return request_ == request; }
  void answered(const Result<ApiResponse>& result, std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  void tick(std::int64_t now_ns, RequestId& next_request, Outputs& outputs);
  std::optional<std::int64_t> wake_at_ns() const { return wake_at_ns_; }

  bool passed() const { return step_ == Step::kPassed; }
  const std::string& cluster() const { return cluster_; }
  // Set once, if the daemon cannot run here: one sentence that says what to do.
  const std::optional<std::string>& refusal() const { return refusal_; }

 private:
  enum class Step { kResource, kCluster, kPassed };

  void ask(RequestId& next_request, Outputs& outputs);
  void retry(const std::string& what, std::int64_t now_ns, Outputs& outputs);

  std::string cluster_;
  Backoff backoff_;
  Step step_ = Step::kResource;
  std::optional<RequestId> request_;
  std::optional<std::int64_t> wake_at_ns_;
  std::optional<std::string> refusal_;
};

}  // namespace bw
