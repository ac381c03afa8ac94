#include "controller/history_fsm.h"

#include <utility>
#include <variant>

namespace bw {

void HistoryFsm::reported(AuditReported& report, Outputs& outputs) {
  progress_ = report.progress;
  if (report.snapshot) owed_.emplace_back(*report.snapshot);
  if (report.cut) owed_.emplace_back(*report.cut);
  if (!report.warning.empty()) {
    ++warnings_;
    outputs.emplace_back(LogLine{LogLevel::kWarning, "auditor: " + report.warning});
  }
  if (!report.difference.empty() && difference_.empty()) {
    difference_ = std::move(report.difference);
    outputs.emplace_back(LogLine{LogLevel::kError, "not ready any more: " + difference_});
  }
}

void HistoryFsm::record(Recorder& recorder) {
  for (Fact& fact : std::exchange(owed_, {})) {
    const auto* cut = std::get_if<HistoryCut>(&fact);
    if (cut != nullptr) {
      cuts_.push_back({recorder.head().sequence + 1, *cut});
    } else {
      ++snapshots_taken_;
    }
    recorder.record(std::move(fact));
  }
}

void HistoryFsm::release(Sequence durable, Outputs& outputs) {
  while (!cuts_.empty() && cuts_.front().said_at <= durable) {
    outputs.emplace_back(LogLine{LogLevel::kInfo, "retention: the journal begins with event " +
                                                      std::to_string(cuts_.front().fact.first) + " now"});
    outputs.emplace_back(RemoveHistory{cuts_.front().fact});
    cuts_.pop_front();
  }
}

}  // namespace bw
