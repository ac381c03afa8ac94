#include "journal/proved_snapshot.h"

#include <variant>

#include "journal/event_reader.h"
#include "journal/known_head.h"
#include "journal/snapshot_file.h"

namespace bw {
namespace {

// It stands soon behind the event whose state it names: the snapshot was written in between.
Result<SnapshotTaken> find_fact(const JournalReader& journal, Sequence sequence) {
  Result<EventReader> events = EventReader::open(journal, sequence + 1, false);
  if (!events) return events.error();
  Event event;
  while (true) {
    const Result<bool> more = events->next(event);
    if (!more) return more.error();
    if (!*more) {
      return Error{ErrorCode::kNotFound,
                   "no event of the journal says that a snapshot of event " + std::to_string(sequence) + " was taken"};
    }
    const auto* taken = std::get_if<SnapshotTaken>(&event.fact);
    if (taken != nullptr && taken->sequence == sequence) return *taken;
  }
}

}  // namespace

Result<ProvedSnapshot> ProvedSnapshot::open(const JournalReader& journal, Sequence sequence) {
  Result<SnapshotTaken> taken = find_fact(journal, sequence);
  if (!taken) return taken.error();
  const Result<Head> head = head_at(journal, sequence);
  if (!head) return head.error();
  if (head->hash != taken->head_hash) {
    return Error{ErrorCode::kCorrupt, "the snapshot " + taken->file +
                                          " is of another history: the hash of its event is not that in the journal"};
  }
  Result<std::vector<std::string>> records =
      read_snapshot_file(journal.folder(), {taken->file, taken->file_hash}, sequence);
  if (!records) return records.error();
  const std::string path = taken->file;
  return ProvedSnapshot(std::move(*taken), path, std::move(*records));
}

Result<bool> ProvedSnapshot::next(SnapshotRecord& record) {
  if (next_ == records_.size()) return false;
  if (Result<void> decoded = codec_.decode(records_[next_++], record); !decoded) return decoded.error();
  const auto* header = std::get_if<HeaderRecord>(&record);
  if (header == nullptr) return true;
  const bool same = header->sequence == taken_.sequence && header->digest == taken_.state_digest &&
                    header->rules_version == taken_.rules_version;
  if (!same) {
    return Error{ErrorCode::kCorrupt, "the snapshot " + path_ + " says another event, digest or rules version than " +
                                          "the event that names it"};
  }
  return true;
}

Result<std::vector<Sequence>> usable_snapshots(const JournalReader& journal) {
  if (journal.folder().empty()) return std::vector<Sequence>();
  Result<std::vector<Sequence>> files = list_snapshot_files(journal.folder());
  if (!files) return files;
  const JournalBounds bounds = journal.bounds();
  std::erase_if(*files, [&](Sequence sequence) {
    return sequence == 0 || sequence + 1 < bounds.first || sequence >= bounds.head.sequence;
  });
  return files;
}

}  // namespace bw
