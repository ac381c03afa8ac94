#include "corruption_case.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <utility>

#include "journal/known_head.h"
#include "journal/rocksdb_journal.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/stepped_env.h"

namespace bw {
namespace {

using Verdict = std::variant<Answer, std::string>;

constexpr char kPath[] = "/data/journal";
constexpr std::size_t kMemoryBytes = 64 * 1024;
constexpr std::size_t kUnreadSamples = 100;

// Two lives of a process: what the first wrote is in tables when the second writes its log.
VolatileDisk written(JournalOracle& oracle) {
  VolatileDisk disk;
  for (int life = 0; life < 2; ++life) {
    const auto system = std::make_shared<FaultyFileSystem>(disk);
    SteppedEnv env(system);
    {
      const auto journal = RocksdbJournal::open({kPath, &env, kMemoryBytes});
      check(static_cast<bool>(journal), "a sound journal cannot be opened");
      for (int i = 0; i < 4; ++i) {
        const RecordBatch batch = oracle.next(3, 100);
        const auto appended = (*journal)->append(batch.records, batch.head, batch.kept, true);
        check(static_cast<bool>(appended), "a sound journal cannot be written");
      }
    }
    disk = system->disk();
  }
  return disk;
}

// Reads all records there are.
Result<void> walk(const JournalReader& journal) {
  const auto cursor = journal.read(1);
  if (!cursor) return cursor.error();
  Sequence sequence = 0;
  std::string_view bytes;
  for (;;) {
    const Result<bool> more = (*cursor)->next(sequence, bytes);
    if (!more) return more.error();
    if (!*more) return {};
  }
}

void set_content(VolatileDisk& disk, const std::string& path, std::string content) {
  const VolatileDisk::FilePointer file = disk.find_file(path);
  file->content = std::move(content);
  VolatileDisk::sync(*file);
}

}  // namespace

std::string to_text(const Damage& damage) {
  const std::string at = std::to_string(damage.at);
  switch (damage.kind) {
    case Damage::Kind::kFlip:
      return damage.path + ": bit " + std::to_string(damage.bit) + " of byte " + at + " flipped";
    case Damage::Kind::kCut:
      return damage.path + ": cut at byte " + at;
    case Damage::Kind::kGrow:
      return damage.path + ": grown";
    case Damage::Kind::kRemove:
      return damage.path + ": removed";
    case Damage::Kind::kSwap:
      return damage.path + ": swapped with " + damage.other;
    case Damage::Kind::kExchange:
      break;
  }
  return damage.path + ": exchanged for that of another journal";
}

SmallJournal::SmallJournal() : oracle_(1) {
  disk_ = written(oracle_);
  JournalOracle other(2);
  other_disk_ = written(other);

  const auto system = std::make_shared<FaultyFileSystem>(disk_);
  SteppedEnv env(system);
  const auto journal = RocksdbJournal::open({kPath, &env, kMemoryBytes});
  check(journal && !oracle_.problem(**journal), "a sound journal is not what was written");
  const std::vector<std::string> files = disk_.files();
  for (const std::string& path : system->files_read()) {
    if (std::ranges::binary_search(files, path)) files_read_.insert(path);
  }
}

std::size_t SmallJournal::bytes_read() const {
  std::size_t bytes = 0;
  for (const std::string& path : files_read_) bytes += disk_.find_file(path)->content.size();
  return bytes;
}

std::vector<Damage> SmallJournal::all_damages(std::uint64_t seed, bool all_bits) const {
  std::mt19937_64 random(seed);
  const auto draw = [&random](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  std::vector<Damage> damages;
  std::vector<std::string> unread;
  const std::vector<std::string> files = disk_.files();
  for (const std::string& path : files) {
    const std::size_t size = disk_.find_file(path)->content.size();
    damages.push_back({Damage::Kind::kRemove, path, {}, 0, 0});
    damages.push_back({Damage::Kind::kGrow, path, {}, 0, 0});
    if (other_disk_.find_file(path)) damages.push_back({Damage::Kind::kExchange, path, {}, 0, 0});
    if (!files_read_.contains(path)) {
      if (size > 0) unread.push_back(path);
      continue;
    }
    for (std::size_t at = 0; at < size; ++at) {
      const int bit = static_cast<int>(draw(8));
      for (int each = 0; each < 8; ++each) {
        if (all_bits || each == bit) damages.push_back({Damage::Kind::kFlip, path, {}, at, each});
      }
      damages.push_back({Damage::Kind::kCut, path, {}, at, 0});
    }
    for (const std::string& other : files) {
      if (!files_read_.contains(other) || path < other) damages.push_back({Damage::Kind::kSwap, path, other, 0, 0});
    }
  }
  for (std::size_t i = 0; i < kUnreadSamples && !unread.empty(); ++i) {
    const std::string& path = unread[i % unread.size()];
    const std::size_t at = draw(disk_.find_file(path)->content.size());
    damages.push_back({Damage::Kind::kFlip, path, {}, at, static_cast<int>(draw(8))});
  }
  return damages;
}

VolatileDisk SmallJournal::damaged(const Damage& damage) const {
  VolatileDisk disk = disk_;
  std::string content = disk.find_file(damage.path)->content;
  switch (damage.kind) {
    case Damage::Kind::kFlip:
      content.at(damage.at) = static_cast<char>(content.at(damage.at) ^ (1 << damage.bit));
      break;
    case Damage::Kind::kCut:
      content.resize(damage.at);
      break;
    case Damage::Kind::kGrow:
      content += std::string(40, '\0') + "nobody wrote this";
      break;
    case Damage::Kind::kRemove:
      disk.remove_file(damage.path);
      return disk;
    case Damage::Kind::kSwap: {
      std::string other = disk.find_file(damage.other)->content;
      set_content(disk, damage.other, std::move(content));
      content = std::move(other);
      break;
    }
    case Damage::Kind::kExchange:
      content = other_disk_.find_file(damage.path)->content;
      break;
  }
  set_content(disk, damage.path, std::move(content));
  return disk;
}

// As a restart does: all records, then the known head. The chain is not asked: what happens by itself, and not on
// purpose, shows without it.
Verdict SmallJournal::judge(const JournalReader& journal, const JournalOracle& oracle) const {
  if (!walk(journal)) return Answer::kRefused;
  const Result<HeadComparison> comparison = compare(journal, {}, {{}, oracle.head()});
  if (!comparison || *comparison == HeadComparison::kDiffers) return Answer::kRefused;
  const std::optional<std::string> problem = oracle.problem(journal);
  if (problem) return *problem;
  const bool is_shorter = journal.bounds().head.sequence < oracle.given();
  if (*comparison != (is_shorter ? HeadComparison::kShorter : HeadComparison::kHolds)) {
    return "the comparison with the known head says something else than what is there";
  }
  return is_shorter ? Answer::kShorter : Answer::kIdentical;
}

// Where all is there, one event more is written.
Verdict SmallJournal::open_and_append(VolatileDisk& disk, JournalOracle& oracle) const {
  const auto system = std::make_shared<FaultyFileSystem>(disk);
  SteppedEnv env(system);
  Verdict verdict = Answer::kRefused;
  {
    const auto journal = RocksdbJournal::open({kPath, &env, kMemoryBytes});
    if (!journal) return journal.error().message.empty() ? Verdict("it is refused without a word") : verdict;
    verdict = judge(**journal, oracle);
    if (verdict == Verdict(Answer::kIdentical)) {
      const RecordBatch batch = oracle.next(1, 100);
      const auto appended = (*journal)->append(batch.records, batch.head, batch.kept, true);
      if (!appended) return Answer::kRefused;
    }
    env.run_work();
  }
  disk = system->disk();
  return verdict;
}

Verdict SmallJournal::open_damaged(const Damage& damage) const {
  VolatileDisk disk = damaged(damage);
  JournalOracle oracle = oracle_;
  const Verdict first = open_and_append(disk, oracle);
  if (first == Verdict(Answer::kRefused) || std::holds_alternative<std::string>(first)) return first;
  const Verdict second = open_and_append(disk, oracle);
  if (const auto* problem = std::get_if<std::string>(&second)) return "opened again: " + *problem;
  if (second != first && first == Verdict(Answer::kIdentical)) return "opened again, it is not what it was";
  return first;
}

Verdict SmallJournal::read_damaged(const Damage& damage, FolderCopy& files) const {
  files.set(damaged(damage), kPath);
  const auto reader = RocksdbJournal::open_reader(files.folder());
  if (!reader) return reader.error().message.empty() ? Verdict("it is refused without a word") : Answer::kRefused;
  return judge(**reader, oracle_);
}

FolderCopy::FolderCopy(std::string folder) : folder_(std::move(folder)) { std::filesystem::remove_all(folder_); }

void FolderCopy::set(const VolatileDisk& disk, const std::string& path) {
  const std::string prefix = path + '/';
  std::map<std::string, std::string> wanted;
  for (const std::string& file : disk.files()) {
    if (file.starts_with(prefix)) wanted[file.substr(prefix.size())] = disk.find_file(file)->content;
  }
  for (const auto& [name, content] : written_) {
    if (!wanted.contains(name)) std::filesystem::remove(folder_ + '/' + name);
  }
  for (const auto& [name, content] : wanted) {
    const auto before = written_.find(name);
    if (before != written_.end() && before->second == content) continue;
    const std::filesystem::path file = folder_ + '/' + name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  written_ = std::move(wanted);
}

}  // namespace bw
