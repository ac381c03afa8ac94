#include "tests/support/tcp_forwarder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <string>
#include <vector>

#include "journal/result.h"
#include "tests/support/free_ports.h"

namespace bw {
namespace {

constexpr std::size_t kMostHeld = 1 << 20;  // of one direction of one connection; then its sender has to wait

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Closes with RST, so that the peer sees a failure and not an end.
void reset(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket);
}

// One end of a connection: its socket, and the bytes that are on their way to it.
struct End {
  int socket = -1;
  std::string waiting{};
  bool finished = false;  // it sends no more
  bool told = false;      // it has been told that the other end sends no more
};

struct Pair {
  End client, server;
};

// False when the connection has failed.
bool receive(End& from, End& to) {
  std::array<char, 65536> buffer;
  const ssize_t count = recv(from.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) {
    to.waiting.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0) {
    from.finished = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    return false;
  }
  return true;
}

bool transmit(End& to) {
  const ssize_t count = send(to.socket, to.waiting.data(), to.waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count > 0) to.waiting.erase(0, static_cast<std::size_t>(count));
  return count >= 0 || errno == EAGAIN || errno == EINTR;
}

short wanted(const End& end, const End& other) {
  short events = 0;
  if (!end.finished && other.waiting.size() < kMostHeld) events |= POLLIN;
  if (!end.waiting.empty()) events |= POLLOUT;
  return events;
}

}  // namespace

class TcpForwarder::Pairs {
 public:
  ~Pairs() { reset_all(); }

  void add(int client, std::uint16_t target) {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target);
    if (target == 0 || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      reset(client);
      close(server);
      return;
    }
    const int yes = 1;
    for (const int one : {client, server}) setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    pairs_.push_back({.client = {.socket = client}, .server = {.socket = server}});
  }

  void reset_all() {
    for (const Pair& pair : pairs_) reset_both(pair);
    pairs_.clear();
  }

  void poll_for(std::vector<pollfd>& polled) const {
    for (const Pair& pair : pairs_) {
      polled.push_back({.fd = pair.client.socket, .events = wanted(pair.client, pair.server), .revents = 0});
      polled.push_back({.fd = pair.server.socket, .events = wanted(pair.server, pair.client), .revents = 0});
    }
  }

  // `polled` from poll_for(), with what is ready.
  void move_bytes(const pollfd* polled) {
    for (auto at = pairs_.begin(); at != pairs_.end(); polled += 2) {
      // First all that has come, then all that goes: an end that has finished is told on at once, for no poll would
      // come back to it.
      const bool lives = take(at->client, at->server, polled[0].revents) &&
                         take(at->server, at->client, polled[1].revents) && give(at->client, at->server) &&
                         give(at->server, at->client) && !over(*at);
      if (!lives) reset_both(*at);
      at = lives ? std::next(at) : pairs_.erase(at);
    }
  }

 private:
  static void reset_both(const Pair& pair) {
    // In good order where both have finished; then there is nothing to reset.
    for (const End* end : {&pair.client, &pair.server}) over(pair) ? void(close(end->socket)) : reset(end->socket);
  }

  static bool over(const Pair& pair) { return pair.client.told && pair.server.told; }

  static bool take(End& end, End& other, short ready) {
    if ((ready & (POLLERR | POLLNVAL)) != 0) return false;
    return (ready & (POLLIN | POLLHUP)) == 0 || end.finished || receive(end, other);
  }

  static bool give(End& end, const End& other) {
    if (!end.waiting.empty() && !transmit(end)) return false;
    if (other.finished && end.waiting.empty() && !end.told) {
      end.told = true;
      shutdown(end.socket, SHUT_WR);
    }
    return true;
  }

  std::list<Pair> pairs_;
};

TcpForwarder::TcpForwarder(std::uint16_t target) : target_(target) {
  port_ = free_ports(1).front();
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const sockaddr_in address = loopback(port_);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool listens = bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       listen(listener_, SOMAXCONN) == 0;
  check(listens, "the forwarder cannot listen on 127.0.0.1:" + std::to_string(port_));
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread(&TcpForwarder::run, this);
}

TcpForwarder::~TcpForwarder() {
  ending_ = true;
  wake();
  thread_.join();
  close(listener_);
  close(wake_);
}

void TcpForwarder::set_target(std::uint16_t port) { target_ = port; }

void TcpForwarder::set_path(Path path) {
  path_ = path;
  wake();
}

void TcpForwarder::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void TcpForwarder::run() {
  Pairs pairs;
  std::vector<pollfd> polled;
  while (!ending_) {
    const Path path = path_;
    if (path == Path::kCut) pairs.reset_all();
    polled.assign({{.fd = wake_, .events = POLLIN, .revents = 0}});
    if (path != Path::kHeld) {  // else clients wait in the backlog, and bytes in the sockets
      polled.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
      pairs.poll_for(polled);
    }
    poll(polled.data(), polled.size(), -1);
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = read(wake_, &count, sizeof count);
    if (path == Path::kHeld || path_ != path) continue;
    pairs.move_bytes(polled.data() + 2);
    if (polled[1].revents == 0) continue;
    for (int client; (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      path == Path::kCut ? reset(client) : pairs.add(client, target_);
    }
  }
}

}  // namespace bw
