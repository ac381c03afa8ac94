#include "controller/recorder.h"

#include <utility>

namespace bw {
namespace {

// A smaller step back than this is the noise of clock adjustment, and the stamps just wait for it.
constexpr std::int64_t kNoticedStepBackNs = 10 * kNanosecondsPerMillisecond;

}  // namespace

void Recorder::begin(const Instant& now) {
  const std::int64_t behind_ns = state_.time.ns - now.wall.ns;
  // Once per step back: while the clock catches up the difference only shrinks.
  const bool stepped = behind_ns > kNoticedStepBackNs && now.wall < now_.wall;
  now_ = now;
  if (stepped) record(ClockSteppedBack{behind_ns});
}

void Recorder::record(Fact fact) {
  event_.sequence = state_.applied + 1;
  event_.time = std::max(state_.time, now_.wall);
  event_.monotonic_ns = now_.monotonic_ns;
  event_.term = state_.term_began != 0 ? state_.term : 0;
  event_.fact = std::move(fact);
  std::string& record = batch_.records.emplace_back();
  codec_.encode(event_, record);
  const Head& head = chain_.extend(record);
  if (head.sequence % kKeptHashInterval == 0) batch_.kept.push_back(head);
  listener_.recording(event_);
  apply(state_, event_);
  if (head.sequence % kDigestNoteInterval == 0) notes_.push_back({head.sequence, state_.digest});
}

void Recorder::record(std::vector<Fact> facts) {
  for (Fact& fact : facts) record(std::move(fact));
}

RecordBatch Recorder::take_batch(bool sync) {
  RecordBatch batch = std::exchange(batch_, {});
  batch.head = chain_.head();
  batch.sync = sync;
  return batch;
}

}  // namespace bw
