// Objects as the model API server holds them: every kind in one struct, with the fields that matter here, and their
// JSON as a server writes it. A version of an object never changes; an edit makes another version. Values only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/types.h"

namespace bw::simulation {

struct ModelOwner {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool operator==(const ModelOwner&) const = default;
};

struct DeclaredMbps {
  std::optional<std::int64_t> ul, dl;
  bool operator==(const DeclaredMbps&) const = default;
};

struct DeclaredReservation {
  std::string name;
  DeclaredMbps local, network;
  std::optional<Timestamp> until;  // whole seconds
  bool operator==(const DeclaredReservation&) const = default;
};

struct BandwidthSpec {
  DeclaredMbps local, network;
  std::optional<std::uint32_t> max_interfaces;
  std::vector<DeclaredReservation> reservations;
  bool operator==(const BandwidthSpec&) const = default;
};

struct ModelObject {
  Stream stream = Stream::kPods;
  std::string space;  // namespace; "" for what is cluster-scoped
  std::string name;
  std::string uid;
  ResourceVersion resource_version = 0;
  std::int64_t generation = 1;
  Timestamp created;
  bool terminating = false;
  bool finalizer = false;
  std::map<std::string, std::string> annotations;
  std::map<std::string, std::string> labels;
  std::optional<ModelOwner> controller;

  // Pods.
  std::string node;  // "": not bound
  std::string phase = "Pending";
  std::string scheduler;
  std::int32_t priority = 0;
  bool host_network = false;
  std::string not_scheduled;  // message of PodScheduled=False; "": no such condition
  std::string only_node;      // of a DaemonSet's pod: its node affinity

  // Nodes.
  bool unschedulable = false;
  std::uint32_t allocatable_pods = 110;

  // Workloads.
  std::optional<std::uint32_t> replicas, parallelism, completions;

  // Bandwidth objects.
  BandwidthSpec bandwidth;
  std::string status;  // JSON; "": none yet

  bool operator==(const ModelObject&) const = default;

  bool over() const { return phase == "Succeeded" || phase == "Failed"; }
};

class Version {
 public:
  explicit Version(ModelObject object) : object_(std::move(object)) {}
  const ModelObject* operator->() const { return &object_; }
  const ModelObject& operator*() const { return object_; }

  // As the server sends it; streams of metadata only get no more.
  const std::string& json() const;

 private:
  const ModelObject object_;
  mutable std::string json_;
};
using VersionPtr = std::shared_ptr<const Version>;

std::string_view kind_of(Stream stream);
std::string_view api_version_of(Stream stream);

// The reference that pods of a workload bear.
ModelOwner owner_reference(const ModelObject& workload);

}  // namespace bw::simulation
