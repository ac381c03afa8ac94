// What of a journal is kept: which snapshot it may begin at, and which other snapshots are worth their room. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "controller/audit_options.h"
#include "journal/types.h"

namespace bw {

// A snapshot that the journal could begin at.
struct CutPoint {
  Sequence snapshot = 0;
  Timestamp time;                  // of the last event that it holds
  std::uint64_t bytes_behind = 0;  // of the events that would be left
};

// The snapshot to begin at, of those behind where the journal begins now, ascending; absent: nothing is to be cut off.
// For the age, only what is older; for the bytes, as little as brings the journal, which has `bytes`, below them. It is
// never cut at the newest snapshot, so that there are always two to begin with.
std::optional<Sequence> choose_cut(std::span<const CutPoint> points, std::uint64_t bytes, Timestamp now,
                                   const Retention& retention);

// Of ascending `snapshots`, those to remove so that at most `most` are left: never the first, where the journal begins,
// nor the newest two; the others thin out evenly.
std::vector<Sequence> superfluous(std::vector<Sequence> snapshots, std::size_t most);

}  // namespace bw
