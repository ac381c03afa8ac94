// Ports on 127.0.0.1 that nothing listens on. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bw {

// `count` different ports between 20000 and 30000: below the range from which Linux takes the ports of outgoing
// connections, so that none of those can take one before its server is up.
std::vector<std::uint16_t> free_ports(std::size_t count);

}  // namespace bw
