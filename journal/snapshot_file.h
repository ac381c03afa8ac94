// A snapshot of the state as a file beside the events: PATH/snapshots/<sequence, 20 digits>.snapshot, where PATH is
// that of the journal. It holds small records, whose content is somebody else's business. A file counts only once a
// SnapshotTaken fact names it with its hash; one without is left over from a crash.
//
// Form: "bwsnap1\n", sequence and number of records (8 bytes each), then each record behind its size (4 bytes); all
// numbers little-endian. Functions without state; any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "journal/result.h"
#include "journal/types.h"

namespace bw {

struct SnapshotFile {
  std::string file;  // relative to the journal: "snapshots/00000000000000001234.snapshot"
  Sha256 hash{};     // of the whole file
};

// On return the file is whole and durable under its name; a file of the same sequence is replaced.
Result<SnapshotFile> write_snapshot_file(const std::string& journal_path, Sequence sequence,
                                         std::span<const std::string> records);

// The records of `file`, which must have `hash` and be of `sequence`; kCorrupt where it is not, kNotFound where there
// is none.
Result<std::vector<std::string>> read_snapshot_file(const std::string& journal_path, const SnapshotFile& file,
                                                    Sequence sequence);

// Sequences of the snapshot files there are, ascending; none where there is no folder.
Result<std::vector<Sequence>> list_snapshot_files(const std::string& journal_path);

// The name of the snapshot at `sequence`, as in SnapshotFile::file.
std::string snapshot_file_name(Sequence sequence);

}  // namespace bw
