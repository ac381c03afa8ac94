// The Kubernetes Quantity: numbers such as `100M`, `1.5Gi`, `2e6` or `1500m`, read exactly, in integers. Grammar of
// k8s.io/apimachinery, pkg/api/resource. Pure functions; safe on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/result.h"

namespace bw {

// The value of `text`, rounded away from zero to a whole number, as Quantity.Value() does: "1500m" is 2, "1Ki" is
// 1024. kInvalid with one sentence for what is no quantity and for what does not fit in 64 bits. Stricter than the
// API server in what has no digit at all ("", "+", "M"), which it reads as zero; only the first 20 significant digits
// of a binary quantity are exact, the rest counts as one more.
Result<std::int64_t> parse_quantity(std::string_view text);

// The canonical decimal form: the largest suffix that leaves no fraction. 1500000 is "1500k", 1073741824 is itself.
std::string format_quantity(std::int64_t value);

}  // namespace bw
