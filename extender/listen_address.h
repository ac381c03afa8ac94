// Where a server listens, as the configuration says it: "127.0.0.1:9443", "0.0.0.0:9440", "[::1]:9443". Values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/result.h"

namespace bw {

struct ListenAddress {
  std::string ip = "127.0.0.1";  // a literal; names are not resolved
  std::uint16_t port = 0;        // 0: any free port
  bool loopback = true;          // only this machine can connect
};

Result<ListenAddress> parse_listen_address(std::string_view text);

// The form that parse_listen_address() reads.
std::string to_text(const ListenAddress& address);

}  // namespace bw
