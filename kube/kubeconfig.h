// Where the API server is, how to trust it and who we are there: from a kubeconfig file, or from what a pod is given.
// Errors name the file, the key and what to do. Values only; safe on any thread.
#pragma once

#include <string>
#include <vector>

#include "journal/result.h"

namespace bw {

// PEM text, in place or in a file. A file is read anew for each connection, so that rotation needs no restart.
struct PemSource {
  std::string file;
  std::string text;  // wins over the file
  bool empty() const { return file.empty() && text.empty(); }
  bool operator==(const PemSource&) const = default;
};

Result<std::string> read_pem(const PemSource& source);

struct ClusterAccess {
  bool tls = true;
  std::string host;  // name or address, without brackets
  std::string port;
  std::string base_path;        // before every target: "" or "/prefix"
  std::string tls_server_name;  // "": the host
  bool skip_tls_verify = false;
  PemSource authority;    // empty: the authorities of the system
  PemSource certificate;  // empty: no client certificate
  PemSource key;
  std::string token;       // "": none
  std::string token_file;  // wins over `token`; read anew from time to time
  std::string space;       // namespace of the context, or of our own pod; "": not said
  bool operator==(const ClusterAccess&) const = default;
};

// The current context of kubeconfig files. The first file that names a thing wins; of several files, those that do
// not exist are passed over. Not supported, and refused by name: exec, auth-provider, passwords, impersonation and
// proxies.
Result<ClusterAccess> read_kubeconfig(const std::vector<std::string>& files);

// What Kubernetes gives to a pod: KUBERNETES_SERVICE_HOST and _PORT, and the folder of its service account.
Result<ClusterAccess> in_cluster_access(const std::string& service_host, const std::string& service_port,
                                        const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

// `kubeconfig` where it is not empty; else $KUBECONFIG; else, in a pod, what the pod is given; else ~/.kube/config.
Result<ClusterAccess> find_cluster_access(const std::string& kubeconfig);

}  // namespace bw
