// The API server as its clients see it, without the way to it: requests and answers as JSON over the object store,
// with the semantics of Kubernetes where they matter here: consistent lists in pages, preconditions, Bindings, merge
// patches, the status subresource. Each request is carried out at once; when, whether, and whether the client learns
// of it is up to wire.h. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "kube/api.h"
#include "tests/simulation/model_lease.h"
#include "tests/simulation/object_store.h"

namespace bw::simulation {

// A Binding as it was asked for.
struct ModelBinding {
  std::string space, name, uid, node;
  ResourceVersion resource_version = 0;  // 0: not named
  std::map<std::string, std::string> annotations;
};

// From the body of a request to .../binding.
ModelBinding read_binding(const ApiRequest& request);
bool is_binding(const ApiRequest& request);

class ModelApiServer {
 public:
  ModelApiServer(World& world, ObjectStore& store)
      : world_(world), store_(store), lease_(world, store), random_(world.random("server")) {}

  ApiResponse carry_out(const ApiRequest& request);
  // Also for those who do not speak HTTP here.
  ApiResponse bind(const ModelBinding& binding);
  ModelLease& lease() { return lease_; }

  // ---- watches ----
  struct WatchStart {
    Stream stream = Stream::kPods;
    ResourceVersion after = 0;
    std::int64_t seconds = 0;
  };
  std::variant<WatchStart, ApiResponse> begin_watch(const ApiRequest& request);
  static std::string watch_line(const StoreChange& change);
  static std::string bookmark_line(Stream stream, ResourceVersion version);
  static std::string expired_line();

  static ApiResponse failure(int code, std::string_view reason, std::string_view message);
  static ApiResponse expired();

 private:
  struct Snapshot {  // that a list's pages show
    Stream stream = Stream::kPods;
    ResourceVersion version = 0;
    std::vector<VersionPtr> objects;
    std::size_t next = 0;
  };

  ApiResponse list(Stream stream, std::string_view query);
  ApiResponse page(Snapshot snapshot, std::size_t limit);
  ApiResponse read(Stream stream, const std::string& space, const std::string& name);
  ApiResponse patch_pod(const ModelObject& pod, const std::string& body);
  ApiResponse patch_status(const ModelObject& object, const std::string& body);
  ApiResponse create_bandwidth(const std::string& body);
  ApiResponse remove_bandwidth(const ModelObject& object, const std::string& body);

  World& world_;
  ObjectStore& store_;
  ModelLease lease_;
  Random random_;
  std::map<std::string, Snapshot> snapshots_;  // by continue token
  std::uint64_t tokens_ = 0;
};

}  // namespace bw::simulation
