// The canonical text of a UUID (lower case, 8-4-4-4-12) as 128 bits, which is how the journal stores the uids of
// Kubernetes objects. Private to journal/. Values only; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bw {

struct Uuid {
  std::uint64_t high = 0;  // the first 16 digits
  std::uint64_t low = 0;
};

// Only of text that write_uuid() would write again.
std::optional<Uuid> parse_uuid(std::string_view text);

// Sets `text` to the canonical text.
void write_uuid(const Uuid& uuid, std::string& text);

}  // namespace bw
