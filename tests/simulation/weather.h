// What strikes the replicas of the daemon and the API server as a whole: crashes, stops, pauses, steps of the clock,
// compactions; what befalls leaders, in bursts: they are killed, stopped, paused for longer than the Lease lasts, cut
// off; and those who read /v1. Thread: the simulation's.
#pragma once

#include <set>
#include <vector>

#include "tests/simulation/object_store.h"
#include "tests/simulation/service.h"

namespace bw::simulation {

class Weather {
 public:
  Weather(World& world, ObjectStore& store, ModelLease& lease, Service& service, const std::vector<Daemon*>& daemons)
      : world_(world),
        store_(store),
        lease_(lease),
        service_(service),
        daemons_(daemons),
        random_(world.random("weather")),
        fate_(world.random("fail-over")) {}

  // Starts the replicas; then it strikes until the storm is over.
  void begin();
  // No storm from now on; replicas come back that are down.
  void clear_up();

 private:
  void strike();
  void strike_leader();
  // Ends a pause or a cut-off: after `most_ns`, or as soon as another leads, when it hurts most.
  void recover(Daemon& daemon, std::int64_t most_ns);
  void recover_now(Daemon& daemon);
  Daemon& victim();
  void start_again(Daemon& daemon, std::int64_t most_ns);
  void read();

  World& world_;
  ObjectStore& store_;
  ModelLease& lease_;
  Service& service_;
  const std::vector<Daemon*>& daemons_;
  Random random_, fate_;
  std::set<Daemon*> starting_;
};

}  // namespace bw::simulation
