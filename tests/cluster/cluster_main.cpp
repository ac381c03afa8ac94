// bwcluster: a control plane with nodes, the daemon and a scheduler that stays up until it is told to end, to play
// with. `./dev cluster up` runs it in the background.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <thread>

#include "tests/support/live_system.h"

namespace {

volatile sig_atomic_t stopped = 0;

int serve(const bw::LiveSystemOptions& options) {
  const auto system = bw::LiveSystem::start(options);
  if (!system) {
    std::fprintf(stderr, "bwcluster: %s\n", system.error().message.c_str());
    return 1;
  }
  std::printf(
      "\n%d nodes are up, and bwcontroller serves http://127.0.0.1:%d. To use the cluster:\n\n  export "
      "KUBECONFIG=%s\n\n",
      options.nodes, (*system)->daemon().operations_port(), (*system)->control_plane().admin_kubeconfig().c_str());
  std::fflush(stdout);
  // Who waits for the file sees all of it or nothing.
  const std::filesystem::path ready = options.folder / "ready";
  std::ofstream(ready.string() + ".new") << "extender 127.0.0.1:" << (*system)->daemon().extender_port()
                                         << "\noperations 127.0.0.1:" << (*system)->daemon().operations_port() << "\n";
  std::filesystem::rename(ready.string() + ".new", ready);

  while (stopped == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (const auto health = (*system)->control_plane().healthy(); !health) {
      std::fprintf(stderr, "bwcluster: %s\n", health.error().message.c_str());
      return 1;
    }
    if (const auto code = (*system)->daemon().process().exit_code()) {
      std::fprintf(stderr, "bwcluster: bwcontroller ended with exit code %d; see %s\n", *code,
                   (*system)->daemon().log().c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  bw::LiveSystemOptions options;
  CLI::App app("A real control plane with kwok nodes, bwcontroller and kube-scheduler, until SIGTERM or Ctrl-C.");
  app.add_option("--folder", options.folder, "where data and logs go")->required();
  app.add_option("--nodes", options.nodes, "how many nodes")->check(CLI::Range(0, 10000))->capture_default_str();
  app.add_option("--capacity", options.daemon.network_mbps, "Mbps of the network link of each node")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  options.folder = std::filesystem::absolute(options.folder);
  options.say = [](const std::string& what) {
    std::printf("%s\n", what.c_str());
    std::fflush(stdout);
  };

  struct sigaction action {};
  action.sa_handler = [](int) { stopped = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return serve(options);
}
