// A disk behind a write cache, in memory: what was written is seen at once, but only what was synced survives the loss
// of power. File contents and folder entries each have a version that is seen and one that is durable:
//   - sync(file) makes the content of the file durable, not its name; sync_folder() makes the names in it durable;
//   - a failed sync forgets what it should have written: it is still seen, but no later sync makes it durable
//     (Linux marks such pages as clean).
// Stricter than ext4 or XFS, as POSIX permits. Values only: a copy shares nothing. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bw {

// What a power loss leaves of content and names that were not synced. Cache and disk may have written any of it.
enum class Unsynced {
  kVanishes,  // all of it
  kPrefix,    // of each file some first bytes stay, of each folder some first changes
  kSectors,   // as kPrefix, but within those bytes sectors of 512 that were not written are zeros
};

class VolatileDisk {
 public:
  struct File {
    std::string content;     // as it is seen
    std::string durable;     // as of the last sync
    bool rewritten = false;  // truncated since: `durable` need not be the beginning of `content`
    std::vector<std::pair<std::size_t, std::size_t>> lost;  // begin and end of what a failed sync forgot
  };
  using FilePointer = std::shared_ptr<File>;

  VolatileDisk();
  VolatileDisk(const VolatileDisk& other);
  VolatileDisk& operator=(const VolatileDisk& other);
  VolatileDisk(VolatileDisk&&) noexcept;
  VolatileDisk& operator=(VolatileDisk&&) noexcept;
  ~VolatileDisk();

  // Paths are absolute. Null: there is no such file, or the path is a folder's.
  FilePointer find_file(std::string_view path) const;
  bool is_folder(std::string_view path) const;
  // Absent: there is no such folder. In byte order.
  std::optional<std::vector<std::string>> list(std::string_view folder) const;
  // Paths of all files, in byte order.
  std::vector<std::string> files() const;

  // The following return false where the path, or the folder it is in, is not as the call needs it.
  FilePointer create_file(std::string_view path);  // truncates one that is there; null: false
  bool make_folder(std::string_view path);
  bool remove_file(std::string_view path);
  bool remove_folder(std::string_view path);
  bool rename(std::string_view from, std::string_view to);  // atomic within one folder
  bool link(std::string_view from, std::string_view to);

  static void sync(File& file);
  static void fail_sync(File& file);
  bool sync_folder(std::string_view path);

  // What is on the disk after power was lost now and came back.
  VolatileDisk after_power_loss(Unsynced unsynced, std::uint64_t seed) const;

 private:
  struct Folder;
  using FolderPointer = std::shared_ptr<Folder>;
  using Entry = std::variant<std::monostate, FilePointer, FolderPointer>;  // monostate: no entry
  using Changes = std::vector<std::pair<std::string, Entry>>;              // names and what they mean from here on
  class Survivors;
  class Copy;

  struct Folder {
    std::map<std::string, Entry, std::less<>> entries;
    std::map<std::string, Entry, std::less<>> durable;
    std::vector<Changes> unsynced;  // each atomic

    void change(Changes changes);
    Entry find(std::string_view name) const;
  };

  Entry find(std::string_view path) const;
  FolderPointer find_folder(std::string_view path) const;
  std::pair<FolderPointer, std::string> split(std::string_view path) const;  // parent (or null) and name
  static void list_files(const Folder& folder, const std::string& path, std::vector<std::string>& files);

  FolderPointer root_;
};

}  // namespace bw
