#include "controller/retention.h"

#include <algorithm>

namespace bw {

std::optional<Sequence> choose_cut(std::span<const CutPoint> points, std::uint64_t bytes, Timestamp now,
                                   const Retention& retention) {
  if (points.size() < 2) return std::nullopt;
  points = points.first(points.size() - 1);
  std::optional<Sequence> chosen;
  if (retention.max_age_ns) {
    for (const CutPoint& point : points) {
      if (now.ns - point.time.ns > *retention.max_age_ns) chosen = point.snapshot;
    }
  }
  if (!retention.max_bytes) return chosen;
  for (const CutPoint& point : points) {
    if (bytes <= *retention.max_bytes) break;
    if (!chosen || *chosen < point.snapshot) chosen = point.snapshot;
    bytes = point.bytes_behind;
  }
  return chosen;
}

std::vector<Sequence> superfluous(std::vector<Sequence> snapshots, std::size_t most) {
  constexpr std::size_t kNewest = 2;
  std::vector<Sequence> removed;
  while (snapshots.size() > std::max(most, kNewest + 1)) {
    // The one whose neighbours are closest to each other.
    std::size_t least = 1;
    for (std::size_t i = 1; i + kNewest < snapshots.size(); ++i) {
      const auto gap = [&](std::size_t at) { return snapshots[at + 1] - snapshots[at - 1]; };
      if (gap(i) < gap(least)) least = i;
    }
    removed.push_back(snapshots[least]);
    snapshots.erase(snapshots.begin() + static_cast<std::ptrdiff_t>(least));
  }
  std::ranges::sort(removed);
  return removed;
}

}  // namespace bw
