#include "replay/verification.h"

#include <algorithm>

#include "journal/chain.h"
#include "replay/chain_reader.h"
#include "replay/fold.h"
#include "replay/progress.h"
#include "replay/redecide.h"

namespace bw::replay {
namespace {

// The digests of the last events: a snapshot's fact comes some time after the event whose state it holds.
class RecentDigests {
 public:
  explicit RecentDigests(Sequence events) : digests_(std::min<Sequence>(events, kMost) + 1) {}
  void add(Sequence sequence, std::uint64_t digest) { digests_[sequence % digests_.size()] = {sequence, digest}; }
  std::optional<std::uint64_t> of(Sequence sequence) const {
    const auto& [held, digest] = digests_[sequence % digests_.size()];
    return held == sequence ? std::optional(digest) : std::nullopt;
  }

 private:
  static constexpr Sequence kMost = 1'000'000;
  std::vector<std::pair<Sequence, std::uint64_t>> digests_;
};

Error of_other_journal(const KnownHead& anchor, const JournalId& id) {
  return {ErrorCode::kInvalid, "the anchor at " + std::to_string(anchor.head.sequence) + " is of journal " +
                                   to_hex(anchor.id) + ", and this is journal " + to_hex(id) +
                                   ": give the journal that it was taken from"};
}

void count(Verification& verification, const Event& event, Redecided redecided) {
  Count& decisions = verification.decisions;
  if (redecided == Redecided::kNoDecision) return;
  if (redecided == Redecided::kNotKnown) {
    ++decisions.not_checked;
    return;
  }
  ++decisions.checked;
  if (redecided == Redecided::kSame) return;
  ++decisions.differ;
  if (verification.first_difference == 0) verification.first_difference = event.sequence;
}

void compare_snapshot(Verification& verification, const Event& event, const RecentDigests& digests) {
  const auto* taken = std::get_if<SnapshotTaken>(&event.fact);
  if (taken == nullptr) return;
  Count& snapshots = verification.snapshots;
  const std::optional<std::uint64_t> digest = digests.of(taken->sequence);
  if (taken->rules_version != kRulesVersion || !digest) {
    ++snapshots.not_checked;
    return;
  }
  ++snapshots.checked;
  if (*digest == taken->state_digest) return;
  ++snapshots.differ;
  if (verification.first_difference == 0) verification.first_difference = event.sequence;
}

}  // namespace

bool Verification::has(HeadComparison comparison) const {
  return std::ranges::any_of(anchors, [&](const auto& one) { return one.second == comparison; });
}

std::string_view Verification::result() const {
  if (!broken.empty() || has(HeadComparison::kDiffers)) return "broken";
  return has(HeadComparison::kShorter) ? "shorter" : "ok";
}

ExitCode Verification::exit_code() const {
  if (result() != "ok" || !refold_ok()) return kDoesNotHold;
  return has(HeadComparison::kCutOff) ? kUnknown : kHolds;
}

Result<Verification> verify_journal(const JournalReader& journal, const VerifyOptions& options) {
  const JournalBounds bounds = journal.bounds();
  if (bounds.head.sequence == 0) return Error{ErrorCode::kNotFound, "the journal holds no events"};
  Result<std::unique_ptr<State>> first = first_state(journal);
  if (!first) return first.error();
  ChainReader reader(journal, {bounds.first - 1, bounds.previous_hash});
  Verification verification;
  verification.state = std::move(*first);
  State& state = *verification.state;
  Redecider redecider(state);
  RecentDigests digests(bounds.head.sequence);
  digests.add(state.applied, state.digest);
  Progress progress(options.progress, "verifying", bounds.head.sequence);
  Event event;
  while (true) {
    const Result<bool> more = reader.next(event);
    if (!more && more.error().code != ErrorCode::kCorrupt) return more.error();
    if (!more) verification.broken = more.error().message;
    if (!more || !*more) break;
    if (options.decisions) count(verification, event, redecider.check(state, event));
    apply(state, event);
    digests.add(event.sequence, state.digest);
    compare_snapshot(verification, event, digests);
    if (verification.checked++ == 0) verification.first_time = event.time;
    verification.last_time = event.time;
    progress.at(event.sequence);
  }
  verification.bytes = reader.bytes();
  verification.proved = reader.proved();
  for (const KnownHead& anchor : options.anchors) {
    if (!verification.broken.empty() && anchor.head.sequence > verification.proved.sequence) continue;
    const Result<HeadComparison> compared = compare(journal, state.journal, anchor);
    if (!compared) return compared.error();
    if (*compared == HeadComparison::kOtherJournal) return of_other_journal(anchor, state.journal);
    verification.anchors.emplace_back(anchor, *compared);
  }
  return verification;
}

}  // namespace bw::replay
