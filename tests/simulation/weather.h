// What strikes the daemon and the API server as a whole: crashes, stops, pauses, steps of the clock, compactions; and
// those who read /v1. Thread: the simulation's.
#pragma once

#include "tests/simulation/object_store.h"
#include "tests/simulation/service.h"

namespace bw::simulation {

class Weather {
 public:
  Weather(World& world, ObjectStore& store, Service& service, Daemon& daemon)
      : world_(world), store_(store), service_(service), daemon_(daemon), random_(world.random("weather")) {}

  // Starts the daemon; then it strikes until the storm is over.
  void begin();
  // No storm from now on; the daemon comes back if it is down.
  void clear_up();

 private:
  void strike();
  void start_again(std::int64_t most_ns);
  void read();

  World& world_;
  ObjectStore& store_;
  Service& service_;
  Daemon& daemon_;
  Random random_;
  bool starting_ = false;
};

}  // namespace bw::simulation
