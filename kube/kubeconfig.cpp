#include "kube/kubeconfig.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include <yaml-cpp/binary.h>
#include <yaml-cpp/yaml.h>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "text_file.h"

namespace bw {
namespace {

Error invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }

// One file, with its name for messages and its folder for relative paths.
struct ConfigFile {
  std::string path;
  YAML::Node root;
};

// A mapping of a kubeconfig, and how to name it to a person.
struct Section {
  YAML::Node node;
  std::string title;   // `kubeconfig F: user "u"`
  std::string folder;  // of the file

  bool has(const char* key) const { return node.IsMap() && node[key] && !node[key].IsNull(); }

  std::string text(const char* key) const {
    return has(key) && node[key].IsScalar() ? node[key].Scalar() : std::string();
  }

  bool flag(const char* key) const { return has(key) && node[key].as<bool>(false); }

  std::string file(const char* key) const {
    const std::string path = text(key);
    return path.empty() ? path : (std::filesystem::path(folder) / path).string();
  }
};

Result<ConfigFile> load(const std::string& path) {
  Result<std::string> text = read_text_file(path);
  if (!text) return text.error();
  try {
    ConfigFile file{path, YAML::Load(*text)};
    if (!file.root.IsMap()) return invalid("kubeconfig " + path + " is empty or not a mapping");
    return file;
  } catch (const YAML::Exception& e) {
    return invalid("kubeconfig " + path + " is not YAML: " + e.what());
  }
}

// The entry `name` of `list` (contexts, clusters, users); its content is under `key`.
Result<Section> find_entry(const std::vector<ConfigFile>& files, const char* list, const char* key,
                           const std::string& name) {
  for (const ConfigFile& file : files) {
    const YAML::Node entries = file.root[list];
    if (!entries || !entries.IsSequence()) continue;
    for (const YAML::Node& entry : entries) {
      if (!entry.IsMap() || !entry["name"] || entry["name"].as<std::string>("") != name) continue;
      const std::string title = "kubeconfig " + file.path + ": " + key + " \"" + name + "\"";
      if (!entry[key] || !entry[key].IsMap()) return invalid(title + " has nothing under " + key);
      return Section{entry[key], title, std::filesystem::path(file.path).parent_path().string()};
    }
  }
  return invalid("kubeconfig " + files.front().path + ": there is no " + key + " \"" + name + "\" under " + list);
}

Result<PemSource> pem_of(const Section& section, const std::string& key) {
  const std::string data_key = key + "-data";
  PemSource source;
  if (!section.has(data_key.c_str())) {
    source.file = section.file(key.c_str());
    return source;
  }
  const std::vector<unsigned char> bytes = YAML::DecodeBase64(section.text(data_key.c_str()));
  if (bytes.empty()) return invalid(section.title + ": " + data_key + " is not base64");
  source.text.assign(bytes.begin(), bytes.end());
  return source;
}

Result<void> set_server(ClusterAccess& access, const std::string& server, const std::string& title) {
  const auto url = boost::urls::parse_uri(server);
  if (!url || (url->scheme() != "https" && url->scheme() != "http") || url->host().empty()) {
    return invalid(title + ": server \"" + server + "\" is not a URL such as https://10.0.0.1:6443");
  }
  access.tls = url->scheme() == "https";
  access.host = url->host_address();
  access.port = url->has_port() && !url->port().empty() ? std::string(url->port()) : access.tls ? "443" : "80";
  access.base_path = url->encoded_path();
  while (access.base_path.ends_with('/')) access.base_path.pop_back();
  return {};
}

Result<void> set_cluster(ClusterAccess& access, const Section& cluster) {
  if (Result<void> set = set_server(access, cluster.text("server"), cluster.title); !set) return set;
  if (cluster.has("proxy-url")) return invalid(cluster.title + ": proxy-url is not supported; connect directly");
  Result<PemSource> authority = pem_of(cluster, "certificate-authority");
  if (!authority) return authority.error();
  access.authority = std::move(*authority);
  access.tls_server_name = cluster.text("tls-server-name");
  access.skip_tls_verify = cluster.flag("insecure-skip-tls-verify");
  if (access.skip_tls_verify && !access.authority.empty()) {
    return invalid(cluster.title +
                   ": insecure-skip-tls-verify and certificate-authority exclude each other; remove one");
  }
  return {};
}

Result<void> set_user(ClusterAccess& access, const Section& user) {
  for (const char* key :
       {"exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"}) {
    if (!user.has(key)) continue;
    return invalid(user.title + ": " + key + " is not supported; use a token, a tokenFile or a client-certificate");
  }
  Result<PemSource> certificate = pem_of(user, "client-certificate");
  if (!certificate) return certificate.error();
  Result<PemSource> key = pem_of(user, "client-key");
  if (!key) return key.error();
  if (certificate->empty() != key->empty()) {
    return invalid(user.title + ": client-certificate and client-key belong together; give both");
  }
  access.certificate = std::move(*certificate);
  access.key = std::move(*key);
  access.token = user.text("token");
  access.token_file = user.file("tokenFile");
  const bool has_credentials = !access.certificate.empty() || !access.token.empty() || !access.token_file.empty();
  if (!access.tls && has_credentials) {
    return invalid(user.title + ": its credentials would go over plain http; use an https server");
  }
  return {};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> split_paths(const std::string& list) {
  std::vector<std::string> paths;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) paths.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return paths;
}

}  // namespace

Result<std::string> read_pem(const PemSource& source) {
  if (!source.text.empty()) return source.text;
  return read_text_file(source.file);
}

Result<ClusterAccess> read_kubeconfig(const std::vector<std::string>& files) {
  std::vector<ConfigFile> loaded;
  for (const std::string& path : files) {
    std::error_code ignored;
    if (files.size() > 1 && !std::filesystem::exists(path, ignored)) continue;
    Result<ConfigFile> file = load(path);
    if (!file) return file.error();
    loaded.push_back(std::move(*file));
  }
  if (loaded.empty()) return invalid("none of the kubeconfig files exists");

  std::string current;
  for (const ConfigFile& file : loaded) {
    if (current.empty()) current = Section{file.root, "", ""}.text("current-context");
  }
  if (current.empty()) return invalid("kubeconfig " + loaded.front().path + ": current-context is not set");
  const Result<Section> context = find_entry(loaded, "contexts", "context", current);
  if (!context) return context.error();
  const Result<Section> cluster = find_entry(loaded, "clusters", "cluster", context->text("cluster"));
  if (!cluster) return cluster.error();
  const Result<Section> user = find_entry(loaded, "users", "user", context->text("user"));
  if (!user) return user.error();

  ClusterAccess access;
  access.space = context->text("namespace");
  if (Result<void> set = set_cluster(access, *cluster); !set) return set.error();
  if (Result<void> set = set_user(access, *user); !set) return set.error();
  return access;
}

Result<ClusterAccess> in_cluster_access(const std::string& service_host, const std::string& service_port,
                                        const std::string& folder) {
  if (service_host.empty() || service_port.empty()) {
    return invalid(
        "this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; give --kubeconfig");
  }
  ClusterAccess access;
  access.host = service_host;
  access.port = service_port;
  access.authority.file = folder + "/ca.crt";
  access.token_file = folder + "/token";
  for (const std::string& path : {access.authority.file, access.token_file}) {
    const Result<std::string> text = read_text_file(path);
    if (!text) return invalid(text.error().message + "; mount the token of the service account, or give --kubeconfig");
  }
  if (const Result<std::string> space = read_text_file(folder + "/namespace")) access.space = trimmed(*space);
  return access;
}

Result<ClusterAccess> find_cluster_access(const std::string& kubeconfig) {
  if (!kubeconfig.empty()) return read_kubeconfig({kubeconfig});
  const std::vector<std::string> listed = split_paths(environment("KUBECONFIG"));
  if (!listed.empty()) return read_kubeconfig(listed);
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  if (!host.empty()) return in_cluster_access(host, environment("KUBERNETES_SERVICE_PORT"));
  const std::string home_config = environment("HOME") + "/.kube/config";
  std::error_code ignored;
  if (std::filesystem::exists(home_config, ignored)) return read_kubeconfig({home_config});
  return invalid(
      "no cluster is known: this is no pod, KUBECONFIG is not set and there is no ~/.kube/config; give --kubeconfig");
}

}  // namespace bw
