#include "tests/simulation/operators.h"

#include <iterator>

namespace bw::simulation {

Operators::Operators(World& world, ObjectStore& store)
    : world_(world), store_(store), random_(world.random("operators")) {}

void Operators::begin() {
  for (std::uint32_t i = 0; i < world_.options().nodes; ++i) {
    const std::string name = "node-" + std::to_string(i);
    if (random_.chance(700)) {
      add_node(name);
    } else {
      world_.timeline.after(random_.between(0, 20 * kSecond), [this, name] { add_node(name); });
    }
  }
  world_.timeline.after(5 * kSecond, [this] { act(); });
}

void Operators::act() {
  if (!world_.busy()) return;
  const Options& options = world_.options();
  const std::size_t choice = random_.below(6);
  if (choice == 0 && options.has(Feature::kCapacityEdits)) edit_capacity();
  if (choice == 1 && options.has(Feature::kKeptBack)) keep_back();
  if (choice == 2 && options.has(Feature::kObjectDeletion)) damage_object();
  if (choice == 3 && options.has(Feature::kNodeChurn)) edit_node();
  if (choice == 4 && options.has(Feature::kNodeChurn)) remove_node();
  if (choice == 5 && options.has(Feature::kNamespaceDefaults)) edit_namespace();
  world_.timeline.after(random_.between(500 * kMillisecond, 6 * kSecond), [this] { act(); });
}

std::string Operators::pick_node_name() { return "node-" + std::to_string(random_.below(world_.options().nodes)); }

VersionPtr Operators::pick_object() { return store_.find(Stream::kBandwidths, "", pick_node_name()); }

void Operators::add_node(const std::string& name) {
  ModelObject node;
  node.stream = Stream::kNodes;
  node.name = name;
  node.allocatable_pods = static_cast<std::uint32_t>(random_.chance(700) ? 110 : random_.between(4, 12));
  if (world_.options().has(Feature::kRacks)) {
    if (random_.chance(900)) node.labels["example.com/rack"] = "rack-" + std::to_string(random_.below(3));
    node.labels["example.com/zone"] = "zone-" + std::to_string(random_.below(2));
  }
  store_.create(std::move(node));
}

void Operators::remove_node() {
  const VersionPtr node = store_.find(Stream::kNodes, "", pick_node_name());
  if (!node || store_.all(Stream::kNodes).size() < 2) return;
  world_.coverage.count(Counter::kNodesGone);
  store_.erase(**node);
  if (random_.chance(100)) return;
  const std::int64_t back_ns = random_.chance(300) ? 100 * kMillisecond : 25 * kSecond;
  world_.timeline.after(random_.between(0, back_ns), [this, name = (*node)->name] {
    world_.coverage.count(Counter::kNodesBack);
    add_node(name);
  });
}

void Operators::edit_node() {
  const VersionPtr node = store_.find(Stream::kNodes, "", pick_node_name());
  if (!node) return;
  store_.edit(**node, [&](ModelObject& edited) {
    switch (random_.below(3)) {
      case 0:
        edited.unschedulable = !edited.unschedulable;
        break;
      case 1:
        edited.allocatable_pods = static_cast<std::uint32_t>(random_.between(4, 110));
        break;
      default:
        if (world_.options().has(Feature::kRacks)) {
          edited.labels["example.com/rack"] = "rack-" + std::to_string(random_.below(3));
        }
    }
  });
}

void Operators::edit_capacity() {
  // Also for a node that is not there yet, or not any more.
  const std::string name = pick_node_name();
  const VersionPtr object = store_.find(Stream::kBandwidths, "", name);
  if (!object) {
    ModelObject declared;
    declared.stream = Stream::kBandwidths;
    declared.name = name;
    declared.bandwidth.network.ul = random_.between(1, 15) * 100;
    store_.create(std::move(declared));
    return;
  }
  const auto draw = [&](std::int64_t most) {
    return random_.chance(250) ? std::optional<std::int64_t>() : std::optional(random_.between(0, most) * 100);
  };
  store_.edit(**object, [&](ModelObject& edited) {
    edited.bandwidth.network = {draw(15), draw(15)};
    if (random_.chance(400)) edited.bandwidth.local = {draw(40), draw(40)};
    if (random_.chance(100)) edited.bandwidth.max_interfaces = static_cast<std::uint32_t>(random_.between(0, 30));
  });
}

void Operators::keep_back() {
  const VersionPtr object = pick_object();
  if (!object) return;
  store_.edit(**object, [&](ModelObject& edited) {
    auto& reservations = edited.bandwidth.reservations;
    if (!reservations.empty() && random_.chance(400)) return reservations.clear();
    DeclaredReservation one;
    one.name = "plan-" + std::to_string(random_.below(3));
    one.network = {random_.between(0, 5) * 100, random_.between(0, 5) * 100};
    if (random_.chance(300)) one.local = {random_.between(0, 5) * 100, std::nullopt};
    if (random_.chance(600)) {
      const std::int64_t wall_s = world_.wall().ns / kSecond;
      one.until = Timestamp{(wall_s + random_.between(-5, 60)) * kSecond};
    }
    reservations.push_back(one);
  });
}

void Operators::damage_object() {
  const VersionPtr object = pick_object();
  if (!object) return;
  if (random_.chance(500)) return store_.erase(**object);
  store_.edit(**object, [](ModelObject& edited) { edited.status = R"({"used":{"network":{"ulMbps":1}}})"; });
}

void Operators::edit_namespace() {
  const VersionPtr space = store_.find(Stream::kNamespaces, "", random_.chance(500) ? "team-a" : "team-b");
  store_.edit(**space, [&](ModelObject& edited) {
    const std::string key = random_.chance(500) ? "networking.vaclab.org/default-egress-bandwidth"
                                                : "networking.vaclab.org/default-ingress-bandwidth";
    if (random_.chance(300)) {
      edited.annotations.erase(key);
    } else {
      edited.annotations[key] = random_.chance(50) ? "much" : std::to_string(random_.below(80)) + "M";
    }
  });
}

}  // namespace bw::simulation
