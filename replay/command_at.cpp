#include <ostream>

#include "extender/state_json.h"
#include "projections/node_view.h"
#include "projections/time_text.h"
#include "replay/commands.h"
#include "replay/fold.h"

namespace bw::replay {
namespace {

std::string overcommitted(const NodeView& view) {
  std::string links = view.local.overcommitted ? "local" : "";
  if (view.network.overcommitted) links += links.empty() ? "network" : ",network";
  return links.empty() ? "-" : links;
}

void write_nodes(const State& state, std::ostream& out) {
  Table nodes({"NODE", "PODS", "NETWORK-USED", "NETWORK-AVAILABLE", "NETWORK-CAPACITY", "LOCAL-USED", "LOCAL-CAPACITY",
               "OVERCOMMITTED"});
  for (const NodeView& view : view_nodes(state)) {
    nodes.add({view.name, std::to_string(view.reservations.size()), megabits_text(view.network.used),
               megabits_text(view.network.available), megabits_text(view.network.capacity),
               megabits_text(view.local.used), megabits_text(view.local.capacity), overcommitted(view)});
  }
  nodes.write(out, Format::kTable);
  const std::vector<UplinkView> views = view_uplinks(state);
  if (views.empty()) return;
  Table uplinks({"UPLINK", "LABEL", "USED", "AVAILABLE", "CAPACITY", "OVERCOMMITTED"});
  for (const UplinkView& view : views) {
    uplinks.add({view.name, view.label, megabits_text(view.link.used), megabits_text(view.link.available),
                 megabits_text(view.link.capacity), view.link.overcommitted ? "yes" : "-"});
  }
  out << "\n";
  uplinks.write(out, Format::kTable);
}

// One row for each link, exact.
void write_links_csv(const State& state, std::ostream& out) {
  Table table({"node", "link", "capacityUlBitsPerSecond", "capacityDlBitsPerSecond", "keptBackUlBitsPerSecond",
               "keptBackDlBitsPerSecond", "usedUlBitsPerSecond", "usedDlBitsPerSecond", "availableUlBitsPerSecond",
               "availableDlBitsPerSecond", "overcommitted", "reservations"});
  const auto add = [&](const std::string& node, const std::string& name, const LinkView& link,
                       const std::string& reservations) {
    std::vector<std::string> row{node, name};
    for (const Rates& rates : {link.capacity, link.kept_back, link.used, link.available}) {
      row.insert(row.end(), {std::to_string(rates.ul), std::to_string(rates.dl)});
    }
    row.insert(row.end(), {link.overcommitted ? "true" : "false", reservations});
    table.add(std::move(row));
  };
  for (const NodeView& view : view_nodes(state)) {
    const std::string reservations = std::to_string(view.reservations.size());
    add(view.name, "local", view.local, reservations);
    add(view.name, "network", view.network, reservations);
  }
  for (const UplinkView& view : view_uplinks(state)) add("", view.name, view.link, "");
  table.write(out, Format::kCsv);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

void write_reservations(const State& state, Format format, std::ostream& out) {
  const bool csv = format == Format::kCsv;
  Table table(csv ? std::vector<std::string>{"node", "namespace", "podName", "podUid", "group", "ulBitsPerSecond",
                                             "dlBitsPerSecond", "links", "phase", "placedBy"}
                  : std::vector<std::string>{"NODE", "POD", "GROUP", "UL/DL", "LINKS", "PHASE", "PLACED-BY"});
  for (const NodeView& node : view_nodes(state)) {
    for (const ReservationView& one : node.reservations) {
      const std::string group = one.group_kind.empty() ? "" : one.group_kind + " " + one.group_name;
      const std::string phase(phase_text(one.phase)), by(placed_by_text(one.by));
      if (csv) {
        table.add({node.name, one.space, one.pod_name, one.pod_uid, group, std::to_string(one.charged.ul),
                   std::to_string(one.charged.dl), joined(one.links), phase, by});
      } else {
        table.add({node.name, one.space + "/" + one.pod_name, group.empty() ? "-" : group, megabits_text(one.charged),
                   joined(one.links), phase, by});
      }
    }
  }
  table.write(out, format);
}

}  // namespace

Result<ExitCode> at(const JournalReader& journal, const AtOptions& options, Format format, std::ostream& out) {
  const Result<Point> point = find_point(journal, options.instant);
  if (!point) return point.error();
  Result<Fold> fold = Fold::begin(journal);
  if (!fold) return fold.error();
  if (const Result<void> run = fold->run_to(point->sequence); !run) return run.error();
  const State& state = fold->state();
  if (format == Format::kJson) {
    out << state_json(state) << "\n";
    return kHolds;
  }
  if (format == Format::kTable) {
    out << "sequence " << state.applied << ", " << format_rfc3339(state.time, 9) << ", digest "
        << digest_text(state.digest) << "; Mbit/s, ul/dl\n";
    if (state.not_understood != 0) {
      out << "not understood: " << state.not_understood << " of these events; a newer bwreplay may see another state\n";
    }
  }
  if (options.reservations) {
    write_reservations(state, format, out);
  } else if (format == Format::kCsv) {
    write_links_csv(state, out);
  } else {
    write_nodes(state, out);
  }
  return kHolds;
}

}  // namespace bw::replay
