#include "journal/snapshot_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "journal/chain.h"

namespace bw {
namespace {

constexpr std::string_view kFolder = "snapshots";
constexpr std::string_view kSuffix = ".snapshot";
constexpr std::string_view kMagic = "bwsnap1\n";
constexpr std::size_t kSequenceDigits = 20;
constexpr std::size_t kHeaderSize = kMagic.size() + 2 * sizeof(std::uint64_t);

template <class Number>
void append_number(Number value, std::string& out) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

template <class Number>
Number parse_number(const char* bytes) {
  Number value = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    value = static_cast<Number>(value << 8 | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

// Closes what is open.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

Error failed(const std::string& doing, const std::string& path) {
  const int code = errno;
  return {code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
          "the snapshot " + path + " cannot be " + doing + ": " + std::strerror(code)};
}

Error corrupt(const std::string& path, std::string_view why) {
  return {ErrorCode::kCorrupt, "the snapshot " + path + " is damaged: " + std::string(why)};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.number() < 0 || ::fsync(descriptor.number()) != 0) return failed("made durable", folder);
  return {};
}

Result<void> write_durably(const std::filesystem::path& path, std::string_view content) {
  const Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (descriptor.number() < 0) return failed("written", path);
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("written", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor.number()) != 0) return failed("made durable", path);
  return {};
}

Result<std::string> read_whole(const std::filesystem::path& path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.number() < 0) return failed("read", path);
  std::string content;
  constexpr std::size_t kChunk = 1 << 20;
  for (;;) {
    const std::size_t size = content.size();
    content.resize(size + kChunk);
    const ssize_t got = ::read(descriptor.number(), content.data() + size, kChunk);
    content.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) return content;
  }
}

}  // namespace

std::string snapshot_file_name(Sequence sequence) {
  const std::string digits = std::to_string(sequence);
  return std::string(kFolder) + "/" + std::string(kSequenceDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

Result<SnapshotFile> write_snapshot_file(const std::string& journal_path, Sequence sequence,
                                         std::span<const std::string> records) {
  std::string content(kMagic);
  append_number(sequence, content);
  append_number(static_cast<std::uint64_t>(records.size()), content);
  for (const std::string& record : records) {
    check(record.size() <= UINT32_MAX, "a snapshot record is too large", sequence);
    append_number(static_cast<std::uint32_t>(record.size()), content);
    content += record;
  }

  const std::filesystem::path journal = journal_path;
  const std::filesystem::path folder = journal / kFolder;
  std::error_code code;
  const bool is_new = std::filesystem::create_directory(folder, code);
  if (code) return Error{ErrorCode::kIo, "the folder " + folder.string() + " cannot be created: " + code.message()};
  if (is_new) {
    if (auto synced = sync_folder(journal); !synced) return synced.error();
  }
  SnapshotFile file{snapshot_file_name(sequence), sha256(content)};
  const std::filesystem::path path = journal / file.file;
  const std::filesystem::path temporary = path.string() + ".part";
  if (auto written = write_durably(temporary, content); !written) return written.error();
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return failed("renamed", temporary);
  if (auto synced = sync_folder(folder); !synced) return synced.error();
  return file;
}

Result<std::vector<std::string>> read_snapshot_file(const std::string& journal_path, const SnapshotFile& file,
                                                    Sequence sequence) {
  const std::string path = (std::filesystem::path(journal_path) / file.file).string();
  const Result<std::string> content = read_whole(path);
  if (!content) return content.error();
  if (sha256(*content) != file.hash) return corrupt(path, "its hash is not the one in the journal");

  std::string_view rest = *content;
  if (!rest.starts_with(kMagic) || rest.size() < kHeaderSize) return corrupt(path, "it does not begin as a snapshot");
  if (parse_number<Sequence>(rest.data() + kMagic.size()) != sequence)
    return corrupt(path, "it is of another sequence");
  const auto count = parse_number<std::uint64_t>(rest.data() + kMagic.size() + sizeof(Sequence));
  rest.remove_prefix(kHeaderSize);
  std::vector<std::string> records;
  while (!rest.empty()) {
    constexpr std::size_t kPrefix = sizeof(std::uint32_t);
    if (rest.size() < kPrefix) return corrupt(path, "it ends within a record");
    const auto size = parse_number<std::uint32_t>(rest.data());
    if (rest.size() - kPrefix < size) return corrupt(path, "it ends within a record");
    records.emplace_back(rest.substr(kPrefix, size));
    rest.remove_prefix(kPrefix + size);
  }
  if (records.size() != count) return corrupt(path, "it has another number of records than it says");
  return records;
}

Result<std::vector<Sequence>> list_snapshot_files(const std::string& journal_path) {
  const std::filesystem::path folder = std::filesystem::path(journal_path) / kFolder;
  std::vector<Sequence> sequences;
  std::error_code code;
  std::filesystem::directory_iterator entry(folder, code);
  if (code == std::errc::no_such_file_or_directory) return sequences;
  for (; !code && entry != std::filesystem::directory_iterator(); entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name.size() != kSequenceDigits + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    Sequence sequence = 0;
    const char* const end = name.data() + kSequenceDigits;
    const auto parsed = std::from_chars(name.data(), end, sequence);
    if (parsed.ec == std::errc() && parsed.ptr == end) sequences.push_back(sequence);
  }
  if (code) return Error{ErrorCode::kIo, "the folder " + folder.string() + " cannot be read: " + code.message()};
  std::ranges::sort(sequences);
  return sequences;
}

}  // namespace bw
