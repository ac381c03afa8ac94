#include <iostream>

#include "extender/state_json.h"
#include "projections/node_view.h"
#include "projections/time_text.h"
#include "replay/commands.h"

namespace bw::replay {
namespace {

std::string mbps(BitsPerSecond rate) {
  const BitsPerSecond whole = rate / kBitsPerMegabit;
  const BitsPerSecond rest = rate % kBitsPerMegabit;
  if (rest == 0) return std::to_string(whole);
  std::string digits = std::to_string(rest + kBitsPerMegabit).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return std::to_string(whole) + "." + digits;
}

std::string both(const Rates& rates) { return mbps(rates.ul) + "/" + mbps(rates.dl); }

std::string overcommitted(const NodeView& view) {
  std::string links = view.local.overcommitted ? "local" : "";
  if (view.network.overcommitted) links += links.empty() ? "network" : ",network";
  return links.empty() ? "-" : links;
}

}  // namespace

int at(const JournalReader& journal, const Instant& instant, Format format, std::ostream& out) {
  Result<Fold> fold = Fold::begin(journal, false);
  if (!fold) return report(fold.error());
  if (Result<void> run = fold->run_to(instant); !run) return report(run.error());
  const State& state = fold->state();
  if (format == Format::kJson) {
    out << state_json(state) << "\n";
    return kHolds;
  }
  Table table({"NODE", "PODS", "NETWORK-USED", "NETWORK-AVAILABLE", "NETWORK-CAPACITY", "LOCAL-USED", "LOCAL-CAPACITY",
               "OVERCOMMITTED"});
  for (const NodeView& view : view_nodes(state)) {
    table.add({view.name, std::to_string(view.reservations.size()), both(view.network.used),
               both(view.network.available), both(view.network.capacity), both(view.local.used),
               both(view.local.capacity), overcommitted(view)});
  }
  if (format == Format::kTable) {
    out << "sequence " << state.applied << ", " << format_rfc3339(state.time, 9) << ", digest "
        << digest_text(state.digest) << "; Mbit/s, ul/dl\n";
  }
  table.write(out, format);
  const std::vector<UplinkView> uplinks = view_uplinks(state);
  if (format == Format::kTable && !uplinks.empty()) {
    Table above({"UPLINK", "LABEL", "USED", "AVAILABLE", "CAPACITY", "OVERCOMMITTED"});
    for (const UplinkView& view : uplinks) {
      above.add({view.name, view.label, both(view.link.used), both(view.link.available), both(view.link.capacity),
                 view.link.overcommitted ? "yes" : "-"});
    }
    out << "\n";
    above.write(out, format);
  }
  return kHolds;
}

}  // namespace bw::replay
