#include "tests/support/bandwidth_daemon.h"

#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/free_ports.h"
#include "tests/support/programs.h"

namespace bw {
namespace {

std::string both_directions(int mbps) {
  return "{ulMbps: " + std::to_string(mbps) + ", dlMbps: " + std::to_string(mbps) + "}";
}

std::string listen_on(std::uint16_t port) { return "{listen: '127.0.0.1:" + std::to_string(port) + "'"; }

}  // namespace

BandwidthDaemon::BandwidthDaemon(const DaemonOptions& options) : options_(options) {
  const std::vector<std::uint16_t> ports = free_ports(3);
  extender_port_ = ports[0];
  operations_port_ = ports[1];
  admission_port_ = ports[2];
  options_.folder = std::filesystem::absolute(options_.folder);
}

Result<std::unique_ptr<BandwidthDaemon>> BandwidthDaemon::start(const DaemonOptions& options) {
  std::unique_ptr<BandwidthDaemon> daemon(new BandwidthDaemon(options));
  if (const auto started = daemon->start_again(); !started) return started.error();
  return daemon;
}

std::string BandwidthDaemon::configuration() const {
  return "apiVersion: config.networking.vaclab.org/v1alpha1\n"
         "kind: BandwidthControllerConfiguration\n"
         "capacity:\n"
         "  local: " +
         both_directions(options_.local_mbps) +
         "\n"
         "  network: " +
         both_directions(options_.network_mbps) +
         "\n"
         "journal: {path: '" +
         journal().string() +
         "'}\n"
         "kube: {namespace: bandwidth-system}\n"
         "extender: " +
         listen_on(extender_port_) + ", candidates: " + std::to_string(options_.candidates) +
         "}\n"
         "admission: " +
         listen_on(admission_port_) +
         "}\n"
         "operations: " +
         listen_on(operations_port_) + "}\n" + options_.more;
}

Result<void> BandwidthDaemon::launch() {
  const Result<std::filesystem::path> program = product_program("bwcontroller");
  if (!program) return program.error();
  std::filesystem::create_directories(options_.folder);
  std::ofstream(configuration_file()) << configuration();
  Result<ChildProcess> process = ChildProcess::start(
      {.program = *program,
       .arguments = {"--config", configuration_file().string(), "--kubeconfig", options_.kubeconfig.string()},
       .environment = options_.environment},
      log());
  if (!process) return process.error();
  process_ = std::move(*process);
  return {};
}

Result<void> BandwidthDaemon::start_again() {
  if (auto launched = launch(); !launched) return launched;
  return wait_until_ready();
}

Result<void> BandwidthDaemon::wait_until_ready() {
  const auto end = std::chrono::steady_clock::now() + options_.ready_deadline;
  std::string last = "no answer";
  while (std::chrono::steady_clock::now() < end) {
    if (const auto code = process_->exit_code()) return failed("ended with exit code " + std::to_string(*code));
    const Result<HttpAnswer> answer = get("/readyz");
    if (answer && answer->status == 200) return {};
    last = answer ? std::to_string(answer->status) + " " + answer->body : answer.error().message;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return failed("is not ready after " + std::to_string(options_.ready_deadline.count()) + " s (" + last + ")");
}

Result<int> BandwidthDaemon::launch_and_wait() {
  if (auto launched = launch(); !launched) return launched.error();
  const std::optional<int> code = process_->wait(options_.ready_deadline);
  if (!code) return failed("still runs after " + std::to_string(options_.ready_deadline.count()) + " s");
  return *code;
}

Result<double> BandwidthDaemon::metric(const std::string& family, const std::string& labels) const {
  const Result<HttpAnswer> answer = get("/metrics");
  if (!answer) return answer.error();
  double sum = 0;
  std::istringstream lines(answer->body);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.find_first_of("{ ");
    if (line.starts_with('#') || end == std::string::npos || line.substr(0, end) != family) continue;
    if (line.find(labels) == std::string::npos) continue;
    sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

std::filesystem::path BandwidthDaemon::journal() const {
  return options_.journal.empty() ? options_.folder / "journal" : options_.journal;
}

Error BandwidthDaemon::failed(const std::string& what) const {
  return {ErrorCode::kUnavailable,
          "bwcontroller " + what + "; the end of " + log().string() + ":\n" + last_lines(log(), 20)};
}

void BandwidthDaemon::kill() { process_->kill(); }

int BandwidthDaemon::stop() { return process_->stop(); }

std::string BandwidthDaemon::extender_url() const {
  return "http://127.0.0.1:" + std::to_string(extender_port_) + "/scheduler";
}

}  // namespace bw
