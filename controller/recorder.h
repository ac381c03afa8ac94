// The one place where facts become events: gives each its sequence and stamps, encodes and hashes it, applies it to
// the state, and keeps the records for the writer. Facts that are recorded between two take_batch() calls are one
// atomic append. Thread: the state's.
#pragma once

#include <utility>
#include <vector>

#include "controller/messages.h"
#include "journal/chain.h"
#include "journal/event_codec.h"
#include "projections/state.h"

namespace bw {

// Told of every event just before it is applied.
class RecordListener {
 public:
  virtual ~RecordListener() = default;
  virtual void recording(const Event& event) = 0;
};

class Recorder {
 public:
  // `state` has been restored up to `head`; it and `listener` must outlive the recorder.
  Recorder(State& state, Head head, RecordListener& listener) : state_(state), chain_(head), listener_(listener) {}

  // All later facts are stamped with this instant; a wall clock behind the last event is itself recorded.
  void begin(const Instant& now);

  void record(Fact fact);
  void record(std::vector<Fact> facts);

  // What was recorded since the last call; no records if nothing was. `sync`: somebody waits for it.
  RecordBatch take_batch(bool sync);

  // Digests of the state at some of the events that were recorded since the last call.
  std::vector<DigestNote> take_notes() { return std::exchange(notes_, {}); }

  const Head& head() const { return chain_.head(); }

 private:
  State& state_;
  Chain chain_;
  RecordListener& listener_;
  EventCodec codec_;
  Event event_;
  Instant now_;
  RecordBatch batch_;
  std::vector<DigestNote> notes_;
};

}  // namespace bw
