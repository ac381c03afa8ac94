#include "replay/gaps.h"

#include <algorithm>
#include <utility>

#include "journal/chain.h"

namespace bw::replay {
namespace {

Point point_of(const Event& event) { return {event.sequence, event.time}; }
Point point_of(const State& state) { return {state.applied, state.time}; }

bool all_listed(const State& state) {
  return std::ranges::all_of(state.streams, [](const StreamState& stream) { return stream.synced; });
}

std::size_t placed_pods(const State& state) {
  std::size_t placed = 0;
  state.pods.for_each([&](PodNumber, const Pod& pod) {
    if (pod.placement && pod.placement->charged != Rates{}) ++placed;
  });
  return placed;
}

// The daemon decides, and takes the lease, only after every stream has passed a list that was made in this epoch.
bool shows_synced(const Fact& fact) {
  return std::visit(
      []<class Kind>(const Kind&) {
        return std::is_same_v<Kind, FilterDecided> || std::is_same_v<Kind, FilterRepeated> ||
               std::is_same_v<Kind, PrioritizeDecided> || std::is_same_v<Kind, BandwidthReserved> ||
               std::is_same_v<Kind, BindRefused> || std::is_same_v<Kind, PodWoken> || std::is_same_v<Kind, TermBegan> ||
               std::is_same_v<Kind, TakeOverEnded>;
      },
      fact);
}

}  // namespace

void GapFinder::see(const State& state, const Event& event) {
  if (!start_) {
    start_ = point_of(event);
    listed_ = all_listed(state);  // what is read begins at a snapshot
  }
  if (!listed_ && all_listed(state)) {
    if (std::optional<Gap> gap = before_first_lists(state)) {
      gap->until = point_of(state);
      closed_.push_back(std::move(*gap));
    }
    listed_ = true;
  }
  if (open_[kTail] && all_followed(state, tail_dropped_)) close(kTail, point_of(state));

  if (std::holds_alternative<EpochBegan>(event.fact)) epoch_followed_ = 0;
  if (epoch_followed_ == 0 && shows_synced(event.fact)) epoch_followed_ = event.sequence;
  if (const auto* opened = std::get_if<GapOpened>(&event.fact)) {
    open(index_of(opened->stream), {opened->since_sequence, opened->since}, opened->reason);
  } else if (const auto* ended = std::get_if<GapClosed>(&event.fact)) {
    if (std::optional<Gap>& gap = open_[index_of(ended->stream)]) {
      gap->changed = ended->changed;
      gap->added = ended->added;
      gap->gone = ended->gone;
    }
    close(index_of(ended->stream), point_of(event));
  } else if (const auto* began = std::get_if<ResyncBegan>(&event.fact)) {
    const StreamState& stream = state.stream(began->stream);
    if (!stream.synced) return;
    open(index_of(began->stream), {stream.seen_sequence, stream.seen_at},
         began->restored ? "the cluster was restored from a backup" : "the watch was not resumed, but listed anew");
  } else if (const auto* resynced = std::get_if<ResyncEnded>(&event.fact)) {
    close(index_of(resynced->stream), point_of(event));
  } else if (const auto* dropped = std::get_if<TailDropped>(&event.fact)) {
    tail_dropped_ = event.sequence;
    open(kTail, point_of(state),
         std::to_string(dropped->bytes) + " bytes were dropped from the end of the journal: " + dropped->detail);
  } else if (const auto* lost = std::get_if<HistoryLost>(&event.fact)) {
    history_lost_ = "the journal before this one, " + to_hex(lost->old_id) + ", was set aside at its event " +
                    std::to_string(lost->last_readable.sequence) + ": its event " +
                    std::to_string(lost->known.sequence) + " was known";
  } else if (const auto* unknown = std::get_if<UnknownFact>(&event.fact)) {
    open(kNotUnderstood, point_of(state),
         "event " + std::to_string(event.sequence) + " is of kind " + std::to_string(unknown->kind) +
             ", which this version does not understand: use a newer one");
  }
}

void GapFinder::open(std::size_t which, const Point& since, std::string reason) {
  if (open_[which]) return;
  Gap& gap = open_[which].emplace();
  if (which < kStreamCount) gap.stream = static_cast<Stream>(which);
  gap.since = since;
  gap.reason = std::move(reason);
}

void GapFinder::close(std::size_t which, const Point& until) {
  if (!open_[which]) return;
  open_[which]->until = until;
  closed_.push_back(std::move(*open_[which]));
  open_[which].reset();
}

// Before its first lists a journal does not know what the links carry. There was nothing to miss if they find no pod
// that was placed before.
std::optional<Gap> GapFinder::before_first_lists(const State& state) const {
  Gap gap;
  gap.since = *start_;
  gap.reason = history_lost_;
  const std::size_t placed = placed_pods(state);
  if (gap.reason.empty() && placed == 0) return std::nullopt;
  if (gap.reason.empty()) {
    gap.reason = "when the first lists ended, " + std::to_string(placed) + " pods had been placed before";
  }
  return gap;
}

// True if a word of the stream, or of all streams in a newer epoch, shows that it lost nothing from `since` on.
bool GapFinder::followed(const State& state, const StreamState& stream, Sequence since) const {
  return stream.seen_sequence > since || (state.epoch > since && epoch_followed_ != 0);
}

bool GapFinder::all_followed(const State& state, Sequence since) const {
  return std::ranges::all_of(
      state.streams, [&](const StreamState& stream) { return !stream.synced || followed(state, stream, since); });
}

bool GapFinder::settled(const State& state, Sequence sequence) const {
  return listed_ && all_followed(state, sequence);
}

std::vector<Gap> GapFinder::gaps(const State& state) const {
  std::vector<Gap> all = closed_;
  for (const std::optional<Gap>& gap : open_) {
    if (gap) all.push_back(*gap);
  }
  if (open_[kTail] && all_followed(state, tail_dropped_)) all.back().until = point_of(state);
  if (start_ && !listed_) {
    if (std::optional<Gap> gap = before_first_lists(state)) {
      if (all_listed(state)) gap->until = point_of(state);
      all.push_back(std::move(*gap));
    }
  }
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    const StreamState& stream = state.streams[i];
    if (!stream.synced || open_[i] || stream.seen_sequence > state.epoch || epoch_followed_ != 0) continue;
    Gap gap;
    gap.stream = static_cast<Stream>(i);
    gap.since = {stream.seen_sequence, stream.seen_at};
    gap.reason = "after the last start the watch had not been resumed when the journal ended";
    all.push_back(std::move(gap));
  }
  std::ranges::stable_sort(all, {}, [](const Gap& gap) { return gap.since.sequence; });
  return all;
}

}  // namespace bw::replay
