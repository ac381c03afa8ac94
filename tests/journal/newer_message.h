// A stored message as a newer minor version of its schema might have written it: every struct in it, those in lists
// too, has one word of data and one pointer more, neither of them zero. Functions without state.
#pragma once

#include <string>
#include <string_view>

namespace bw {

// `bytes`: a framed message.
std::string grown(std::string_view bytes);

// The content of a framed message whatever the version that wrote it: without trailing zeros, pointers in one order.
std::string canonical(std::string_view bytes);

}  // namespace bw
