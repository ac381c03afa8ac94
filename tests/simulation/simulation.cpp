#include "tests/simulation/simulation.h"

#include <algorithm>
#include <set>
#include <variant>

#include "projections/wake_up.h"
#include "tests/simulation/kubelets.h"
#include "tests/simulation/model_scheduler.h"
#include "tests/simulation/operators.h"
#include "tests/simulation/people.h"
#include "tests/simulation/quiet_check.h"
#include "tests/simulation/replica.h"
#include "tests/simulation/weather.h"

namespace bw::simulation {
namespace {

// Longer than any back-off that a storm leaves behind.
constexpr std::int64_t kCalmDownNs = 40 * kSecond;
// ... and it takes a new leader to wait a Lease out.
constexpr std::int64_t kElectionNs = 30 * kSecond;
constexpr std::int64_t kBusyNs = 40 * kSecond;
constexpr std::int64_t kQuietNs = 120 * kSecond;
// R15, and what it takes to see the pod again.
constexpr std::int64_t kLongestUnwokenNs = 2 * kSecond;
constexpr std::int64_t kSampleNs = 250 * kMillisecond;

Policy draw(const World& world) {
  Random random = world.random("policy");
  return draw_policy(random, world.options());
}

class Simulation {
 public:
  Simulation(const Options& options, std::size_t trace_lines, const PlantBug& plant)
      : world_(options, trace_lines),
        store_(world_),
        server_(world_, store_),
        policy_(draw(world_)),
        cluster_check_(world_, store_, policy_),
        service_(world_, daemons_),
        controllers_(world_, store_),
        kubelets_(world_, store_),
        default_scheduler_(world_, store_, service_, "default-scheduler"),
        second_scheduler_(world_, store_, service_, "second-scheduler"),
        people_(world_, store_, server_, controllers_),
        operators_(world_, store_),
        weather_(world_, store_, server_.lease(), service_, daemons_) {
    while (replicas_.size() < world_.options().replica_count()) {
      replicas_.push_back(std::make_unique<Replica>(world_, store_, server_, policy_, cluster_check_, daemons_, plant));
    }
    store_.on_change([this](const StoreChange& change) {
      const ModelObject& object = **change.version;
      if (change.type != StoreChange::Type::kAdded || object.stream != Stream::kPods) return;
      if (!names_.insert({object.space, object.name}).second) world_.coverage.count(Counter::kNameTakenAgain);
    });
  }

  RunResult run() {
    people_.begin();
    operators_.begin();
    weather_.begin();
    const std::int64_t storm_ends_ns = world_.options().storm_s * kSecond;
    while (world_.now_ns() < storm_ends_ns && !world_.violation() && !enough_steps()) {
      world_.timeline.run_until(world_.now_ns() + kSecond);
    }
    weather_.clear_up();
    pass(kCalmDownNs + (world_.options().has(Feature::kReplicas) ? kElectionNs : 0));
    sample_wake_ups();
    pass(kBusyNs);
    world_.set_busy(false);
    pass(kQuietNs);
    if (!world_.violation()) check_quiet();
    RunResult result{world_.violation(), world_.coverage, 0, {}};
    world_.mix(world_.timeline.happened());
    world_.mix(store_.version());
    result.hash = world_.hash();
    result.trace.assign(world_.trace_lines().begin(), world_.trace_lines().end());
    return result;
  }

 private:
  bool enough_steps() const {
    std::uint64_t steps = 0;
    for (const Daemon* daemon : daemons_) steps += daemon->steps();
    return world_.options().steps && steps >= *world_.options().steps;
  }

  void pass(std::int64_t for_ns) {
    if (!world_.violation()) world_.timeline.run_until(world_.now_ns() + for_ns);
  }

  void check_quiet() {
    Daemon* const leader = service_.leader();
    for (Daemon* daemon : daemons_) {
      if (!daemon->ready() || leader == nullptr) {
        return world_.fail("quiet", daemon->name() + " is not ready although nothing disturbs it: " +
                                        (daemon->up() ? daemon->controller()->not_serving_because() : "down"));
      }
      if (daemon->leads() && daemon != leader) {
        return world_.fail("R14", daemon->name() + " and " + leader->name() + " both lead");
      }
      QuietCheck(world_, store_, policy_, daemon->controller()->state(), daemon == leader).run();
    }
    for (Daemon* daemon : daemons_) daemon->stop();
    pass(8 * kSecond);
    for (const auto& replica : replicas_) {
      if (replica->daemon().up()) return world_.fail("stop", replica->daemon().name() + " does not stop");
      replica->journal().replay(replica->daemon().disk());
    }
  }

  // R15 on the live state, as long as nothing but the cluster's own doings disturb it.
  void sample_wake_ups() {
    Daemon* const leader = service_.leader();
    if (leader != sampled_) owed_since_ns_.reset();
    sampled_ = leader;
    if (leader != nullptr) {
      const State& state = leader->controller()->state();
      const std::vector<Fact> owed_facts = decide_wake_ups(state, world_.wall(), 100);
      // Nothing is owed to a pod that is gone, also while the watch has not said so.
      const auto exists = [&](PodNumber number) {
        const PodIdentity& pod = state.pods.at(number).identity;
        const VersionPtr object = store_.find(Stream::kPods, pod.space, pod.name);
        return object && (*object)->uid == pod.uid;
      };
      // One that was woken and has had no attempt since is not wanted by other plugins.
      const auto fits = std::find_if(owed_facts.begin(), owed_facts.end(), [&](const Fact& fact) {
        const PodNumber pod = std::get<PodWoken>(fact).pod;
        return state.pods.at(pod).refusal->woken_at == 0 && exists(pod);
      });
      const auto to_wake = std::find_if(state.to_wake.begin(), state.to_wake.end(), exists);
      const bool owed = fits != owed_facts.end() || to_wake != state.to_wake.end();
      if (owed) world_.coverage.count(Counter::kFitSamples);
      if (!owed) owed_since_ns_.reset();
      if (owed && !owed_since_ns_) owed_since_ns_ = world_.now_ns();
      if (owed && world_.now_ns() - *owed_since_ns_ > kLongestUnwokenNs) {
        const PodNumber number = fits != owed_facts.end() ? std::get<PodWoken>(*fits).pod : *to_wake;
        const PodIdentity& pod = state.pods.at(number).identity;
        world_.fail("R15", pod.name + " (" + pod.uid + ")" +
                               (fits != owed_facts.end() ? " was refused, fits for more than 2 s and is not woken"
                                                         : " is owed its wake-up for more than 2 s"));
      }
    }
    world_.timeline.after(kSampleNs, [this] { sample_wake_ups(); });
  }

  World world_;
  ObjectStore store_;
  ModelApiServer server_;
  const Policy policy_;
  ClusterCheck cluster_check_;
  std::vector<Daemon*> daemons_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  Service service_;
  WorkloadControllers controllers_;
  Kubelets kubelets_;
  ModelScheduler default_scheduler_, second_scheduler_;
  People people_;
  Operators operators_;
  Weather weather_;
  std::set<ObjectStore::Key> names_;
  const Daemon* sampled_ = nullptr;
  std::optional<std::int64_t> owed_since_ns_;
};

}  // namespace

RunResult simulate(const Options& options, std::size_t trace_lines, const PlantBug& plant) {
  return Simulation(options, trace_lines, plant).run();
}

}  // namespace bw::simulation
