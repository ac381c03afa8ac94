#include <algorithm>

#include "projections/digest.h"
#include "projections/effects.h"
#include "projections/explain.h"
#include "projections/quantity.h"
#include "projections/reason.h"
#include "tests/support/scenario.h"

namespace bw {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::string link_text(const LinkView& link) {
  std::string text = rates_text(link.used) + " of " + rates_text(link.capacity);
  if (link.kept_back != Rates{}) text += " kept " + rates_text(link.kept_back);
  return text + " free " + rates_text(link.available) + (link.overcommitted ? " OVERCOMMITTED" : "");
}

bool is_named(const Command& command, const std::string& name) {
  return command.words.size() < 2 ||
         std::find(command.words.begin() + 1, command.words.end(), name) != command.words.end();
}

std::string show_nodes(const World& world, const Command& command) {
  std::string text;
  for (const NodeView& node : view_nodes(world.state())) {
    if (!is_named(command, node.name)) continue;
    text += node.name + ": local " + link_text(node.local) + ", network " + link_text(node.network);
    if (node.max_interfaces) {
      text += ", interfaces " + std::to_string(node.interfaces_used) + " of " + std::to_string(*node.max_interfaces);
    }
    if (node.readiness == NodeReadiness::kNodeNotFound) text += ", NodeNotFound";
    if (node.readiness == NodeReadiness::kReservationNotCovered) text += ", ReservationNotCovered";
    if (node.observed_generation == 0) text += ", no object";
    text += "\n";
  }
  return text;
}

// As the Bandwidth object tells it.
std::string show_megabits(const World& world, const Command& command) {
  const auto text_of = [](std::int64_t ul, std::int64_t dl) {
    return std::to_string(ul) + (ul == dl ? "" : "/" + std::to_string(dl));
  };
  const auto up = [&](const Rates& rates) { return text_of(megabits_up(rates.ul), megabits_up(rates.dl)); };
  const auto down = [&](const Rates& rates) { return text_of(megabits_down(rates.ul), megabits_down(rates.dl)); };
  std::string text;
  for (const NodeView& node : view_nodes(world.state())) {
    if (!is_named(command, node.name)) continue;
    const LinkView& link = node.network;
    text += node.name + ": network used " + up(link.used) + " of " + down(link.capacity) + " Mbps, available " +
            down(link.available) + "\n";
  }
  return text;
}

std::string show_uplinks(const World& world) {
  std::string text;
  for (const UplinkView& uplink : view_uplinks(world.state())) {
    text += uplink.label + " " + uplink.name + ": " + link_text(uplink.link) + "\n";
  }
  return text;
}

std::string place_text(const State& state, PlaceNumber place) {
  if (place == kFabric) return "the fabric";
  const LinkName name = link_name(state, place);
  return name.kind == LinkName::Kind::kUplink ? name.uplink : state.nodes.at(name.node).name;
}

std::string show_groups(const World& world) {
  const State& state = world.state();
  std::string text;
  for (const auto& [key, number] : state.group_numbers) {
    const Group& group = *state.ledger.group(number);
    if (key.ref.kind == GroupRef::Kind::kNamed) {
      text += "Group " + key.space + "/" + key.ref.name;
    } else {
      const Workload& workload = state.workloads.at(key.ref.workload);
      text += workload.kind_name + " " + workload.space + "/" + workload.name;
    }
    text += ": " + std::to_string(group.live) + " of " + (group.wanted ? std::to_string(*group.wanted) : "?");
    if (group.terminating != 0) text += ", " + std::to_string(group.terminating) + " terminating";
    text += ", meets at " + place_text(state, group.meeting) + "\n";
  }
  return text;
}

std::string placement_text(const World& world, const Pod& pod) {
  const Placement& placement = *pod.placement;
  const NodeView node = view_node(world.state(), placement.node);
  std::string text = (placement.terminating ? "terminating" : placement.settled ? "bound" : "reserved");
  text += " on " + node.name;
  for (const ReservationView& view : node.reservations) {
    if (view.pod_uid != pod.identity.uid) continue;
    text += ", " + rates_text(view.charged) + " on";
    for (const std::string& link : view.links) text += " " + link;
    if (view.drifts) text += ", drifts from " + rates_text(placement.granted);
    if (view.unshaped) text += ", unshaped";
  }
  if (placement.charged == Rates{}) text += ", nothing";
  if (placement.by == PlacedBy::kForeign) text += ", foreign";
  if (placement.by == PlacedBy::kGranted) text += ", granted before";
  return text;
}

std::string show_pods(const World& world, const Command& command) {
  std::vector<std::pair<std::string, std::string>> lines;
  world.state().pods.for_each([&](PodNumber, const Pod& pod) {
    if (!is_named(command, pod.identity.name)) return;
    std::string text = "waits";
    if (pod.placement) {
      text = placement_text(world, pod);
    } else if (pod.refusal) {
      text = pod.refusal->woken_at != 0 ? "refused, woken" : "refused";
    }
    lines.emplace_back(pod.identity.space + "/" + pod.identity.name, text);
  });
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& [name, line] : lines) text += name + ": " + line + "\n";
  return text;
}

std::string show_effects(const World& world) {
  std::string text;
  for (const Effect& effect : pending_effects(world.state())) {
    std::visit(
        Overloaded{
            [&](const BindPod& bind) {
              text += "bind " + bind.pod.name + " to " + bind.node;
              for (const auto& [key, value] : bind.annotations) text += " " + key + "=" + value;
            },
            [&](const CreateBandwidth& create) { text += "create Bandwidth " + create.node; },
            [&](const DeleteBandwidth& remove) { text += "delete Bandwidth " + remove.node; },
            [&](const WakePod& wake) { text += "wake " + wake.pod.name + " retry " + std::to_string(wake.retry); },
            [&](const FencePod& fence) { text += "fence " + fence.pod.name + " term " + std::to_string(fence.term); },
        },
        effect);
    text += "\n";
  }
  return text;
}

// Decided facts of one kind that tests look at.
std::string show_facts(const World& world) {
  const State& state = world.state();
  const auto link = [&](const LinkName& name) {
    if (name.kind == LinkName::Kind::kUplink) return name.uplink;
    return state.nodes.at(name.node).name + (name.kind == LinkName::Kind::kLocal ? " local" : " network");
  };
  const auto pod = [&](PodNumber number) {
    const Pod* known = state.pods.find(number);
    return known == nullptr ? std::string("?") : known->identity.name;
  };
  std::string text;
  for (const Event& event : world.events()) {
    if (const auto* fact = std::get_if<LinkOvercommitted>(&event.fact)) {
      text += "LinkOvercommitted " + link(fact->link) + "\n";
    } else if (const auto* recovered = std::get_if<LinkRecovered>(&event.fact)) {
      text += "LinkRecovered " + link(recovered->link) + "\n";
    } else if (const auto* began = std::get_if<DriftBegan>(&event.fact)) {
      text += "DriftBegan " + pod(began->pod) + " " + rates_text(began->requested) + "\n";
    } else if (const auto* ended = std::get_if<DriftEnded>(&event.fact)) {
      text += "DriftEnded " + pod(ended->pod) + "\n";
    } else if (const auto* stuck = std::get_if<GroupStuck>(&event.fact)) {
      text += "GroupStuck " + pod(stuck->pod) + " at " + state.nodes.at(stuck->node).name + " lacks " +
              rates_text(stuck->lacking) + "\n";
    }
  }
  return text;
}

std::string show_explanation(const World& world, const std::string& name) {
  const Explanation explanation = explain(world.state(), world.pod_number(name));
  std::string text = name + ": ";
  text +=
      explanation.request.valid() ? "asks for " + rates_text(explanation.request.rates) : explanation.request.problem;
  if (!explanation.group.empty()) text += ", of " + explanation.group;
  if (explanation.all_links) text += ", on all links";
  text += "\n";
  for (const NodeExplanation& node : explanation.nodes) {
    text += "  " + node.node + ": ";
    if (node.reason == Reason::kFits) {
      text += "fits\n";
      continue;
    }
    text += reason_text(node.reason);
    if (!node.link.empty()) {
      text +=
          "; " + node.link + (node.link_of.empty() ? "" : " of " + node.link_of) + " lacks " + rates_text(node.lacking);
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string rates_text(const Rates& rates) {
  const std::string ul = format_quantity(rates.ul);
  return rates.ul == rates.dl ? ul : ul + "/" + format_quantity(rates.dl);
}

std::string show(const World& world, const Command& command) {
  const std::string what = command.word(0);
  if (what == "nodes") return show_nodes(world, command);
  if (what == "mbps") return show_megabits(world, command);
  if (what == "uplinks") return show_uplinks(world);
  if (what == "groups") return show_groups(world);
  if (what == "pods") return show_pods(world, command);
  if (what == "effects") return show_effects(world);
  if (what == "facts") return show_facts(world);
  if (what == "explain") return show_explanation(world, command.word(1));
  return "show: there is no " + what + "\n";
}

}  // namespace bw
