#include "tests/simulation/object_store.h"

#include <algorithm>

namespace bw::simulation {
namespace {

const char* type_name(StoreChange::Type type) {
  switch (type) {
    case StoreChange::Type::kAdded:
      return "created";
    case StoreChange::Type::kModified:
      return "changed";
    case StoreChange::Type::kDeleted:
      break;
  }
  return "gone";
}

std::string describe_change(const StoreChange& change) {
  const ModelObject& object = **change.version;
  std::string text = std::string(kind_of(object.stream)) + " " + object.name + " (" + object.uid + ") " +
                     type_name(change.type) + ", version " + std::to_string(change.resource_version);
  if (object.stream == Stream::kPods) {
    text += ", " + object.phase;
    if (!object.node.empty()) text += " on " + object.node;
    if (object.terminating) text += ", terminating";
  }
  return text;
}

}  // namespace

VersionPtr ObjectStore::find(Stream stream, const std::string& space, const std::string& name) const {
  const auto& objects = objects_[index(stream)];
  const auto found = objects.find({space, name});
  return found == objects.end() ? nullptr : found->second;
}

VersionPtr ObjectStore::present(const ModelObject& object) const {
  VersionPtr found = find(object.stream, object.space, object.name);
  return found && (*found)->uid == object.uid ? found : nullptr;
}

VersionPtr ObjectStore::create(ModelObject object) {
  if (find(object.stream, object.space, object.name)) return nullptr;
  object.uid = "uid-" + std::to_string(++uids_);
  object.resource_version = version_ + 1;
  object.generation = 1;
  object.created = {world_.wall().ns / kSecond * kSecond};
  VersionPtr version = std::make_shared<Version>(std::move(object));
  commit({StoreChange::Type::kAdded, (*version)->resource_version, version, nullptr});
  return version;
}

VersionPtr ObjectStore::edit(const ModelObject& object, const Edit& edit) {
  const VersionPtr before = present(object);
  if (!before) return nullptr;
  ModelObject after = **before;
  edit(after);
  if (after == **before) return before;
  if (after.bandwidth != (*before)->bandwidth) ++after.generation;
  after.resource_version = version_ + 1;
  VersionPtr version = std::make_shared<Version>(std::move(after));
  commit({StoreChange::Type::kModified, (*version)->resource_version, version, before});
  return version;
}

void ObjectStore::remove(const ModelObject& object) {
  const VersionPtr now = present(object);
  if (!now) return;
  const bool runs = (*now)->stream == Stream::kPods && !(*now)->node.empty() && !(*now)->over();
  if (!runs && !(*now)->finalizer) return erase(object);
  edit(object, [](ModelObject& marked) { marked.terminating = true; });
}

void ObjectStore::erase(const ModelObject& object) {
  const VersionPtr before = present(object);
  if (!before) return;
  ModelObject last = **before;
  last.resource_version = version_ + 1;
  commit({StoreChange::Type::kDeleted, last.resource_version, std::make_shared<Version>(last), before});
}

std::size_t ObjectStore::first_after(Stream stream, ResourceVersion version) const {
  const auto& history = history_[index(stream)];
  const auto found = std::ranges::upper_bound(history, version, {}, &StoreChange::resource_version);
  return static_cast<std::size_t>(found - history.begin());
}

VersionPtr ObjectStore::as_written(Stream stream, std::string_view uid, ResourceVersion version) const {
  const auto& history = history_[index(stream)];
  const std::size_t behind = first_after(stream, version);
  if (behind == 0 || history[behind - 1].resource_version != version) return nullptr;
  const VersionPtr& written = history[behind - 1].version;
  return (*written)->uid == uid ? written : nullptr;
}

void ObjectStore::commit(StoreChange change) {
  const ModelObject& object = **change.version;
  version_ = change.resource_version;
  auto& objects = objects_[index(object.stream)];
  if (change.type == StoreChange::Type::kDeleted) {
    objects.erase({object.space, object.name});
  } else {
    objects[{object.space, object.name}] = change.version;
  }
  world_.mix(change.resource_version << 8 | static_cast<std::uint64_t>(object.stream));
  world_.trace([&] { return "cluster: " + describe_change(change); });
  history_[index(object.stream)].push_back(change);
  for (const auto& listener : listeners_) listener(change);
}

}  // namespace bw::simulation
