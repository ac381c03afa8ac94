// A port on 127.0.0.1 behind which another one stands, as a Service or a network does: the target may change, and the
// path to it may be cut, or stand still and go on later. It copies bytes and reads none of them.
//
// A thread of its own does the work; the methods may be called on any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace bw {

class TcpForwarder {
 public:
  enum class Path : std::uint8_t {
    kOpen,
    kHeld,  // nothing arrives: what is sent is kept, and delivered late once the path is open again
    kCut,   // connections are reset, those that exist and those that are tried
  };

  explicit TcpForwarder(std::uint16_t target = 0);
  ~TcpForwarder();
  TcpForwarder(const TcpForwarder&) = delete;
  TcpForwarder& operator=(const TcpForwarder&) = delete;

  std::uint16_t port() const { return port_; }

  // Where new connections go; those that exist stay where they are, as behind a Service. 0: they are reset.
  void set_target(std::uint16_t port);
  std::uint16_t target() const { return target_; }

  void set_path(Path path);

 private:
  class Pairs;
  void run();
  void wake();

  int listener_ = -1;
  int wake_ = -1;  // an eventfd
  std::uint16_t port_ = 0;
  std::atomic<std::uint16_t> target_;
  std::atomic<Path> path_ = Path::kOpen;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace bw
