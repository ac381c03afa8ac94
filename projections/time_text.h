// Times as RFC 3339 text. Pure functions, without locale or time zone database; safe on any thread.
#pragma once

#include <string>
#include <string_view>

#include "journal/result.h"
#include "journal/types.h"

namespace bw {

// "2026-12-01T00:00:00Z", "2026-12-01T01:00:00.25+01:00": a fraction may have any number of digits (what is finer
// than a nanosecond is cut off), the offset is required. kInvalid for what is no such time, for leap seconds, and for
// years outside 1678 to 2261, which nanoseconds in 64 bits cannot hold.
Result<Timestamp> parse_rfc3339(std::string_view text);

// In UTC with `fraction_digits` (0 to 9) digits of the second, cut off and not rounded. Kubernetes' Time has 0,
// its MicroTime 6.
std::string format_rfc3339(Timestamp time, int fraction_digits);

}  // namespace bw
