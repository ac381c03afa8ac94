#include "controller/configuration.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <sstream>

#include "controller/configuration_keys.h"

namespace bw {
namespace {

constexpr std::string_view kApiVersion = "config.networking.vaclab.org/v1alpha1";
constexpr std::string_view kKind = "BandwidthControllerConfiguration";

class Parser {
 public:
  Parser(const std::string& file, Configuration& configuration) : file_(file), configuration_(configuration) {}

  Result<void> run(const YAML::Node& root) {
    try {
      if (!root.IsMap()) fail(root, "the file is not a mapping of keys");
      expect(root, "apiVersion", kApiVersion);
      expect(root, "kind", kKind);
      walk(root, "");
      check_whole();
    } catch (const KeyError& error) {
      return Error{ErrorCode::kInvalid, position(error.node) + error.message};
    }
    return {};
  }

 private:
  [[noreturn]] static void fail(const YAML::Node& node, const std::string& message) { throw KeyError{node, message}; }

  std::string position(const YAML::Node& node) const {
    const YAML::Mark mark = node.Mark();
    if (mark.is_null()) return file_ + ": ";
    return file_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": ";
  }

  static void expect(const YAML::Node& root, const char* key, std::string_view value) {
    const YAML::Node node = root[key];
    if (!node) fail(root, std::string(key) + " is missing: \"" + std::string(value) + "\" is expected");
    if (!node.IsScalar() || node.Scalar() != value) {
      fail(node, std::string(key) + " is \"" + (node.IsScalar() ? node.Scalar() : "") + "\": this program reads \"" +
                     std::string(value) + "\"");
    }
  }

  void walk(const YAML::Node& map, const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) fail(entry.first, "a key must be a word");
      const std::string path = prefix + entry.first.Scalar();
      if (!seen.insert(path).second) fail(entry.first, path + " is given twice");
      if (prefix.empty() && (path == "apiVersion" || path == "kind")) continue;
      if (const ConfigurationKey* key = find_key(path)) {
        given_.emplace(path, entry.second);
        key->read(entry.second, path, configuration_);
        if (!key->has_effect) configuration_.without_effect.push_back(path);
      } else if (is_section(path)) {
        if (entry.second.IsNull()) continue;
        if (!entry.second.IsMap()) fail(entry.second, path + " must be a mapping of keys");
        walk(entry.second, path + ".");
      } else {
        fail(entry.first, "unknown key " + path + "; known here: " + known_keys(prefix));
      }
    }
  }

  // What concerns several keys; the place named is that of the first one that the file gives.
  void check_whole() {
    const auto both_or_none = [&](const DoorConfiguration& door, const std::string& name) {
      if (door.certificate_file.empty() == door.key_file.empty()) return;
      fail_at({name + ".certFile", name + ".keyFile"},
              name + ".certFile and " + name + ".keyFile belong together: give both, or neither");
    };
    both_or_none(configuration_.extender, "extender");
    both_or_none(configuration_.admission, "admission");
    const DoorConfiguration& extender = configuration_.extender;
    if (!extender.client_ca_file.empty() && extender.certificate_file.empty()) {
      fail_at({"extender.clientCAFile"}, "extender.clientCAFile needs extender.certFile and extender.keyFile");
    }
    if (extender.certificate_file.empty() && !extender.insecure && !extender.listen.loopback) {
      fail_at({"extender.listen"},
              "extender.listen is not a loopback address and there is no certificate: give extender.certFile and "
              "extender.keyFile, or set extender.insecure: true");
    }
  }

  [[noreturn]] void fail_at(std::initializer_list<std::string> paths, const std::string& message) const {
    for (const std::string& path : paths) {
      const auto given = given_.find(path);
      if (given != given_.end()) fail(given->second, message);
    }
    fail({}, message);
  }

  const std::string& file_;
  Configuration& configuration_;
  std::map<std::string, YAML::Node> given_;  // values by the path of their key
};

}  // namespace

Configuration default_configuration() {
  Configuration configuration;
  for (const ConfigurationKey& key : configuration_keys()) {
    if (!key.default_yaml.empty()) key.read(YAML::Load(key.default_yaml), key.path, configuration);
  }
  return configuration;
}

Result<Configuration> parse_configuration(const std::string& text, const std::string& file) {
  Configuration configuration = default_configuration();
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::ParserException& error) {
    return Error{ErrorCode::kInvalid, file + ":" + std::to_string(error.mark.line + 1) + ":" +
                                          std::to_string(error.mark.column + 1) + ": not YAML: " + error.msg};
  }
  if (Result<void> parsed = Parser(file, configuration).run(root); !parsed) return parsed.error();
  return configuration;
}

Result<Configuration> load_configuration(const std::string& file) {
  std::ifstream in(file);
  if (!in) return Error{ErrorCode::kNotFound, file + ": the configuration file cannot be read; see --config"};
  std::ostringstream text;
  text << in.rdbuf();
  return parse_configuration(text.str(), file);
}

std::string format_configuration(const Configuration& configuration) {
  std::ostringstream out;
  out << "apiVersion: " << kApiVersion << "\nkind: " << kKind << "\n";
  std::vector<std::string> open;  // sections that the last line was in
  for (const ConfigurationKey& key : configuration_keys()) {
    std::vector<std::string> parts;
    std::istringstream path(key.path);
    for (std::string part; std::getline(path, part, '.');) parts.push_back(part);
    std::size_t shared = 0;
    while (shared + 1 < parts.size() && shared < open.size() && open[shared] == parts[shared]) ++shared;
    for (std::size_t depth = shared; depth + 1 < parts.size(); ++depth) {
      out << std::string(depth * 2, ' ') << parts[depth] << ":\n";
    }
    out << std::string((parts.size() - 1) * 2, ' ') << parts.back() << ": " << key.write(configuration) << "\n";
    open.assign(parts.begin(), parts.end() - 1);
  }
  return out.str();
}

std::string configuration_reference() {
  std::ostringstream out;
  out << "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const ConfigurationKey& key : configuration_keys()) {
    out << "| `" << key.path << "` | " << key.type << " | "
        << (key.default_yaml.empty() ? std::string("none") : "`" + key.default_yaml + "`") << " | " << key.sentence
        << (key.has_effect ? "" : " *Accepted; no effect yet.*") << " |\n";
  }
  return out.str();
}

}  // namespace bw
