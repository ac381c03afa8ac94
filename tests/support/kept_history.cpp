#include "tests/support/kept_history.h"

#include <cstdlib>
#include <filesystem>

#include "journal/snapshot_codec.h"
#include "journal/snapshot_file.h"
#include "projections/snapshot.h"

namespace bw {

KeptHistory::KeptHistory(std::uint64_t seed) : history_(seed, true) {
  folder_ = (std::filesystem::temp_directory_path() / "kept-history-XXXXXX").string();
  check(::mkdtemp(folder_.data()) != nullptr, "a folder for the test cannot be made");
  reopen();
  keep();
}

KeptHistory::~KeptHistory() {
  journal_.reset();
  std::filesystem::remove_all(folder_);
}

void KeptHistory::reopen() {
  auto opened = RocksdbJournal::open({folder_, nullptr});
  check(opened.has_value(), opened ? "" : opened.error().message);
  journal_ = std::move(*opened);
}

void KeptHistory::run_to(Sequence sequence) {
  while (state().applied < sequence) {
    history_.step();
    keep();
  }
}

void KeptHistory::record(Fact fact) {
  world().record(std::move(fact));
  keep();
}

void KeptHistory::keep() {
  std::vector<std::string> records;
  std::vector<Head> hashes;
  for (; kept_ < history_.events().size(); ++kept_) {
    codec_.encode(history_.events()[kept_], records.emplace_back());
    const Head& head = chain_.extend(records.back());
    if (head.sequence % kKeptHashInterval == 0) hashes.push_back(head);
  }
  if (records.empty()) return;
  const Result<void> appended = journal_->append(records, chain_.head(), hashes, false);
  check(appended.has_value(), "a test's journal cannot be written", chain_.head().sequence);
}

SnapshotTaken KeptHistory::write_snapshot() const {
  std::vector<std::string> records;
  SnapshotCodec codec;
  snapshot_of(state(), [&](const SnapshotRecord& record) { codec.encode(record, records.emplace_back()); });
  const Result<SnapshotFile> file = write_snapshot_file(folder_, state().applied, records);
  check(file.has_value(), file ? "" : file.error().message);
  return {state().applied, chain_.head().hash, file->hash, state().digest, kRulesVersion, file->file};
}

SnapshotTaken KeptHistory::take_snapshot() {
  SnapshotTaken taken = write_snapshot();
  record(taken);
  return taken;
}

}  // namespace bw
