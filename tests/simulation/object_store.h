// The truth of a simulated cluster: all objects, one resourceVersion for all of them, and every change that was ever
// made. What clients are told, and when, is the business of others. Thread: the simulation's.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulation/model_object.h"
#include "tests/simulation/world.h"

namespace bw::simulation {

struct StoreChange {
  enum class Type : std::uint8_t { kAdded, kModified, kDeleted };
  Type type = Type::kAdded;
  ResourceVersion resource_version = 0;
  VersionPtr version;  // kDeleted: the last state, with the version of the deletion
  VersionPtr before;   // null for kAdded
};

class ObjectStore {
 public:
  using Key = std::pair<std::string, std::string>;  // namespace and name
  using Edit = std::function<void(ModelObject&)>;

  explicit ObjectStore(World& world) : world_(world) {}

  ResourceVersion version() const { return version_; }
  // Of something that is kept elsewhere: all objects of a cluster share one count.
  ResourceVersion take_version() { return ++version_; }
  const std::map<Key, VersionPtr>& all(Stream stream) const { return objects_[index(stream)]; }
  VersionPtr find(Stream stream, const std::string& space, const std::string& name) const;
  // The present version of the same object (by uid); null if it is gone.
  VersionPtr present(const ModelObject& object) const;

  // Gives uid, version and time; null if the name is taken.
  VersionPtr create(ModelObject object);
  // The version after `edit`: a new one, or the present one if nothing changed; null if the object is gone.
  VersionPtr edit(const ModelObject& object, const Edit& edit);
  // As a client's DELETE: pods that run, and what has a finalizer, are marked; the rest is gone.
  void remove(const ModelObject& object);
  // Gone at once.
  void erase(const ModelObject& object);

  // ---- history ----
  const std::vector<StoreChange>& history(Stream stream) const { return history_[index(stream)]; }
  // The first change of the stream behind `version`, as a place in its history.
  std::size_t first_after(Stream stream, ResourceVersion version) const;
  // The object `uid` as written at `version`; null if there is none.
  VersionPtr as_written(Stream stream, std::string_view uid, ResourceVersion version) const;
  // Clients can no longer begin before this version.
  ResourceVersion compacted() const { return compacted_; }
  void compact() { compacted_ = version_; }

  // Called after each change, in the order of their registration.
  void on_change(std::function<void(const StoreChange&)> listener) { listeners_.push_back(std::move(listener)); }

 private:
  static std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }
  void commit(StoreChange change);

  World& world_;
  std::array<std::map<Key, VersionPtr>, kStreamCount> objects_;
  std::array<std::vector<StoreChange>, kStreamCount> history_;
  std::vector<std::function<void(const StoreChange&)>> listeners_;
  ResourceVersion version_ = 100;
  ResourceVersion compacted_ = 0;
  std::uint64_t uids_ = 0;
};

}  // namespace bw::simulation
