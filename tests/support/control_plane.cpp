#include "tests/support/control_plane.h"

#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "tests/support/credentials.h"
#include "tests/support/free_ports.h"
#include "tests/support/programs.h"

namespace bw {
namespace {

// The service account of deploy/rbac.yaml, as the API server names one.
constexpr const char* kDaemonUser = "system:serviceaccount:bandwidth-system:bandwidth-controller";
constexpr const char* kDaemonGroups = "system:serviceaccounts,system:serviceaccounts:bandwidth-system";

std::string local_url(const char* scheme, std::uint16_t port) {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port);
}

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream stream(path);
  stream << text;
  stream.close();
  if (stream) return {};
  return Error{ErrorCode::kIo, "cannot write " + path.string()};
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string kubeconfig(const std::string& url, const std::filesystem::path& authority, const std::string& token) {
  return "apiVersion: v1\n"
         "kind: Config\n"
         "clusters:\n- name: test\n  cluster: {server: '" +
         url + "', certificate-authority: '" + authority.string() +
         "'}\n"
         "users:\n- name: test\n  user: {token: '" +
         token +
         "'}\n"
         "contexts:\n- name: test\n  context: {cluster: test, user: test}\n"
         "current-context: test\n";
}

}  // namespace

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(const std::filesystem::path& folder,
                                                          std::chrono::seconds deadline) {
  std::unique_ptr<ControlPlane> plane(new ControlPlane(std::filesystem::absolute(folder)));
  if (const auto written = plane->write_identities(); !written) return written.error();
  if (const auto started = plane->start_api_server(); !started) return started.error();
  if (const auto ready = plane->wait_until_ready(deadline); !ready) return ready.error();
  if (const auto started = plane->start_controllers(); !started) return started.error();
  return plane;
}

ControlPlane::~ControlPlane() {
  while (!components_.empty()) components_.pop_back();
}

Result<void> ControlPlane::write_identities() {
  const Result<std::filesystem::path> program = cluster_tool("control-plane");
  if (!program) return program.error();
  program_ = *program;
  api_port_ = free_ports(1).front();

  const std::string admin_token = random_token();
  const std::string daemon_token = random_token();
  const std::filesystem::path authority = folder_ / "kube-apiserver" / "apiserver.crt";  // the server writes it
  const SigningKey key = new_signing_key();
  const std::pair<const char*, std::string> files[] = {
      {"tokens.csv", admin_token + ",admin,admin,system:masters\n" + daemon_token + "," + kDaemonUser + "," +
                         kDaemonUser + ",\"" + kDaemonGroups + "\"\n"},
      {"service-account.key", key.private_pem},
      {"service-account.pub", key.public_pem},
      {"admin.kubeconfig", kubeconfig(api_url(), authority, admin_token)},
      {"bandwidth-controller.kubeconfig", kubeconfig(api_url(), authority, daemon_token)},
  };
  for (const auto& [name, text] : files) {
    if (const auto written = write_file(folder_ / name, text); !written) return written;
  }
  return {};
}

Command ControlPlane::command_of(std::string_view name, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), std::string(name));
  return {.program = program_, .arguments = std::move(arguments)};
}

Result<void> ControlPlane::start_api_server() {
  const std::vector<std::uint16_t> ports = free_ports(2);
  etcd_port_ = ports[0];
  const std::string etcd_url = local_url("http", etcd_port_);
  const std::string peer_url = local_url("http", ports[1]);
  if (auto started = start_component(
          "etcd", command_of("etcd", {"--data-dir", (folder_ / "etcd").string(), "--unsafe-no-fsync", "--log-level",
                                      "warn", "--listen-client-urls", etcd_url, "--advertise-client-urls", etcd_url,
                                      "--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url,
                                      "--initial-cluster", "default=" + peer_url}));
      !started) {
    return started;
  }
  // ServiceAccount would want a token volume in each pod. TaintNodesByCondition would taint each new node until
  // the node lifecycle controller, which is off (see tests/cluster/kwok.yaml), lifts the taint.
  return start_component("kube-apiserver", command_of("kube-apiserver", {"--etcd-servers",
                                                                         etcd_url,
                                                                         "--bind-address",
                                                                         "127.0.0.1",
                                                                         "--secure-port",
                                                                         std::to_string(api_port_),
                                                                         "--cert-dir",
                                                                         (folder_ / "kube-apiserver").string(),
                                                                         "--service-account-key-file",
                                                                         (folder_ / "service-account.pub").string(),
                                                                         "--service-account-signing-key-file",
                                                                         (folder_ / "service-account.key").string(),
                                                                         "--service-account-issuer",
                                                                         "https://kubernetes.default.svc",
                                                                         "--token-auth-file",
                                                                         (folder_ / "tokens.csv").string(),
                                                                         "--authorization-mode",
                                                                         "Node,RBAC",
                                                                         "--service-cluster-ip-range",
                                                                         "10.96.0.0/16",
                                                                         "--disable-admission-plugins",
                                                                         "ServiceAccount,TaintNodesByCondition"}));
}

Result<void> ControlPlane::wait_until_ready(std::chrono::seconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (true) {
    if (auto health = healthy(); !health) return health;
    const Result<Output> answer = kubectl({"get", "--raw", "/readyz"});
    if (answer && answer->exit_code == 0) return {};
    if (std::chrono::steady_clock::now() >= end) {
      return Error{ErrorCode::kUnavailable, "kube-apiserver is not ready after " + std::to_string(deadline.count()) +
                                                " s; the end of its log:\n" +
                                                last_lines(component("kube-apiserver").log(), 20)};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

Result<void> ControlPlane::start_controllers() {
  const std::vector<std::uint16_t> ports = free_ports(2);
  if (auto started = start_component(
          "kube-controller-manager",
          command_of(
              "kube-controller-manager",
              {"--kubeconfig", admin_kubeconfig().string(), "--leader-elect=false", "--bind-address", "127.0.0.1",
               "--secure-port", std::to_string(ports[0]), "--cert-dir", (folder_ / "kube-controller-manager").string(),
               "--service-account-private-key-file", (folder_ / "service-account.key").string(), "--root-ca-file",
               (folder_ / "kube-apiserver" / "apiserver.crt").string(), "--controllers", "*,-node-lifecycle-controller",
               "--kube-api-qps", "5000", "--kube-api-burst", "10000"}));
      !started) {
    return started;
  }
  const Result<std::filesystem::path> kwok = cluster_tool("kwok");
  if (!kwok) return kwok.error();
  return start_component("kwok", {.program = *kwok,
                                  .arguments = {"--kubeconfig", admin_kubeconfig().string(), "--config",
                                                repository_file("tests/cluster/kwok.yaml").string(), "--server-address",
                                                "127.0.0.1:" + std::to_string(ports[1]), "-v", "WARN"}});
}

Result<void> ControlPlane::start_component(std::string name, Command command) {
  Result<ChildProcess> process = ChildProcess::start(command, folder_ / (name + ".log"));
  if (!process) return process.error();
  components_.push_back({std::move(name), std::move(command), std::move(*process)});
  return {};
}

Result<void> ControlPlane::install() {
  const Result<Output> applied = kubectl(
      {"apply", "-f", repository_file("deploy/crd.yaml").string(), "-f", repository_file("deploy/rbac.yaml").string()});
  if (!applied) return applied.error();
  if (applied->exit_code != 0) return Error{ErrorCode::kInvalid, applied->standard_error};
  const Result<Output> waited =
      kubectl({"wait", "--for=condition=Established", "--timeout=30s", "crd/bandwidths.networking.vaclab.org"});
  if (!waited) return waited.error();
  if (waited->exit_code != 0) return Error{ErrorCode::kUnavailable, waited->standard_error};
  return {};
}

Result<void> ControlPlane::start_scheduler(const SchedulerOptions& options) {
  const std::filesystem::path config = folder_ / (options.name + ".yaml");
  const std::string text =
      scheduler_config(contents_of(repository_file("deploy/scheduler-config.yaml")), options, admin_kubeconfig());
  if (auto written = write_file(config, text); !written) return written;
  return start_component(
      options.name, command_of("kube-scheduler", {"--config", config.string(), "--bind-address", "127.0.0.1",
                                                  "--secure-port", std::to_string(free_ports(1).front()), "--cert-dir",
                                                  (folder_ / options.name).string()}));
}

Result<Output> ControlPlane::kubectl(std::vector<std::string> arguments, const std::string& standard_input) {
  arguments.insert(arguments.begin(),
                   {"--kubeconfig", admin_kubeconfig().string(), "--cache-dir", (folder_ / "kubectl-cache").string()});
  return run(command_of("kubectl", std::move(arguments)), standard_input);
}

Result<void> ControlPlane::apply(const std::string& yaml) {
  const Result<Output> applied = kubectl({"apply", "-f", "-"}, yaml);
  if (!applied) return applied.error();
  if (applied->exit_code != 0) return Error{ErrorCode::kInvalid, applied->standard_error};
  return {};
}

Result<void> ControlPlane::healthy() {
  for (Component& component : components_) {
    if (const auto code = component.process.exit_code()) {
      return Error{ErrorCode::kUnavailable, component.name + " ended with exit code " + std::to_string(*code) +
                                                "; the end of " + component.process.log().string() + ":\n" +
                                                last_lines(component.process.log(), 20)};
    }
  }
  return {};
}

ControlPlane::Component* ControlPlane::find(std::string_view name) {
  for (Component& component : components_) {
    if (component.name == name) return &component;
  }
  return nullptr;
}

ChildProcess& ControlPlane::component(std::string_view name) {
  Component* found = find(name);
  check(found != nullptr, "no component of the control plane is named " + std::string(name));
  return found->process;
}

void ControlPlane::stop(std::string_view name) {
  component(name).stop();
  std::erase_if(components_, [&](const Component& component) { return component.name == name; });
}

Result<void> ControlPlane::restart(std::string_view name) {
  Component* found = find(name);
  check(found != nullptr, "no component of the control plane is named " + std::string(name));
  found->process.stop();
  Result<ChildProcess> process = ChildProcess::start(found->command, found->process.log());
  if (!process) return process.error();
  found->process = std::move(*process);
  return {};
}

}  // namespace bw
