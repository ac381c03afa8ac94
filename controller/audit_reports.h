// What the auditor and the controller tell each other. Values only; made on one thread, read on another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/event.h"

namespace bw {

// Every so many events the live state's digest is compared with that of the auditor's.
constexpr Sequence kDigestNoteInterval = 4096;

// What the live state's digest was after an event.
struct DigestNote {
  Sequence sequence = 0;
  std::uint64_t digest = 0;
  bool operator==(const DigestNote&) const = default;
};

// How far the auditor is.
struct AuditProgress {
  Sequence checked_up_to = 0;       // the chain holds, and its own fold goes, up to here
  std::uint64_t unchecked = 0;      // older events whose chain has not been looked at since the start
  Sequence snapshot = 0;            // the newest one that was used or written; 0: none
  Sequence first = 1;               // event that the journal holds
  std::uint64_t journal_bytes = 0;  // of events in files, roughly
  bool operator==(const AuditProgress&) const = default;
};

// From the auditor: how far it is, and what it asks for.
struct AuditReported {
  AuditProgress progress;
  std::optional<SnapshotTaken> snapshot;  // its file is durable; the event that names it is owed
  std::optional<HistoryCut> cut;          // chosen by retention; the event that says so is owed, then it may be done
  std::string warning;                    // one sentence about what did not work, and will be tried again
  std::string difference;                 // one sentence; "": as far as it is seen, all holds
};

}  // namespace bw
