// What the auditor does, one step after the other, without its thread: the fold goes first, then the chain of what is
// older, then what of the journal may go. Thread: one, any; the clock is the caller's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controller/audit_options.h"
#include "controller/audit_pass.h"
#include "controller/audit_reports.h"
#include "controller/retention.h"
#include "journal/journal.h"

namespace bw {

class AuditWork {
 public:
  // `journal` must outlive it. `report` is called within the steps.
  AuditWork(Journal& journal, AuditOptions options, std::function<void(AuditReported)> report);

  void note(const DigestNote& note);

  // One step of up to 1,024 events. False: there is nothing to do until more is durable, or time has passed.
  bool run(Sequence durable, Timestamp now);

  // Removes what is before cut.first, events and snapshots.
  Result<void> remove(const HistoryCut& cut);

  // The last event that was folded.
  Sequence folded() const { return pass_ ? pass_->head().sequence : 0; }

 private:
  void begin();
  bool fold(Sequence durable, Timestamp now);
  bool check_older();
  bool snapshot_is_due(Sequence durable) const;
  void take_snapshot(Timestamp now);
  void retain(Timestamp now);
  Result<std::optional<HistoryCut>> choose(Timestamp now);
  void thin_out();
  void remove_file(Sequence snapshot);
  void report_progress(Timestamp now);
  AuditReported new_report();
  void warn(std::string sentence);
  void differs(const Error& error);

  Journal& journal_;
  const AuditOptions options_;
  const std::function<void(AuditReported)> report_;
  bool differs_ = false;
  std::vector<DigestNote> early_notes_;  // that came before it had begun
  std::optional<AuditPass> pass_;        // absent: it has not begun
  std::optional<ChainPass> older_;
  Sequence tried_ = 0;    // the newest snapshot, written or not
  Timestamp tried_time_;  // of its event
  Sequence cut_asked_ = 0;
  Timestamp retained_at_, reported_at_;
  AuditProgress progress_, reported_;
};

}  // namespace bw
