// The Lease of the replicas as the model API server holds it: read, made, replaced under a precondition, and deleted by
// people. It is no object of the store: no controller watches it. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kube/api.h"
#include "tests/simulation/object_store.h"

namespace bw::simulation {

class ModelLease {
 public:
  ModelLease(World& world, ObjectStore& store) : world_(world), store_(store) {}

  static bool is_asked_for(const ApiRequest& request);
  ApiResponse carry_out(const ApiRequest& request);
  void remove();

  // Since when `holder` has not renewed it; less than its duration ago nobody else may lead.
  const std::string& holder() const { return holder_; }
  std::int64_t renewed_ns() const { return renewed_ns_; }

 private:
  ApiResponse write(std::string_view body, int status);

  World& world_;
  ObjectStore& store_;
  std::string body_;  // JSON; "": there is none
  ResourceVersion version_ = 0;
  std::string holder_;
  std::int64_t renewed_ns_ = 0;
};

}  // namespace bw::simulation
