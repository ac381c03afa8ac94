#include "volatile_disk.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace bw {
namespace {

constexpr std::size_t kSectorSize = 512;

}  // namespace

// A deep copy; files and folders with several names keep them.
class VolatileDisk::Copy {
 public:
  FolderPointer folder(const FolderPointer& original) {
    FolderPointer& copy = folders_[original.get()];
    if (copy) return copy;
    copy = std::make_shared<Folder>();
    for (const auto& [name, entry] : original->entries) copy->entries.emplace(name, this->entry(entry));
    for (const auto& [name, entry] : original->durable) copy->durable.emplace(name, this->entry(entry));
    for (const Changes& changes : original->unsynced) {
      Changes& copied = copy->unsynced.emplace_back();
      for (const auto& [name, entry] : changes) copied.emplace_back(name, this->entry(entry));
    }
    return copy;
  }

 private:
  Entry entry(const Entry& original) {
    if (const auto* file = std::get_if<FilePointer>(&original)) {
      FilePointer& copy = files_[file->get()];
      if (!copy) copy = std::make_shared<File>(**file);
      return copy;
    }
    if (const auto* folder = std::get_if<FolderPointer>(&original)) return this->folder(*folder);
    return {};
  }

  std::map<const File*, FilePointer> files_;
  std::map<const Folder*, FolderPointer> folders_;
};

// What is left after a power loss, folder by folder.
class VolatileDisk::Survivors {
 public:
  Survivors(Unsynced unsynced, std::uint64_t seed) : unsynced_(unsynced), random_(seed) {}

  FolderPointer folder(const Folder& original) {
    auto entries = original.durable;
    if (unsynced_ != Unsynced::kVanishes) {
      const std::size_t kept = below(original.unsynced.size() + 1);
      for (std::size_t i = 0; i < kept; ++i) {
        for (const auto& [name, entry] : original.unsynced[i]) entries.insert_or_assign(name, entry);
      }
    }
    const auto left = std::make_shared<Folder>();
    for (const auto& [name, entry] : entries) {
      if (const auto* file = std::get_if<FilePointer>(&entry)) {
        left->entries.emplace(name, this->file(*file));
      } else if (const auto* folder = std::get_if<FolderPointer>(&entry)) {
        left->entries.emplace(name, this->folder(**folder));
      }
    }
    left->durable = left->entries;
    return left;
  }

 private:
  FilePointer file(const FilePointer& original) {
    FilePointer& left = files_[original.get()];
    if (left) return left;
    left = std::make_shared<File>();
    left->content = left->durable = content(*original);
    return left;
  }

  std::string content(const File& file) {
    if (unsynced_ == Unsynced::kVanishes || (file.rewritten && below(2) == 0)) return file.durable;
    const std::size_t synced = file.rewritten ? 0 : file.durable.size();
    const std::size_t end = synced + below(file.content.size() - synced + 1);
    std::string left = file.content.substr(0, end);
    if (!file.rewritten) std::ranges::copy(file.durable, left.begin());  // without what a failed sync forgot
    for (std::size_t at = synced; unsynced_ == Unsynced::kSectors && at < end;) {
      const std::size_t next = std::min((at / kSectorSize + 1) * kSectorSize, end);
      if (below(2) == 0) std::memset(left.data() + at, 0, next - at);
      at = next;
    }
    return left;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

  const Unsynced unsynced_;
  std::mt19937_64 random_;
  std::map<const File*, FilePointer> files_;
};

void VolatileDisk::Folder::change(Changes changes) {
  for (const auto& [name, entry] : changes) {
    if (std::holds_alternative<std::monostate>(entry)) {
      entries.erase(name);
    } else {
      entries.insert_or_assign(name, entry);
    }
  }
  unsynced.push_back(std::move(changes));
}

VolatileDisk::Entry VolatileDisk::Folder::find(std::string_view name) const {
  const auto found = entries.find(name);
  return found == entries.end() ? Entry{} : found->second;
}

VolatileDisk::VolatileDisk() : root_(std::make_shared<Folder>()) {}
VolatileDisk::~VolatileDisk() = default;
VolatileDisk::VolatileDisk(const VolatileDisk& other) : root_(Copy().folder(other.root_)) {}
VolatileDisk& VolatileDisk::operator=(const VolatileDisk& other) {
  root_ = Copy().folder(other.root_);
  return *this;
}
VolatileDisk::VolatileDisk(VolatileDisk&&) noexcept = default;
VolatileDisk& VolatileDisk::operator=(VolatileDisk&&) noexcept = default;

VolatileDisk::Entry VolatileDisk::find(std::string_view path) const {
  Entry at = root_;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (name.empty()) continue;
    const auto* folder = std::get_if<FolderPointer>(&at);
    if (folder == nullptr) return {};
    at = Entry((*folder)->find(name));
  }
  return at;
}

VolatileDisk::FolderPointer VolatileDisk::find_folder(std::string_view path) const {
  const Entry entry = find(path);
  const auto* folder = std::get_if<FolderPointer>(&entry);
  return folder != nullptr ? *folder : nullptr;
}

std::pair<VolatileDisk::FolderPointer, std::string> VolatileDisk::split(std::string_view path) const {
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {root_, std::string(path)};
  return {find_folder(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

VolatileDisk::FilePointer VolatileDisk::find_file(std::string_view path) const {
  const Entry entry = find(path);
  const auto* file = std::get_if<FilePointer>(&entry);
  return file != nullptr ? *file : nullptr;
}

bool VolatileDisk::is_folder(std::string_view path) const { return find_folder(path) != nullptr; }

std::optional<std::vector<std::string>> VolatileDisk::list(std::string_view folder) const {
  const FolderPointer found = find_folder(folder);
  if (!found) return {};
  std::vector<std::string> names;
  for (const auto& [name, entry] : found->entries) names.push_back(name);
  return names;
}

void VolatileDisk::list_files(const Folder& folder, const std::string& path, std::vector<std::string>& files) {
  for (const auto& [name, entry] : folder.entries) {
    const std::string child = path + "/" + name;
    if (const auto* inner = std::get_if<FolderPointer>(&entry)) {
      list_files(**inner, child, files);
    } else {
      files.push_back(child);
    }
  }
}

std::vector<std::string> VolatileDisk::files() const {
  std::vector<std::string> files;
  list_files(*root_, "", files);
  return files;
}

VolatileDisk::FilePointer VolatileDisk::create_file(std::string_view path) {
  const auto [folder, name] = split(path);
  if (!folder) return nullptr;
  const Entry entry = folder->find(name);
  if (std::holds_alternative<FolderPointer>(entry)) return nullptr;
  if (const auto* there = std::get_if<FilePointer>(&entry)) {
    (*there)->rewritten = (*there)->rewritten || !(*there)->durable.empty();
    (*there)->content.clear();
    (*there)->lost.clear();
    return *there;
  }
  const auto file = std::make_shared<File>();
  folder->change({{name, file}});
  return file;
}

bool VolatileDisk::make_folder(std::string_view path) {
  const auto [folder, name] = split(path);
  if (!folder || !std::holds_alternative<std::monostate>(folder->find(name))) return false;
  folder->change({{name, std::make_shared<Folder>()}});
  return true;
}

bool VolatileDisk::remove_file(std::string_view path) {
  const auto [folder, name] = split(path);
  if (!folder || !std::holds_alternative<FilePointer>(folder->find(name))) return false;
  folder->change({{name, {}}});
  return true;
}

bool VolatileDisk::remove_folder(std::string_view path) {
  const auto [folder, name] = split(path);
  const FolderPointer removed = find_folder(path);
  if (!folder || !removed || !removed->entries.empty()) return false;
  folder->change({{name, {}}});
  return true;
}

bool VolatileDisk::rename(std::string_view from, std::string_view to) {
  const auto [from_folder, from_name] = split(from);
  const auto [to_folder, to_name] = split(to);
  if (!from_folder || !to_folder) return false;
  const Entry entry = from_folder->find(from_name);
  const Entry replaced = to_folder->find(to_name);
  const bool fits = std::holds_alternative<std::monostate>(replaced) || replaced.index() == entry.index();
  if (std::holds_alternative<std::monostate>(entry) || !fits) return false;
  if (const auto* folder = std::get_if<FolderPointer>(&replaced); folder && !(*folder)->entries.empty()) return false;
  if (from_folder == to_folder) {
    from_folder->change({{from_name, {}}, {to_name, entry}});
  } else {
    from_folder->change({{from_name, {}}});
    to_folder->change({{to_name, entry}});
  }
  return true;
}

bool VolatileDisk::link(std::string_view from, std::string_view to) {
  const FilePointer file = find_file(from);
  const auto [folder, name] = split(to);
  if (!file || !folder || !std::holds_alternative<std::monostate>(folder->find(name))) return false;
  folder->change({{name, file}});
  return true;
}

void VolatileDisk::sync(File& file) {
  file.durable = file.content;
  for (const auto& [begin, end] : file.lost) {
    if (begin < file.durable.size()) {
      std::memset(file.durable.data() + begin, 0, std::min(end, file.durable.size()) - begin);
    }
  }
  file.rewritten = false;
}

void VolatileDisk::fail_sync(File& file) {
  const std::size_t synced = file.rewritten ? 0 : file.durable.size();
  if (synced < file.content.size()) file.lost.emplace_back(synced, file.content.size());
}

bool VolatileDisk::sync_folder(std::string_view path) {
  const FolderPointer folder = find_folder(path);
  if (!folder) return false;
  folder->durable = folder->entries;
  folder->unsynced.clear();
  return true;
}

VolatileDisk VolatileDisk::after_power_loss(Unsynced unsynced, std::uint64_t seed) const {
  VolatileDisk left;
  left.root_ = Survivors(unsynced, seed).folder(*root_);
  return left;
}

}  // namespace bw
