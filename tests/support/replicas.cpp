#include "tests/support/replicas.h"

#include <simdjson.h>

#include <fstream>
#include <iterator>

#include "tests/support/blocking_api.h"
#include "tests/support/cluster.h"

namespace bw {
namespace {

constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/bandwidth-system/leases/bandwidth-controller";
constexpr const char* kNamePrefix = "bandwidth-controller-";

// The same user, by another way.
Result<void> write_kubeconfig(const std::filesystem::path& original, std::uint16_t api_port, std::uint16_t port,
                              const std::filesystem::path& copy) {
  std::ifstream from(original);
  std::string text{std::istreambuf_iterator<char>(from), {}};
  const std::string address = "127.0.0.1:" + std::to_string(api_port);
  const std::size_t at = text.find(address);
  if (at == std::string::npos) {
    return Error{ErrorCode::kInvalid, original.string() + " does not name the server " + address};
  }
  text.replace(at, address.size(), "127.0.0.1:" + std::to_string(port));
  std::ofstream to(copy);
  to << text;
  to.close();
  if (to) return {};
  return Error{ErrorCode::kIo, "cannot write " + copy.string()};
}

// spec.holderIdentity of a Lease: "NAME_JOURNAL"; the name, or "".
std::string holder_of(const std::string& lease) {
  simdjson::dom::parser parser;
  std::string_view identity;
  if (parser.parse(lease)["spec"]["holderIdentity"].get(identity) != simdjson::SUCCESS) return "";
  return std::string(identity.substr(0, identity.find('_')));
}

bool decides(const HttpAnswer& metrics) { return metrics.body.find("\nbandwidth_serving 1\n") != std::string::npos; }

}  // namespace

Result<std::unique_ptr<Replicas>> Replicas::start(ControlPlane& plane, const std::filesystem::path& folder, int count) {
  std::unique_ptr<Replicas> replicas(new Replicas);
  if (const auto up = replicas->bring_up(plane, folder, count); !up) return up.error();
  return replicas;
}

Result<void> Replicas::bring_up(ControlPlane& plane, const std::filesystem::path& folder, int count) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    Replica replica{.name = kNamePrefix + std::to_string(i),
                    .api = std::make_unique<TcpForwarder>(plane.api_port()),
                    .daemon = nullptr};
    const std::filesystem::path kubeconfig = folder / (replica.name + ".kubeconfig");
    if (auto written = write_kubeconfig(plane.daemon_kubeconfig(), plane.api_port(), replica.api->port(), kubeconfig);
        !written) {
      return written;
    }
    replica.daemon = std::make_unique<BandwidthDaemon>(
        DaemonOptions{.folder = folder / replica.name,
                      .kubeconfig = kubeconfig,
                      .environment = {"POD_NAME=" + replica.name, "POD_NAMESPACE=bandwidth-system"}});
    if (auto launched = replica.daemon->launch(); !launched) return launched;
    replicas_.push_back(std::move(replica));
  }
  for (Replica& replica : replicas_) {
    if (auto ready = replica.daemon->wait_until_ready(); !ready) return ready;
  }
  thread_ = std::thread(&Replicas::follow, this, plane.admin_kubeconfig());
  return wait_until("a replica leads", std::chrono::seconds(60),
                    [&]() -> Result<bool> { return holder() && serving() == holder(); });
}

Replicas::~Replicas() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Replicas::set_path(int number, TcpForwarder::Path path) {
  replicas_[static_cast<std::size_t>(number)].api->set_path(path);
}

std::optional<int> Replicas::holder() const {
  const int holder = holder_;
  return holder < 0 ? std::nullopt : std::optional(holder);
}

std::optional<int> Replicas::serving(std::chrono::milliseconds patience) const {
  for (int i = 0; i < static_cast<int>(replicas_.size()); ++i) {
    const auto answer =
        get_local(replicas_[static_cast<std::size_t>(i)].daemon->operations_port(), "/metrics", "", patience);
    if (answer && decides(*answer)) return i;
  }
  return std::nullopt;
}

std::string Replicas::extender_url() const {
  return "http://127.0.0.1:" + std::to_string(service_.port()) + "/scheduler";
}

void Replicas::follow(const std::filesystem::path& kubeconfig) {
  const Result<std::unique_ptr<BlockingApi>> api = BlockingApi::connect(kubeconfig);
  check(api.has_value(), "the administrator's kubeconfig cannot be read");
  while (!ending_) {
    if (const Result<std::string> lease = (*api)->get(kLease)) {
      const std::string name = holder_of(*lease);
      int holder = -1;
      for (int i = 0; i < static_cast<int>(replicas_.size()); ++i) {
        if (replicas_[static_cast<std::size_t>(i)].name == name) holder = i;
      }
      holder_ = holder;
      service_.set_target(holder < 0 ? std::uint16_t{0}
                                     : replicas_[static_cast<std::size_t>(holder)].daemon->extender_port());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace bw
