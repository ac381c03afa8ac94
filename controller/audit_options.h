// How the auditor keeps a journal: what the configuration says under `journal`. Values only.
#pragma once

#include <cstdint>
#include <optional>

#include "journal/types.h"

namespace bw {

// Absent: no limit.
struct Retention {
  std::optional<std::int64_t> max_age_ns;
  std::optional<std::uint64_t> max_bytes;
  bool operator==(const Retention&) const = default;
};

struct AuditOptions {
  Sequence snapshot_every = 200'000;  // events
  Retention retention;
};

}  // namespace bw
