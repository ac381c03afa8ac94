// What follows from the auditor's reports: events that name snapshots and cuts, removal once the cut is durable, and
// readiness that is lost when the live state and the journal differ. No I/O. Thread: the state's.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "controller/audit_reports.h"
#include "controller/messages.h"
#include "controller/recorder.h"

namespace bw {

class HistoryFsm {
 public:
  void reported(AuditReported& report, Outputs& outputs);

  // Records what is owed.
  void record(Recorder& recorder);

  // Lets cuts be done that are on disk.
  void release(Sequence durable, Outputs& outputs);

  // "": as far as the auditor has seen, the live state is what the journal says, and that is what was written.
  const std::string& difference() const { return difference_; }

  const AuditProgress& progress() const { return progress_; }
  std::uint64_t snapshots_taken() const { return snapshots_taken_; }
  std::uint64_t warnings() const { return warnings_; }

 private:
  struct Cut {
    Sequence said_at = 0;
    HistoryCut fact;
  };

  AuditProgress progress_;
  std::vector<Fact> owed_;
  std::deque<Cut> cuts_;  // recorded, and not durable yet
  std::string difference_;
  std::uint64_t snapshots_taken_ = 0;
  std::uint64_t warnings_ = 0;
};

}  // namespace bw
