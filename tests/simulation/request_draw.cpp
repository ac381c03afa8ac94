#include "tests/simulation/request_draw.h"

#include <vector>

#include "projections/request.h"

namespace bw::simulation {
namespace {

// Few different sizes, so that pods fill links exactly now and then.
std::int64_t draw_megabits(Random& random) {
  static const std::vector<std::int64_t> kSizes{1, 10, 20, 50, 50, 100, 100, 200, 250, 300, 500};
  return random.pick(kSizes);
}

std::string spell(Random& random, Dialect dialect, std::int64_t megabits) {
  if (dialect == Dialect::kOvn) return std::to_string(megabits);
  switch (random.below(4)) {
    case 0:
      return std::to_string(megabits * 1'000'000);
    case 1:
      return std::to_string(megabits * 1'000) + "k";
    default:
      return std::to_string(megabits) + "M";
  }
}

std::string draw_odd_value(Random& random) {
  static const std::vector<std::string> kOdd{"", "0", "-5M", "10", "2P", "1e", "ten", "500m", "1.5", "100 M"};
  return random.pick(kOdd);
}

const Dialect kDialects[] = {Dialect::kKubernetes, Dialect::kOvn, Dialect::kCalico};

}  // namespace

void redraw_request(Random& random, const Options& options, Annotations& annotations) {
  for (Dialect dialect : kDialects) {
    annotations.erase(std::string(annotation_key(dialect, Direction::kUl)));
    annotations.erase(std::string(annotation_key(dialect, Direction::kDl)));
  }
  const bool odd = options.has(Feature::kOddRequests);
  if (odd && random.chance(120)) return;  // none at all
  const Dialect dialect = odd ? kDialects[random.below(3)] : Dialect::kKubernetes;
  for (Direction direction : {Direction::kUl, Direction::kDl}) {
    if (odd && random.chance(150)) continue;
    const std::int64_t megabits = draw_megabits(random);
    annotations[std::string(annotation_key(dialect, direction))] = spell(random, dialect, megabits);
    if (!odd) continue;
    const Dialect second = kDialects[random.below(3)];
    if (random.chance(150)) {
      const std::int64_t said = random.chance(900) ? megabits : megabits + 1;  // now and then they disagree
      annotations[std::string(annotation_key(second, direction))] = spell(random, second, said);
    }
    if (random.chance(30)) annotations[std::string(annotation_key(second, direction))] = draw_odd_value(random);
  }
}

Annotations draw_annotations(Random& random, const Options& options) {
  Annotations annotations;
  redraw_request(random, options, annotations);
  if (options.has(Feature::kNamedGroups) && random.chance(300)) {
    annotations["networking.vaclab.org/group"] = "group-" + std::to_string(random.below(3));
  }
  if (options.has(Feature::kAlwaysCharge) && random.chance(200)) {
    annotations["networking.vaclab.org/network-charge"] = random.chance(700) ? "Always" : "WhenSpread";
  }
  if (options.has(Feature::kInterfaces) && random.chance(400)) {
    annotations["k8s.v1.cni.cncf.io/networks"] = random.chance(500) ? "a, other/b" : R"([{"name":"a"},{"name":"b"}])";
  }
  return annotations;
}

Policy draw_policy(Random& random, const Options& options) {
  Policy policy;
  const auto megabits = [&](std::int64_t least, std::int64_t most) {
    return random.between(least / 100, most / 100) * 100 * kBitsPerMegabit;
  };
  policy.default_network_capacity = {megabits(400, 1500), megabits(400, 1500)};
  policy.default_local_capacity = {megabits(1000, 4000), megabits(1000, 4000)};
  if (options.has(Feature::kRacks)) {
    TopologyLevel rack;
    rack.label = "example.com/rack";
    rack.uplink = {megabits(800, 3000), megabits(800, 3000)};
    rack.by_value = {{"rack-1", {megabits(800, 3000), megabits(800, 3000)}}};
    policy.levels.push_back(rack);
    if (random.chance(400)) {
      TopologyLevel zone;
      zone.label = "example.com/zone";
      zone.uplink = {megabits(1000, 4000), megabits(1000, 4000)};
      policy.levels.push_back(zone);
    }
  }
  if (options.has(Feature::kNamespaceDefaults)) policy.default_request = {megabits(0, 100), megabits(0, 100)};
  policy.write_dialect = kDialects[random.below(3)];
  policy.always_charge_network = options.has(Feature::kAlwaysCharge) && random.chance(300);
  if (options.has(Feature::kInterfaces)) policy.max_interfaces = static_cast<std::uint32_t>(random.between(8, 30));
  policy.scoring_seed = random.next();
  policy.candidates = static_cast<std::uint32_t>(random.chance(500) ? 100 : random.between(1, 4));
  return policy;
}

}  // namespace bw::simulation
