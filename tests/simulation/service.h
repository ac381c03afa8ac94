// The way from the schedulers, and from people who read, to the daemon that serves: calls that are lost, arrive after
// their sender gave them up, or arrive twice. With several replicas it is here that one is chosen. Thread: the
// simulation's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/daemon.h"

namespace bw::simulation {

class Service {
 public:
  // The answer, or nothing: no connection, a broken one, or none in time.
  using OnAnswer = std::function<void(const AnswerCall*)>;

  Service(World& world, const std::vector<Daemon*>& daemons)
      : world_(world), random_(world.random("service")), choice_(world.random("replicas")), daemons_(daemons) {}

  // The replica that leads, as far as its label says: a newer leader sets it on itself and takes it off the one
  // before, which may be late. Null: none does.
  Daemon* leader();

  void call(const RouteMatch& match, const std::string& body, std::int64_t timeout_ns, OnAnswer on_answer);

 private:
  Daemon* chosen();
  void arrive(const RouteMatch& match, const std::string& body, const std::shared_ptr<OnAnswer>& on_answer);

  World& world_;
  Random random_, choice_;
  const std::vector<Daemon*>& daemons_;
};

}  // namespace bw::simulation
