#include "controller/configuration_keys.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "journal/journal.h"
#include "projections/quantity.h"
#include "projections/request.h"

namespace bw {
namespace {

constexpr std::int64_t kMostMbps = 1'000'000'000;  // as the Bandwidth object: 1 Pbit/s

constexpr std::pair<std::string_view, Dialect> kDialects[] = {
    {"kubernetes.io", Dialect::kKubernetes},
    {"ovn.kubernetes.io", Dialect::kOvn},
    {"qos.projectcalico.org", Dialect::kCalico},
};

constexpr std::pair<std::string_view, ScoringPlugin> kPlugins[] = {
    {"Colocation", ScoringPlugin::kColocation},
    {"FreeBandwidth", ScoringPlugin::kFreeBandwidth},
    {"InterfaceCount", ScoringPlugin::kInterfaceCount},
    {"ActiveFlows", ScoringPlugin::kActiveFlows},
    {"MeasuredBandwidth", ScoringPlugin::kMeasuredBandwidth},
};

constexpr std::pair<std::string_view, std::int64_t> kDurationUnits[] = {
    {"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}};

[[noreturn]] void fail(const YAML::Node& node, const std::string& message) { throw KeyError{node, message}; }

const std::string& scalar(const YAML::Node& node, const std::string& path, const char* expected) {
  if (!node.IsScalar()) fail(node, path + " must be " + expected);
  return node.Scalar();
}

std::int64_t integer(const YAML::Node& node, const std::string& path, std::int64_t least, std::int64_t most) {
  const std::string& text = scalar(node, path, "a whole number");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    fail(node, path + " is \"" + text + "\": a whole number from " + std::to_string(least) + " to " +
                   std::to_string(most) + " is expected");
  }
  return value;
}

bool boolean(const YAML::Node& node, const std::string& path) {
  const std::string& text = scalar(node, path, "true or false");
  if (text != "true" && text != "false") fail(node, path + " is \"" + text + "\": true or false is expected");
  return text == "true";
}

template <class Value, std::size_t count>
Value one_of(const YAML::Node& node, const std::string& path,
             const std::pair<std::string_view, Value> (&choices)[count]) {
  const std::string& text = scalar(node, path, "a word");
  std::string known;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  fail(node, path + " is \"" + text + "\": one of " + known + " is expected");
}

template <class Value, std::size_t count>
std::string name_of(Value value, const std::pair<std::string_view, Value> (&choices)[count]) {
  for (const auto& [name, choice] : choices) {
    if (choice == value) return std::string(name);
  }
  return {};
}

void sequence(const YAML::Node& node, const std::string& path) {
  if (!node.IsSequence()) fail(node, path + " must be a list");
}

// The fields of a mapping inside a list, each at most once and none unknown.
YAML::Node field(const YAML::Node& map, const char* name) { return map[name]; }

void only_fields(const YAML::Node& map, const std::string& path, std::initializer_list<std::string_view> known) {
  if (!map.IsMap()) fail(map, path + " must be a mapping of keys");
  for (const auto& entry : map) {
    const std::string& name = scalar(entry.first, path, "a mapping of keys");
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string names;
    for (std::string_view one : known) names += (names.empty() ? "" : ", ") + std::string(one);
    fail(entry.first, "unknown key " + name + " in " + path + "; known here: " + names);
  }
}

BitsPerSecond mbps(const YAML::Node& node, const std::string& path) {
  return integer(node, path, 0, kMostMbps) * kBitsPerMegabit;
}

std::string write_mbps(BitsPerSecond rate) { return std::to_string(rate / kBitsPerMegabit); }

Rates uplink(const YAML::Node& node, const std::string& path) {
  only_fields(node, path, {"ulMbps", "dlMbps"});
  const YAML::Node ul = field(node, "ulMbps");
  const YAML::Node dl = field(node, "dlMbps");
  if (!ul || !dl) fail(node, path + " needs ulMbps and dlMbps");
  return {mbps(ul, path + ".ulMbps"), mbps(dl, path + ".dlMbps")};
}

std::string write_uplink(const Rates& rates) {
  return "{ulMbps: " + write_mbps(rates.ul) + ", dlMbps: " + write_mbps(rates.dl) + "}";
}

std::string quoted(const std::string& text) {
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

// "30d"; absent: zero.
std::optional<std::int64_t> duration(const YAML::Node& node, const std::string& path) {
  const std::string& text = scalar(node, path, "a duration");
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::int64_t kMost = 36'500;  // days
  for (const auto& [name, seconds] : kDurationUnits) {
    if (error != std::errc{} || name != unit || count < 0 || count > kMost * 86'400 / seconds) continue;
    return count == 0 ? std::nullopt : std::optional(count * seconds * kNanosecondsPerSecond);
  }
  fail(node, path + " is \"" + text + "\": a whole number of s, m, h or d is expected, such as 30d");
}

std::string write_duration(std::optional<std::int64_t> ns) {
  const std::int64_t seconds = ns.value_or(0) / kNanosecondsPerSecond;
  for (const auto& [name, unit] : kDurationUnits) {
    if (seconds != 0 && seconds % unit == 0) return std::to_string(seconds / unit) + std::string(name);
  }
  return "0s";
}

// "50Gi"; absent: zero.
std::optional<std::uint64_t> bytes(const YAML::Node& node, const std::string& path) {
  const std::string& text = scalar(node, path, "a quantity of bytes");
  const Result<std::int64_t> parsed = parse_quantity(text);
  if (!parsed || *parsed < 0) fail(node, path + " is \"" + text + "\": a quantity of bytes is expected, such as 50Gi");
  return *parsed == 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*parsed));
}

void read_levels(const YAML::Node& node, const std::string& path, Configuration& configuration) {
  sequence(node, path);
  std::vector<TopologyLevel> levels;
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string here = path + "[" + std::to_string(i) + "]";
    only_fields(node[i], here, {"label", "uplink", "values"});
    TopologyLevel level;
    if (!field(node[i], "label") || !field(node[i], "uplink")) fail(node[i], here + " needs label and uplink");
    level.label = scalar(field(node[i], "label"), here + ".label", "the name of a node label");
    level.uplink = uplink(field(node[i], "uplink"), here + ".uplink");
    if (const YAML::Node values = field(node[i], "values")) {
      if (!values.IsMap()) fail(values, here + ".values must map label values to uplinks");
      for (const auto& entry : values) {
        const std::string& value = scalar(entry.first, here + ".values", "a label value");
        level.by_value.emplace_back(value, uplink(entry.second, here + ".values." + value));
      }
      std::sort(level.by_value.begin(), level.by_value.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    for (const TopologyLevel& other : levels) {
      if (other.label == level.label) fail(node[i], here + ".label is given twice");
    }
    levels.push_back(std::move(level));
  }
  configuration.policy.levels = std::move(levels);
}

std::string write_levels(const Configuration& configuration) {
  std::string out = "[";
  for (const TopologyLevel& level : configuration.policy.levels) {
    out +=
        (out.size() == 1 ? "" : ", ") + ("{label: " + quoted(level.label)) + ", uplink: " + write_uplink(level.uplink);
    std::string values;
    for (const auto& [value, rates] : level.by_value) {
      values += (values.empty() ? "" : ", ") + quoted(value) + ": " + write_uplink(rates);
    }
    if (!values.empty()) out += ", values: {" + values + "}";
    out += "}";
  }
  return out + "]";
}

void read_dialects(const YAML::Node& node, const std::string& path, Configuration& configuration) {
  sequence(node, path);
  std::vector<Dialect> dialects;
  for (std::size_t i = 0; i < node.size(); ++i) {
    const Dialect dialect = one_of(node[i], path + "[" + std::to_string(i) + "]", kDialects);
    if (std::find(dialects.begin(), dialects.end(), dialect) != dialects.end()) fail(node[i], path + " repeats itself");
    dialects.push_back(dialect);
  }
  if (dialects.empty()) fail(node, path + " is empty: name at least one dialect");
  configuration.policy.dialects = std::move(dialects);
}

std::string write_dialects(const Configuration& configuration) {
  std::string out;
  for (Dialect dialect : configuration.policy.dialects) out += (out.empty() ? "" : ", ") + name_of(dialect, kDialects);
  return "[" + out + "]";
}

void read_plugins(const YAML::Node& node, const std::string& path, Configuration& configuration) {
  sequence(node, path);
  std::vector<PluginWeight> plugins;
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string here = path + "[" + std::to_string(i) + "]";
    only_fields(node[i], here, {"name", "weight", "threshold"});
    if (!field(node[i], "name")) fail(node[i], here + " needs a name");
    PluginWeight plugin;
    plugin.plugin = one_of(field(node[i], "name"), here + ".name", kPlugins);
    if (const YAML::Node weight = field(node[i], "weight")) {
      plugin.weight = static_cast<std::uint32_t>(integer(weight, here + ".weight", 0, 1000));
    }
    const bool measured =
        plugin.plugin == ScoringPlugin::kActiveFlows || plugin.plugin == ScoringPlugin::kMeasuredBandwidth;
    if (const YAML::Node threshold = field(node[i], "threshold")) {
      if (!measured) fail(threshold, here + ".threshold is only for ActiveFlows and MeasuredBandwidth");
      plugin.threshold = integer(threshold, here + ".threshold", 0, 1'000'000'000'000'000);
    }
    for (const PluginWeight& other : plugins) {
      if (other.plugin == plugin.plugin) fail(node[i], here + ".name is given twice");
    }
    if (measured) configuration.without_effect.push_back(path + "." + name_of(plugin.plugin, kPlugins));
    plugins.push_back(plugin);
  }
  configuration.policy.plugins = std::move(plugins);
}

std::string write_plugins(const Configuration& configuration) {
  std::string out;
  for (const PluginWeight& plugin : configuration.policy.plugins) {
    out += (out.empty() ? "" : ", ") + ("{name: " + name_of(plugin.plugin, kPlugins)) +
           ", weight: " + std::to_string(plugin.weight) +
           (plugin.threshold ? ", threshold: " + std::to_string(*plugin.threshold) : "") + "}";
  }
  return "[" + out + "]";
}

ListenAddress listen_address(const YAML::Node& node, const std::string& path) {
  const std::string& text = scalar(node, path, "ADDRESS:PORT");
  Result<ListenAddress> address = parse_listen_address(text);
  if (!address) fail(node, path + ": " + address.error().message);
  return *address;
}

ConfigurationKey capacity_key(std::string path, std::string default_yaml, std::string sentence,
                              BitsPerSecond& (*slot)(Policy&)) {
  return {std::move(path),
          "Mbit/s",
          std::move(default_yaml),
          std::move(sentence),
          true,
          [slot](const YAML::Node& node, const std::string& at, Configuration& configuration) {
            slot(configuration.policy) = mbps(node, at);
          },
          [slot](const Configuration& configuration) {
            Policy policy = configuration.policy;
            return write_mbps(slot(policy));
          }};
}

ConfigurationKey text_key(std::string path, std::string type, std::string default_yaml, std::string sentence,
                          std::string& (*slot)(Configuration&), bool has_effect = true) {
  return {std::move(path),
          std::move(type),
          std::move(default_yaml),
          std::move(sentence),
          has_effect,
          [slot](const YAML::Node& node, const std::string& at, Configuration& configuration) {
            slot(configuration) = node.IsNull() ? std::string() : scalar(node, at, "text");
          },
          [slot](const Configuration& configuration) {
            Configuration copy = configuration;
            return quoted(slot(copy));
          }};
}

ConfigurationKey listen_key(std::string path, std::string default_yaml, std::string sentence,
                            ListenAddress& (*slot)(Configuration&), bool has_effect = true) {
  return {std::move(path),
          "ADDRESS:PORT",
          std::move(default_yaml),
          std::move(sentence),
          has_effect,
          [slot](const YAML::Node& node, const std::string& at, Configuration& configuration) {
            slot(configuration) = listen_address(node, at);
          },
          [slot](const Configuration& configuration) {
            Configuration copy = configuration;
            return quoted(to_text(slot(copy)));
          }};
}

std::vector<ConfigurationKey> make_keys() {
  using Yaml = const YAML::Node&;
  using Path = const std::string&;
  std::vector<ConfigurationKey> keys;
  keys.push_back(capacity_key("capacity.local.ulMbps", "20000", "Capacity of a node's virtual switch, from pods.",
                              [](Policy& policy) -> BitsPerSecond& { return policy.default_local_capacity.ul; }));
  keys.push_back(capacity_key("capacity.local.dlMbps", "20000", "The same, to pods.",
                              [](Policy& policy) -> BitsPerSecond& { return policy.default_local_capacity.dl; }));
  keys.push_back(capacity_key("capacity.network.ulMbps", "1000", "Capacity of a node's primary NIC, from pods.",
                              [](Policy& policy) -> BitsPerSecond& { return policy.default_network_capacity.ul; }));
  keys.push_back(capacity_key("capacity.network.dlMbps", "1000", "The same, to pods.",
                              [](Policy& policy) -> BitsPerSecond& { return policy.default_network_capacity.dl; }));
  keys.push_back({"topology.levels", "list of {label, uplink, values}", "[]",
                  "Links above nodes, innermost first: nodes with the same value of `label` share an uplink; `values` "
                  "names capacities per value.",
                  true, read_levels, write_levels});
  keys.push_back({"requests.dialects", "list", "[kubernetes.io, ovn.kubernetes.io, qos.projectcalico.org]",
                  "Annotation dialects that are read, all at once.", true, read_dialects, write_dialects});
  keys.push_back(capacity_key("requests.default.ulMbps", "0",
                              "Request of a pod whose annotations and namespace say nothing.",
                              [](Policy& policy) -> BitsPerSecond& { return policy.default_request.ul; }));
  keys.push_back(capacity_key("requests.default.dlMbps", "0", "The same, to the pod.",
                              [](Policy& policy) -> BitsPerSecond& { return policy.default_request.dl; }));
  keys.push_back(
      {"requests.write", "dialect", "kubernetes.io", "Dialect in which a granted default is written to the pod.", true,
       [](Yaml node, Path path, Configuration& configuration) {
         configuration.policy.write_dialect = one_of(node, path, kDialects);
       },
       [](const Configuration& configuration) { return name_of(configuration.policy.write_dialect, kDialects); }});
  keys.push_back({"colocation.networkCharge", "WhenSpread or Always", "WhenSpread",
                  "Whether a group that stays on one node is charged on the network link.", true,
                  [](Yaml node, Path path, Configuration& configuration) {
                    constexpr std::pair<std::string_view, bool> kChoices[] = {{"WhenSpread", false}, {"Always", true}};
                    configuration.policy.always_charge_network = one_of(node, path, kChoices);
                  },
                  [](const Configuration& configuration) -> std::string {
                    return configuration.policy.always_charge_network ? "Always" : "WhenSpread";
                  }});
  keys.push_back({"interfaces.max", "number", "", "Most pod network interfaces on a node; absent: no limit.", true,
                  [](Yaml node, Path path, Configuration& configuration) {
                    if (node.IsNull()) return;
                    configuration.policy.max_interfaces = static_cast<std::uint32_t>(integer(node, path, 0, 1'000'000));
                  },
                  [](const Configuration& configuration) -> std::string {
                    return configuration.policy.max_interfaces ? std::to_string(*configuration.policy.max_interfaces)
                                                               : "null";
                  }});
  keys.push_back(
      {"scoring.seed", "number", "1", "Seed of ties and draws; the same seed gives the same choices.", true,
       [](Yaml node, Path path, Configuration& configuration) {
         configuration.policy.scoring_seed =
             static_cast<std::uint64_t>(integer(node, path, 0, std::numeric_limits<std::int64_t>::max()));
       },
       [](const Configuration& configuration) { return std::to_string(configuration.policy.scoring_seed); }});
  keys.push_back(
      {"scoring.plugins", "list of {name, weight}",
       "[{name: Colocation, weight: 5}, {name: FreeBandwidth, weight: 2}, {name: InterfaceCount, weight: 1}]",
       "How nodes are preferred, by weight.", true, read_plugins, write_plugins});
  keys.push_back(text_key("journal.path", "folder", "/var/lib/bandwidth/journal", "Where the journal is.",
                          [](Configuration& configuration) -> std::string& { return configuration.journal_path; }));
  keys.push_back(
      {"journal.snapshotEveryEvents", "number", "200000",
       "Events after which the state is written to a file beside them, from which a restart goes on.", true,
       [](Yaml node, Path path, Configuration& configuration) {
         configuration.audit.snapshot_every =
             static_cast<Sequence>(integer(node, path, kKeptHashInterval, 1'000'000'000));
       },
       [](const Configuration& configuration) { return std::to_string(configuration.audit.snapshot_every); }});
  keys.push_back(
      {"journal.retention.maxAge", "duration", "0s",
       "Events older than this are removed once a snapshot stands for them (s, m, h, d); 0s: none is.", true,
       [](Yaml node, Path path, Configuration& configuration) {
         configuration.audit.retention.max_age_ns = duration(node, path);
       },
       [](const Configuration& configuration) { return write_duration(configuration.audit.retention.max_age_ns); }});
  keys.push_back({"journal.retention.maxBytes", "quantity", "\"0\"",
                  "The oldest events are removed while all take more bytes on disk than this (50Gi), as above; 0: none "
                  "is.",
                  true,
                  [](Yaml node, Path path, Configuration& configuration) {
                    configuration.audit.retention.max_bytes = bytes(node, path);
                  },
                  [](const Configuration& configuration) {
                    return quoted(std::to_string(configuration.audit.retention.max_bytes.value_or(0)));
                  }});
  keys.push_back(text_key("kube.namespace", "name", "\"\"", "Namespace of the Lease; default: the pod's own.",
                          [](Configuration& configuration) -> std::string& { return configuration.kube_namespace; }));
  keys.push_back(
      listen_key("extender.listen", "127.0.0.1:9443", "Where kube-scheduler calls.",
                 [](Configuration& configuration) -> ListenAddress& { return configuration.extender.listen; }));
  keys.push_back({"extender.candidates", "number", "100", "Most nodes that a filter reply names.", true,
                  [](Yaml node, Path path, Configuration& configuration) {
                    configuration.policy.candidates = static_cast<std::uint32_t>(integer(node, path, 1, 1'000'000));
                  },
                  [](const Configuration& configuration) { return std::to_string(configuration.policy.candidates); }});
  keys.push_back(
      text_key("extender.certFile", "file", "\"\"", "Server certificate (PEM); with it, HTTPS.",
               [](Configuration& configuration) -> std::string& { return configuration.extender.certificate_file; }));
  keys.push_back(
      text_key("extender.keyFile", "file", "\"\"", "Key of the server certificate (PEM).",
               [](Configuration& configuration) -> std::string& { return configuration.extender.key_file; }));
  keys.push_back(
      text_key("extender.clientCAFile", "file", "\"\"", "CA of client certificates (PEM); with it, mutual TLS.",
               [](Configuration& configuration) -> std::string& { return configuration.extender.client_ca_file; }));
  keys.push_back({"extender.insecure", "true or false", "false", "Allow plain HTTP beyond loopback.", true,
                  [](Yaml node, Path path, Configuration& configuration) {
                    configuration.extender.insecure = boolean(node, path);
                  },
                  [](const Configuration& configuration) -> std::string {
                    return configuration.extender.insecure ? "true" : "false";
                  }});
  keys.push_back(listen_key(
      "admission.listen", "0.0.0.0:9444", "Where the API server calls the admission webhooks.",
      [](Configuration& configuration) -> ListenAddress& { return configuration.admission.listen; }, false));
  keys.push_back(text_key(
      "admission.certFile", "file", "\"\"", "Server certificate (PEM) of the webhooks.",
      [](Configuration& configuration) -> std::string& { return configuration.admission.certificate_file; }, false));
  keys.push_back(text_key(
      "admission.keyFile", "file", "\"\"", "Key of the webhooks' certificate (PEM).",
      [](Configuration& configuration) -> std::string& { return configuration.admission.key_file; }, false));
  keys.push_back(
      listen_key("operations.listen", "0.0.0.0:9440",
                 "Where /livez, /readyz, /metrics and the read API are; /v1/* is for loopback unless a token "
                 "file is given.",
                 [](Configuration& configuration) -> ListenAddress& { return configuration.operations; }));
  keys.push_back(
      text_key("operations.tokenFile", "file", "\"\"", "Bearer token that opens /v1/* to others than loopback.",
               [](Configuration& configuration) -> std::string& { return configuration.operations_token_file; }));
  keys.push_back(
      {"leaderElection.enabled", "true or false", "true", "Whether replicas elect a leader by a Lease.", true,
       [](Yaml node, Path path, Configuration& configuration) { configuration.leader_election = boolean(node, path); },
       [](const Configuration& configuration) -> std::string {
         return configuration.leader_election ? "true" : "false";
       }});
  return keys;
}

}  // namespace

const std::vector<ConfigurationKey>& configuration_keys() {
  static const std::vector<ConfigurationKey> keys = make_keys();
  return keys;
}

const ConfigurationKey* find_key(const std::string& path) {
  for (const ConfigurationKey& key : configuration_keys()) {
    if (key.path == path) return &key;
  }
  return nullptr;
}

bool is_section(const std::string& path) {
  return std::any_of(configuration_keys().begin(), configuration_keys().end(),
                     [&](const ConfigurationKey& key) { return key.path.starts_with(path + "."); });
}

std::string known_keys(const std::string& prefix) {
  std::vector<std::string> names;
  for (const ConfigurationKey& key : configuration_keys()) {
    if (!key.path.starts_with(prefix)) continue;
    std::string name = key.path.substr(prefix.size());
    name = name.substr(0, name.find('.'));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

}  // namespace bw
