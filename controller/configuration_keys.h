// The table of configuration keys: one row per key, with how it is read, written and explained. Internal to
// controller/.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <vector>

#include "controller/configuration.h"

namespace bw {

struct KeyError {
  YAML::Node node;  // where; undefined: the file as a whole
  std::string message;
};

struct ConfigurationKey {
  std::string path;          // "capacity.local.ulMbps"
  std::string type;          // for the reference
  std::string default_yaml;  // "": none
  std::string sentence;
  bool has_effect = true;
  std::function<void(const YAML::Node&, const std::string& path, Configuration&)> read;  // throws KeyError
  std::function<std::string(const Configuration&)> write;                                // as YAML
};

const std::vector<ConfigurationKey>& configuration_keys();
const ConfigurationKey* find_key(const std::string& path);
bool is_section(const std::string& path);
std::string known_keys(const std::string& prefix);  // for messages

}  // namespace bw
