// The status of a Bandwidth object as the merge patch that writes it. Mbps for people: `used` and `keptBack` rounded
// up, `capacity` and `available` down. Pure: the same view gives the same bytes.
#pragma once

#include <cstdint>
#include <string>

#include "projections/node_view.h"

namespace bw {

// Where the status was published from; lets anyone see later that history was cut.
struct StatusStamp {
  std::string journal;  // its id, in hexadecimal
  std::uint64_t term = 0;
  Sequence sequence = 0;
  std::string head_hash;  // h(sequence), in hexadecimal
  Timestamp time;
};

// What the status says about the node: everything but `journal` and `updatedAt`. Starts with `{` and ends with `}`.
// A merge patch removes only what it names, so fields that may go away are null where they do not apply.
std::string bandwidth_status_content(const NodeView& view);

// The whole patch: {"status": content + journal + updatedAt}.
std::string bandwidth_status_patch(const std::string& content, const StatusStamp& stamp);

constexpr std::size_t kMostStatusReservations = 500;

}  // namespace bw
