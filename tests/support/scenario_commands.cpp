#include <algorithm>
#include <charconv>
#include <sstream>

#include "projections/admission.h"
#include "projections/digest.h"
#include "projections/quantity.h"
#include "projections/reason.h"
#include "tests/support/scenario.h"

namespace bw {
namespace {

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// "1000", or "1000/500" for ul and dl, in Mbit/s.
Rates mbps(std::string_view text) {
  const std::vector<std::string> parts = split(text, '/');
  return {megabits(number(parts.front())), megabits(number(parts.back()))};
}

// "100M/50M" as rates; what is not named is absent.
Rates quantities(std::string_view text) {
  Rates rates;
  for (const RequestEntry& entry : requests(text)) {
    (entry.direction == Direction::kUl ? rates.ul : rates.dl) = entry.rate.value_or(-1);
  }
  return rates;
}

Command parse_command(std::string_view line) {
  Command command;
  std::istringstream words{std::string(line)};
  std::string word;
  words >> command.name;
  while (words >> word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      command.words.push_back(word);
    } else {
      command.options[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return command;
}

Stream stream_named(std::string_view name) {
  if (name == "nodes") return Stream::kNodes;
  if (name == "bandwidths") return Stream::kBandwidths;
  return Stream::kPods;
}

std::optional<Dialect> dialect_named(std::string_view name) {
  if (name == "kubernetes.io") return Dialect::kKubernetes;
  if (name == "ovn.kubernetes.io") return Dialect::kOvn;
  if (name == "qos.projectcalico.org") return Dialect::kCalico;
  return std::nullopt;
}

std::string sentence(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += " " + word;
  return text;
}

Policy changed(Policy policy, const Command& command) {
  if (const auto* local = command.option("local")) policy.default_local_capacity = mbps(*local);
  if (const auto* network = command.option("network")) policy.default_network_capacity = mbps(*network);
  if (const auto* request = command.option("default")) policy.default_request = quantities(*request);
  if (const auto* write = command.option("write")) policy.write_dialect = *dialect_named(*write);
  if (const auto* most = command.option("interfaces"))
    policy.max_interfaces = static_cast<std::uint32_t>(number(*most));
  if (const auto* most = command.option("candidates")) policy.candidates = static_cast<std::uint32_t>(number(*most));
  if (const auto* charge = command.option("charge")) policy.always_charge_network = *charge == "Always";
  if (const auto* dialects = command.option("dialects")) {
    policy.dialects.clear();
    for (const std::string& name : split(*dialects, ',')) policy.dialects.push_back(*dialect_named(name));
  }
  if (const auto* levels = command.option("levels")) {  // rack:2000,zone:8000 innermost first
    policy.levels.clear();
    for (const std::string& level : split(*levels, ',')) {
      const std::vector<std::string> parts = split(level, ':');
      policy.levels.push_back({parts.front(), mbps(parts.back()), {}});
    }
  }
  if (const auto* value = command.option("value")) {  // rack:r1:500
    const std::vector<std::string> parts = split(*value, ':');
    for (TopologyLevel& level : policy.levels) {
      if (level.label == parts[0]) level.by_value.emplace_back(parts[1], mbps(parts[2]));
    }
  }
  return policy;
}

void change_bandwidth(BandwidthSeen& object, const Command& command, Timestamp now) {
  if (const auto* local = command.option("local")) object.local_ul = mbps(*local).ul, object.local_dl = mbps(*local).dl;
  if (const auto* network = command.option("network")) {
    object.network_ul = mbps(*network).ul;
    object.network_dl = mbps(*network).dl;
  }
  if (const auto* most = command.option("interfaces"))
    object.max_interfaces = static_cast<std::uint32_t>(number(*most));
  if (const auto* keep = command.option("keep")) {  // network Mbit/s, and for how many seconds: host:50@60
    object.kept_back.clear();
    for (const std::string& entry : split(*keep, ',')) {
      const std::vector<std::string> timed = split(entry, '@');
      const std::vector<std::string> parts = split(timed[0], ':');
      if (parts.size() < 2) continue;
      KeptBack kept{parts[0], {}, mbps(parts[1]), {}};
      if (timed.size() > 1) kept.until = Timestamp{now.ns + number(timed[1]) * kNanosecondsPerSecond};
      object.kept_back.push_back(kept);
    }
  }
}

void change_pod(PodSeen& pod, const Command& command) {
  PodFields& fields = pod.fields;
  const auto request = [&](std::string_view text, Dialect dialect) {
    std::erase_if(fields.requests, [&](const RequestEntry& entry) { return entry.dialect == dialect; });
    if (text == "none") return;
    for (const RequestEntry& entry : requests(text, dialect)) set_request(fields.requests, entry);
  };
  if (command.words.size() > 1) request(command.words[1], Dialect::kKubernetes);
  for (const auto& [key, value] : command.options) {
    if (const std::optional<Dialect> dialect = dialect_named(key)) request(value, *dialect);
    if (key == "group") fields.group = value;
    if (key == "charge")
      fields.network_charge = value == "Always" ? NetworkCharge::kAlways : NetworkCharge::kWhenSpread;
    if (key == "priority") fields.priority = static_cast<std::int32_t>(number(value));
    if (key == "node") pod.node_name = value == "none" ? "" : value;
    if (key == "host-network") fields.host_network = value == "yes", fields.interfaces = value == "yes" ? 0 : 1;
    if (key == "interfaces") fields.interfaces = static_cast<std::uint32_t>(number(value));
    if (key == "terminating") fields.terminating = value == "yes";
    if (key == "gated") fields.gated = value == "yes";
    if (key == "refused") fields.refused = value == "yes";
    if (key == "granted") fields.granted = quantities(value);
    if (key == "retry") fields.retry = static_cast<std::uint32_t>(number(value));
    if (key == "term") fields.term = static_cast<std::uint64_t>(number(value));
  }
}

std::string refolded(const World& world) {
  const State again = fold(world.events());
  if (again.digest != world.state().digest) return "folding the events again gives another digest\n";
  if (digest_from_scratch(again) != again.digest) return "the digest is not the one from scratch\n";
  return {};
}

}  // namespace

class ScenarioCommands {
 public:
  ScenarioCommands(Scenario& scenario, const Command& command)
      : world_(scenario.world_), seen_(scenario.seen_), command_(command), name_(command.word(0)) {}

  // What the command says; empty if it just did what it was told.
  std::string obey() {
    static const std::map<std::string_view, std::string (ScenarioCommands::*)()> kHandlers{
        {"config", &ScenarioCommands::config},
        {"node", &ScenarioCommands::node},
        {"node-gone", &ScenarioCommands::node_gone},
        {"bandwidth", &ScenarioCommands::bandwidth},
        {"bandwidth-gone", &ScenarioCommands::bandwidth_gone},
        {"namespace", &ScenarioCommands::space},
        {"namespace-gone", &ScenarioCommands::space_gone},
        {"workload", &ScenarioCommands::workload},
        {"workload-gone", &ScenarioCommands::workload_gone},
        {"pod", &ScenarioCommands::pod},
        {"pod-phase", &ScenarioCommands::pod_phase},
        {"pod-gone", &ScenarioCommands::pod_gone},
        {"again", &ScenarioCommands::again},
        {"admit", &ScenarioCommands::admit},
        {"unreadable", &ScenarioCommands::unreadable},
        {"bookmark", &ScenarioCommands::bookmark},
        {"list", &ScenarioCommands::list},
        {"filter", &ScenarioCommands::filter},
        {"prioritize", &ScenarioCommands::prioritize},
        {"bind", &ScenarioCommands::bind},
        {"confirm", &ScenarioCommands::confirm},
        {"refuse", &ScenarioCommands::refuse},
        {"wake", &ScenarioCommands::wake},
        {"tick", &ScenarioCommands::tick},
        {"term", &ScenarioCommands::term},
        {"restart", &ScenarioCommands::restart},
        {"show", &ScenarioCommands::show_what},
    };
    const auto handler = kHandlers.find(command_.name);
    return handler == kHandlers.end() ? command_.name + ": no such command\n" : (this->*handler->second)();
  }

 private:
  // ---- the daemon ----

  std::string config() {
    world_.begin_epoch(changed(world_.state().policy, command_));
    return {};
  }

  std::string restart() {
    world_.begin_epoch();
    return {};
  }

  std::string term() {
    world_.begin_term(static_cast<std::uint64_t>(number(name_)));
    return {};
  }

  std::string tick() {
    world_.pass_seconds(number(name_));
    return {};
  }

  std::string show_what() { return show(world_, command_); }

  // ---- nodes ----

  std::string node() {
    world_.edit_node(name_, [&](NodeSeen& node) {
      if (const auto* most = command_.option("pods")) node.allocatable_pods = static_cast<std::uint32_t>(number(*most));
      if (command_.option("unschedulable") != nullptr) node.unschedulable = command_.is("unschedulable", "yes");
      const std::vector<TopologyLevel>& levels = world_.state().policy.levels;
      node.level_values.resize(levels.size());
      for (std::size_t i = 0; i < levels.size(); ++i) {
        if (const auto* value = command_.option(levels[i].label)) node.level_values[i] = *value;
      }
    });
    const bool declares = command_.option("network") != nullptr || command_.option("local") != nullptr;
    const bool has_object = world_.state().nodes.at(world_.node_number(name_)).object.has_value();
    return command_.is("object", "no") || (has_object && !declares) ? std::string() : bandwidth();
  }

  std::string node_gone() {
    world_.node_gone(name_);
    return {};
  }

  std::string bandwidth() {
    world_.edit_bandwidth(name_, [&](BandwidthSeen& object) { change_bandwidth(object, command_, world_.now()); });
    return {};
  }

  std::string bandwidth_gone() {
    world_.bandwidth_gone(name_);
    return {};
  }

  // ---- namespaces and workloads ----

  std::string space() {
    NamespaceSeen seen = namespace_seen(name_);
    for (const RequestEntry& entry : requests(*command_.option("default"))) {
      const BitsPerSecond rate = entry.text == "0" ? 0 : entry.rate.value_or(-1);
      (entry.direction == Direction::kUl ? seen.default_ul : seen.default_dl) = rate;
    }
    world_.space(seen);
    return {};
  }

  std::string space_gone() {
    world_.space_gone(name_);
    return {};
  }

  std::string workload() {  // workload KIND NAME [wants=N] [owner=NAME]
    std::optional<std::uint32_t> wanted;
    if (const auto* given = command_.option("wants")) wanted = static_cast<std::uint32_t>(number(*given));
    const std::string* owner = command_.option("owner");
    world_.workload(owner_of_kind(name_, "x").kind, command_.word(1), wanted, owner == nullptr ? "" : *owner);
    return {};
  }

  std::string workload_gone() {
    world_.workload_gone(name_);
    return {};
  }

  // ---- pods ----

  std::string pod() {
    const ObservedBy by = command_.is("by", "filter") ? ObservedBy::kFilterCall
                          : command_.is("by", "read") ? ObservedBy::kRead
                                                      : ObservedBy::kWatch;
    if (!world_.is_shown(name_)) {
      const std::string* of = command_.option("of");
      world_.prepare_pod(name_, "", of == nullptr ? "" : *of);
    }
    world_.edit(
        name_, [&](PodSeen& seen) { change_pod(seen, command_); }, by);
    return remember();
  }

  std::string pod_phase() {
    const std::string phase = command_.word(1);
    world_.phase(name_, phase == "Succeeded" ? PodPhase::kSucceeded
                        : phase == "Failed"  ? PodPhase::kFailed
                        : phase == "Running" ? PodPhase::kRunning
                                             : PodPhase::kPending);
    return remember();
  }

  std::string pod_gone() {
    world_.gone(name_);
    return {};
  }

  // The watch tells an old form of the pod once more: again NAME INDEX, from 1.
  std::string again() {
    const auto index = static_cast<std::size_t>(number(command_.word(1))) - 1;
    world_.observe(ObservedBy::kWatch, Stream::kPods, seen_.at(name_).at(index));
    return {};
  }

  // Asks the admission door about the pod as it is to be; the edit itself is another command.
  std::string admit() {
    const bool shown = world_.is_shown(name_);
    PodSeen after = shown ? world_.shown(name_) : pod_seen(name_);
    change_pod(after, command_);
    const AdmissionVerdict verdict =
        shown ? decide_edited(world_.state(), world_.shown(name_), after) : decide_created(world_.state(), after);
    world_.record(verdict.facts);
    world_.follow_up();
    if (!verdict.allowed) return name_ + ": not admitted, " + verdict.refusal + "\n";
    std::string text = name_ + ": admitted";
    if (!shown) {
      for (const auto& [key, value] : admission_defaults(world_.state(), after)) text += " " + key + "=" + value;
    }
    return text + "\n";
  }

  std::string unreadable() {  // unreadable STREAM NAME
    const auto [space, own] = split_name(command_.word(1));
    const Stream stream = stream_named(name_);
    world_.observe(ObservedBy::kWatch, stream,
                   UnreadableSeen{stream == Stream::kPods ? space : "", own, world_.version() + 1, "it is not JSON"});
    return {};
  }

  std::string confirm() {
    world_.confirm(name_);
    return remember();
  }

  std::string refuse() {
    world_.refuse(name_);
    return {};
  }

  std::string remember() {
    std::vector<PodSeen>& forms = seen_[name_];
    if (forms.empty() || forms.back() != world_.shown(name_)) forms.push_back(world_.shown(name_));
    return {};
  }

  // ---- streams ----

  std::string bookmark() {
    world_.bookmark(stream_named(name_), world_.version());
    return {};
  }

  std::string list() {  // what is named, as it was last shown
    std::vector<ObjectSeen> objects;
    for (std::size_t i = 1; i < command_.words.size(); ++i) {
      const std::string& name = command_.words[i];
      if (name_ == "pods") objects.emplace_back(world_.shown(name));
      if (name_ == "nodes") objects.emplace_back(world_.shown_node(name));
      if (name_ == "bandwidths") objects.emplace_back(world_.shown_bandwidth(name));
    }
    world_.list(stream_named(name_), objects, world_.version(), command_.is("restored", "yes"));
    return {};
  }

  // ---- the scheduler ----

  std::vector<std::string> offered() const {
    std::vector<std::string> names = command_.words;
    names.erase(names.begin());
    return names;
  }

  std::string filter() {
    const FilterVerdict verdict = world_.filter(name_, offered());
    if (verdict.all) return name_ + " fits everywhere\n";
    if (!verdict.named.empty()) return name_ + " fits" + sentence(world_.names_of(verdict.named)) + "\n";
    std::string text;
    for (const auto& [node, fit] : verdict.refused) {
      text += name_ + " on " + world_.state().nodes.at(node).name + ": " + std::string(reason_text(fit.reason)) + "\n";
    }
    for (const std::string& name : offered()) {
      if (world_.state().find_node(name)) continue;
      text += name_ + " on " + name + ": " + std::string(reason_text(verdict.unknown_reason)) + "\n";
    }
    return text;
  }

  std::string prioritize() {
    std::string text = name_ + " prefers";
    for (const auto& [node, score] : world_.prioritize(name_, offered()).scores) {
      text += " " + world_.state().nodes.at(node).name + "=" + std::to_string(score);
    }
    return text + "\n";
  }

  std::string bind() {
    const BindVerdict verdict = world_.bind(name_, command_.word(1));
    const std::string what = name_ + " on " + command_.word(1) + ": ";
    switch (verdict.outcome) {
      case BindVerdict::Outcome::kReserve:
        return what + "reserved\n";
      case BindVerdict::Outcome::kJoin:
        return what + "reserved already\n";
      case BindVerdict::Outcome::kDone:
        return what + "bound already\n";
      case BindVerdict::Outcome::kRefuse:
        break;
    }
    return what + "refused, " + verdict.refusal + "\n";
  }

  std::string wake() {
    std::vector<std::string> woken;
    for (const Fact& fact : world_.wake(name_.empty() ? 100 : static_cast<std::size_t>(number(name_)))) {
      woken.push_back(world_.state().pods.at(std::get<PodWoken>(fact).pod).identity.name);
    }
    return woken.empty() ? "nobody is woken\n" : "woken:" + sentence(woken) + "\n";
  }

  World& world_;
  std::map<std::string, std::vector<PodSeen>>& seen_;
  const Command& command_;
  const std::string name_;
};

std::string Scenario::obey(std::string_view line) {
  const Command command = parse_command(line);
  return ScenarioCommands(*this, command).obey() + refolded(world_);
}

}  // namespace bw
