#include "controller/audit_work.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "controller/restore.h"
#include "journal/event_reader.h"
#include "journal/proved_snapshot.h"
#include "journal/snapshot_codec.h"
#include "journal/snapshot_file.h"
#include "projections/snapshot.h"

namespace bw {
namespace {

constexpr std::int64_t kReportNs = kNanosecondsPerSecond;
constexpr std::int64_t kRetainNs = 60 * kNanosecondsPerSecond;
// A journal that grows slowly gets snapshots too, so that it can be cut somewhere.
constexpr std::int64_t kSnapshotNs = 3600 * kNanosecondsPerSecond;
constexpr std::size_t kMostSnapshots = 16;

Result<Timestamp> time_of(const JournalReader& journal, Sequence sequence) {
  Result<EventReader> events = EventReader::open(journal, sequence, false);
  if (!events) return events.error();
  Event event;
  const Result<bool> more = events->next(event);
  if (!more) return more.error();
  return event.time;
}

}  // namespace

AuditWork::AuditWork(Journal& journal, AuditOptions options, std::function<void(AuditReported)> report)
    : journal_(journal), options_(options), report_(std::move(report)) {}

void AuditWork::note(const DigestNote& note) {
  if (pass_) {
    pass_->note(note);
  } else if (!differs_) {
    early_notes_.push_back(note);
  }
}

bool AuditWork::run(Sequence durable, Timestamp now) {
  if (differs_) return false;
  if (!pass_) {
    begin();
    retained_at_ = now;
    return true;
  }
  const bool more = fold(durable, now) || check_older();
  if (!more && now.ns - retained_at_.ns >= kRetainNs) retain(now);
  report_progress(now);
  return more;
}

void AuditWork::begin() {
  Result<Restored> start = restore_snapshot(journal_);
  if (!start) return differs(start.error());
  progress_.snapshot = tried_ = start->from_snapshot;
  tried_time_ = start->state->time;
  older_.emplace(journal_, start->head);
  pass_.emplace(journal_, std::move(*start));
  for (const DigestNote& note : std::exchange(early_notes_, {})) pass_->note(note);
}

bool AuditWork::fold(Sequence durable, Timestamp now) {
  const Result<bool> more = pass_->run(durable);
  if (!more) {
    differs(more.error());
    return false;
  }
  if (tried_time_.ns == 0) tried_time_ = pass_->state().time;  // it began at nothing
  if (*more && snapshot_is_due(durable)) take_snapshot(now);
  return *more;
}

bool AuditWork::check_older() {
  if (differs_ || older_->done()) return false;
  const Result<bool> more = older_->run();
  if (!more) differs(more.error());
  return more && *more;
}

// Where a hash is kept, so that reading goes on from there without looking back. Not far behind the end, where the
// event that names it would stand far from it.
bool AuditWork::snapshot_is_due(Sequence durable) const {
  const Sequence at = pass_->head().sequence;
  if (at % kKeptHashInterval != 0 || at == tried_ || durable - at >= options_.snapshot_every) return false;
  return at - tried_ >= options_.snapshot_every || pass_->state().time.ns - tried_time_.ns >= kSnapshotNs;
}

void AuditWork::take_snapshot(Timestamp now) {
  const State& state = pass_->state();
  tried_ = state.applied;
  tried_time_ = state.time;
  std::vector<std::string> records;
  SnapshotCodec codec;
  snapshot_of(state, [&](const SnapshotRecord& record) { codec.encode(record, records.emplace_back()); });
  const Result<SnapshotFile> file = write_snapshot_file(journal_.folder(), state.applied, records);
  if (!file) return warn(file.error().message);
  progress_.snapshot = state.applied;
  AuditReported report = new_report();
  report.snapshot =
      SnapshotTaken{state.applied, pass_->head().hash, file->hash, state.digest, kRulesVersion, file->file};
  report_(std::move(report));
  reported_at_ = now;
  thin_out();
}

void AuditWork::retain(Timestamp now) {
  retained_at_ = now;
  if (cut_asked_ != 0 || (!options_.retention.max_age_ns && !options_.retention.max_bytes)) return;
  const Result<std::optional<HistoryCut>> cut = choose(now);
  if (!cut) return warn("retention: " + cut.error().message);
  if (!*cut) return;
  cut_asked_ = (*cut)->snapshot;
  AuditReported report = new_report();
  report.cut = **cut;
  report_(std::move(report));
}

Result<std::optional<HistoryCut>> AuditWork::choose(Timestamp now) {
  const Sequence first = journal_.bounds().first;
  const Result<std::vector<Sequence>> snapshots = usable_snapshots(journal_);
  if (!snapshots) return snapshots.error();
  std::vector<CutPoint> points;
  for (const Sequence snapshot : *snapshots) {
    if (snapshot < first) continue;  // where it begins now
    const Result<Timestamp> time = time_of(journal_, snapshot);
    if (!time) return time.error();
    points.push_back({snapshot, *time, journal_.bytes_from(snapshot + 1)});
  }
  const std::optional<Sequence> chosen = choose_cut(points, journal_.bytes_from(first), now, options_.retention);
  if (!chosen) return std::optional<HistoryCut>();
  const Result<ProvedSnapshot> snapshot = ProvedSnapshot::open(journal_, *chosen);
  if (!snapshot && snapshot.error().code == ErrorCode::kNotFound) {  // left over from a crash
    remove_file(*chosen);
    return std::optional<HistoryCut>();
  }
  if (!snapshot) return snapshot.error();
  return std::optional(HistoryCut{*chosen + 1, snapshot->taken().head_hash, *chosen});
}

Result<void> AuditWork::remove(const HistoryCut& cut) {
  cut_asked_ = 0;
  if (Result<void> done = journal_.cut(cut.first, cut.previous_hash); !done) return done;
  const Result<std::vector<Sequence>> files = list_snapshot_files(journal_.folder());
  if (!files) {
    warn(files.error().message);
    return {};
  }
  for (const Sequence file : *files) {
    if (file < cut.snapshot) remove_file(file);
  }
  return {};
}

void AuditWork::thin_out() {
  Result<std::vector<Sequence>> files = list_snapshot_files(journal_.folder());
  if (!files) return warn(files.error().message);
  for (const Sequence file : superfluous(std::move(*files), kMostSnapshots)) {
    if (file != cut_asked_) remove_file(file);
  }
}

void AuditWork::remove_file(Sequence snapshot) {
  std::error_code code;
  const std::filesystem::path path = std::filesystem::path(journal_.folder()) / snapshot_file_name(snapshot);
  std::filesystem::remove(path, code);
  if (code) warn("the snapshot " + path.string() + " cannot be removed: " + code.message());
}

void AuditWork::report_progress(Timestamp now) {
  if (differs_ || now.ns - reported_at_.ns < kReportNs) return;
  AuditReported report = new_report();
  if (report.progress == reported_) return;
  reported_ = report.progress;
  reported_at_ = now;
  report_(std::move(report));
}

AuditReported AuditWork::new_report() {
  if (pass_) {
    progress_.checked_up_to = pass_->head().sequence;
    progress_.unchecked = older_->unchecked();
  }
  progress_.first = journal_.bounds().first;
  progress_.journal_bytes = journal_.bytes_from(progress_.first);
  AuditReported report;
  report.progress = progress_;
  return report;
}

void AuditWork::warn(std::string sentence) {
  AuditReported report = new_report();
  report.warning = std::move(sentence);
  report_(std::move(report));
}

void AuditWork::differs(const Error& error) {
  differs_ = true;
  AuditReported report = new_report();
  report.difference = error.message;
  report_(std::move(report));
}

}  // namespace bw
