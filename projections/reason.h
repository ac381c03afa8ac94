// The fixed texts of reasons. kube-scheduler counts equal texts in the pod's PodScheduled condition, so they hold
// no numbers; after a restart a refused pod is known by them. Values only; safe on any thread.
#pragma once

#include <string_view>

#include "journal/event.h"

namespace bw {

// The text in FailedAndUnresolvableNodes and in bind errors; "" for kFits.
std::string_view reason_text(Reason reason);

// True if `message` (of a PodScheduled condition) bears one of our texts.
bool bears_reason(std::string_view message);

}  // namespace bw
