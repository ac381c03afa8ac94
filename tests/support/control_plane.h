// A real Kubernetes control plane on 127.0.0.1: etcd, kube-apiserver, kube-controller-manager, kwok for the nodes,
// and kube-schedulers as asked for, each a child process with its log in one folder. Nothing is faked but kubelets.
//
// One thread: that which called start(). The components end with the object, in reverse order.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/result.h"
#include "tests/support/child_process.h"
#include "tests/support/scheduler_config.h"

namespace bw {

class ControlPlane {
 public:
  // Data, logs and kubeconfigs go into `folder`, which has to exist and to be empty. Returns when the API server
  // is ready; on failure the error ends with the last lines of the log of the component that failed.
  static Result<std::unique_ptr<ControlPlane>> start(const std::filesystem::path& folder,
                                                     std::chrono::seconds deadline = std::chrono::seconds(60));
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  // Applies deploy/crd.yaml and deploy/rbac.yaml and waits until the API serves Bandwidth objects.
  Result<void> install();

  // A kube-scheduler; several may run when their names differ.
  Result<void> start_scheduler(const SchedulerOptions& options);

  // kubectl as administrator.
  Result<Output> kubectl(std::vector<std::string> arguments, const std::string& standard_input = "");
  // kubectl apply of one or more YAML documents. kInvalid with the words of the server when it refuses.
  Result<void> apply(const std::string& yaml);

  // Error when a component has ended by itself: which, and the end of its log.
  Result<void> healthy();

  // Ends a component for good.
  void stop(std::string_view name);

  // By name: etcd, kube-apiserver, kube-controller-manager, kwok, or the name of a scheduler. To pause or kill it.
  ChildProcess& component(std::string_view name);
  // Starts a component again, with the same command and data, after it was killed or stopped.
  Result<void> restart(std::string_view name);

  std::uint16_t api_port() const { return api_port_; }
  std::uint16_t etcd_port() const { return etcd_port_; }  // plain HTTP: its JSON gateway is at /v3
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path admin_kubeconfig() const { return folder_ / "admin.kubeconfig"; }
  // Of the service account that deploy/rbac.yaml binds to its roles, so that the shipped rights are tested.
  std::filesystem::path daemon_kubeconfig() const { return folder_ / "bandwidth-controller.kubeconfig"; }

 private:
  struct Component {
    std::string name;
    Command command;
    ChildProcess process;
  };

  explicit ControlPlane(const std::filesystem::path& folder) : folder_(folder) {}

  Result<void> write_identities();
  Result<void> start_api_server();
  Result<void> wait_until_ready(std::chrono::seconds deadline);
  Result<void> start_controllers();
  Result<void> start_component(std::string name, Command command);
  Component* find(std::string_view name);
  Command command_of(std::string_view name, std::vector<std::string> arguments) const;
  std::string api_url() const { return "https://127.0.0.1:" + std::to_string(api_port_); }

  std::filesystem::path folder_;
  std::filesystem::path program_;  // the binary that is etcd, kube-apiserver, ... by its first argument
  std::uint16_t api_port_ = 0;
  std::uint16_t etcd_port_ = 0;
  std::vector<Component> components_;  // in order of start
};

}  // namespace bw
