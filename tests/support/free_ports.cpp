#include "tests/support/free_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "journal/result.h"

namespace bw {
namespace {

constexpr std::uint32_t kFirstPort = 20000;
constexpr std::uint32_t kPortCount = 10000;

bool is_free(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return free;
}

}  // namespace

std::vector<std::uint16_t> free_ports(std::size_t count) {
  // Processes start at different places, so that two harnesses do not choose the same port.
  static std::uint32_t next = static_cast<std::uint32_t>(getpid()) * 97 % kPortCount;
  std::vector<std::uint16_t> ports;
  for (std::uint32_t tries = 0; ports.size() < count; ++tries) {
    check(tries < kPortCount, "no free port between 20000 and 30000 on 127.0.0.1");
    const auto port = static_cast<std::uint16_t>(kFirstPort + next);
    next = (next + 1) % kPortCount;
    if (is_free(port)) ports.push_back(port);
  }
  return ports;
}

}  // namespace bw
