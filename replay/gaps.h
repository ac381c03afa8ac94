// Where the recorder was blind: found from the facts alone, event by event. A gap reaches back: what opens it tells
// since when nothing is known any more, so it is known only some time after it began. Pure; one thread at a time.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "projections/state.h"
#include "replay/instant.h"

namespace bw::replay {

// After the event `since`, and before the event `until`, things may have happened that the journal does not hold.
struct Gap {
  std::optional<Stream> stream;  // absent: of all
  Point since;
  std::optional<Point> until;  // absent: not in what was read
  std::string reason;
  std::uint32_t changed = 0, added = 0, gone = 0;  // found by the list that ended it
};

class GapFinder {
 public:
  // Every event, in order; `state` is the one before it.
  void see(const State& state, const Event& event);

  // True if nothing that follows the events so far can open a gap that reaches back to `sequence`.
  bool settled(const State& state, Sequence sequence) const;

  // By their beginning; `state` is the one after the last event that was seen.
  std::vector<Gap> gaps(const State& state) const;

 private:
  // One of each kind at a time: of a stream, of events that are not understood, of a tail that was dropped.
  static constexpr std::size_t kNotUnderstood = kStreamCount;
  static constexpr std::size_t kTail = kStreamCount + 1;

  void open(std::size_t which, const Point& since, std::string reason);
  void close(std::size_t which, const Point& until);
  bool followed(const State& state, const StreamState& stream, Sequence since) const;
  bool all_followed(const State& state, Sequence since) const;
  std::optional<Gap> before_first_lists(const State& state) const;

  std::vector<Gap> closed_;
  std::array<std::optional<Gap>, kStreamCount + 2> open_;
  std::optional<Point> start_;   // first event that was seen
  bool listed_ = false;          // every stream, at least once
  std::string history_lost_;     // why; "": it was not
  Sequence tail_dropped_ = 0;    // the event that says so
  Sequence epoch_followed_ = 0;  // event that shows that all streams were resumed in this epoch; 0: none yet
};

}  // namespace bw::replay
