// A state as records, and back. What comes back equals what was: the same answers, effects, digest and sums, now and
// after every later event. So a member that is added to State, or to one of its parts, has to be in a record, or to
// follow from what is; tests/projections/state_equality.h does not compile before it is compared. Pure.
#pragma once

#include <functional>

#include "journal/result.h"
#include "journal/snapshot_record.h"
#include "projections/state.h"

namespace bw {

// Hands the records of `state` to `put`, one by one, in an order that the state alone determines. At least one event
// was applied to it.
void snapshot_of(const State& state, const std::function<void(const SnapshotRecord&)>& put);

// Fills the record that it is given; false behind the last one.
using NextRecord = std::function<Result<bool>(SnapshotRecord&)>;

// The state that the records describe. kUnsupported: of another rules version, or with records that this version does
// not know; kCorrupt: they contradict each other or the header's digest; else what `next` failed with.
Result<State> state_from(const NextRecord& next);

}  // namespace bw
