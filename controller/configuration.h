// The configuration file: one YAML document, described by one table of keys. Each key has a default and a sentence;
// unknown keys and wrong values are errors that name line and column. Values only.
#pragma once

#include <string>
#include <vector>

#include "controller/audit_options.h"
#include "extender/listen_address.h"
#include "journal/policy.h"
#include "journal/result.h"

namespace bw {

struct DoorConfiguration {
  ListenAddress listen;
  std::string certificate_file;
  std::string key_file;
  std::string client_ca_file;
  bool insecure = false;  // plain HTTP beyond loopback, on purpose
};

struct Configuration {
  Policy policy;
  std::string journal_path = "/var/lib/bandwidth/journal";
  AuditOptions audit;
  std::string kube_namespace;  // of the Lease; "": that of the own pod
  DoorConfiguration extender;
  DoorConfiguration admission;
  ListenAddress operations;
  std::string operations_token_file;
  bool leader_election = true;
  std::vector<std::string> without_effect;  // keys that were set and that this version does not act on yet
};

// The defaults, as an empty file gives them.
Configuration default_configuration();

// `file` is only for messages: "FILE:LINE:COLUMN: what is wrong; what is allowed".
Result<Configuration> parse_configuration(const std::string& text, const std::string& file);
Result<Configuration> load_configuration(const std::string& file);

// The whole effective configuration as YAML that parse_configuration() reads back.
std::string format_configuration(const Configuration& configuration);

// The table as a Markdown reference; docs/configuration.md holds it, and a test compares.
std::string configuration_reference();

}  // namespace bw
