// What /metrics shows, in the Prometheus text format: latencies that the shell measured, and everything else read from
// the controller at the time of the scrape. Thread: the state's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "controller/controller.h"

namespace bw {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // A call of the scheduler has been answered after so long.
  void answered(Route route, double seconds);

  std::string text(const Controller& controller) const;

 private:
  struct Latencies;
  std::unique_ptr<Latencies> latencies_;
};

}  // namespace bw
