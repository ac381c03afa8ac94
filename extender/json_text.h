// Writes JSON text straight into a string, for replies that are built thousands of names at a time.
// Pure; safe on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bw {

// `text` must be UTF-8. Escapes what JSON demands, and nothing else.
void append_json_string(std::string& out, std::string_view text);

void append_json_number(std::string& out, std::int64_t number);

}  // namespace bw
