// bwdemo: the whole system at work, and a verdict. A StatefulSet asks for more than the nodes can carry, the daemon is
// killed in the middle, and at the end everything that was promised is checked. `./dev demo` runs it.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>

#include "demo_load.h"
#include "demo_table.h"
#include "demo_verdict.h"
#include "tests/support/capacity_watch.h"
#include "tests/support/live_system.h"
#include "tests/support/programs.h"
#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using std::chrono::seconds;

volatile sig_atomic_t interrupted = 0;

struct DemoOptions {
  DemoLoad load;
  std::filesystem::path json{};
  bool keep = false;
};

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

// Shows the load until everything that fits is bound, the daemon is back, and nothing has changed for three seconds.
Result<void> run_load(LiveSystem& system, const DemoLoad& load, const CapacityWatch& watch, Verdict& verdict) {
  CrashInTheMiddle crash(system.daemon(), load.fits() / 2);
  DemoTable table(load);
  const auto began = std::chrono::steady_clock::now();
  const auto deadline = began + seconds(180 + load.pods / 5);
  auto last_change = began;
  auto next_look = began;
  while (interrupted == 0) {
    if (auto stepped = crash.step(); !stepped) return stepped;
    if (std::chrono::steady_clock::now() < next_look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      continue;
    }
    next_look = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    Result<Snapshot> now = look(system.cluster());
    if (!now) return now.error();
    if (now->bound != verdict.end.bound || now->pending != verdict.end.pending) {
      last_change = std::chrono::steady_clock::now();
    }
    verdict.end = std::move(*now);
    const CapacityWatch::Findings findings = watch.findings();
    table.show(verdict.end, crash.description(), findings.polls, findings.worst / kBitsPerMegabit);

    const bool complete = verdict.end.bound >= load.fits() && verdict.end.bound + verdict.end.pending >= load.pods;
    if (complete && crash.over() && std::chrono::steady_clock::now() - last_change > seconds(3)) break;
    if (std::chrono::steady_clock::now() > deadline) {
      verdict.failures.push_back("the load did not come to rest in time");
      break;
    }
    if (auto health = system.control_plane().healthy(); !health) return health;
  }
  verdict.bound_at_kill = crash.bound_at_kill();
  verdict.seconds = std::chrono::duration<double>(last_change - began).count();
  return {};
}

// What bwreplay shows to people, on our own output.
void show_replay(const std::filesystem::path& journal, const std::vector<std::string>& arguments) {
  const auto program = product_program("bwreplay");
  if (!program) return;
  Command command{.program = *program, .arguments = arguments};
  command.arguments.insert(command.arguments.end(), {"--journal", journal.string()});
  std::string shown = "\n$ bwreplay";
  for (const std::string& argument : arguments) shown += " " + argument;
  say(shown);
  const auto output = run(command);
  say(output ? output->standard_output + output->standard_error : output.error().message);
}

Result<void> play(LiveSystem& system, const DemoOptions& options, Verdict& verdict) {
  const DemoLoad& load = options.load;
  const Rates capacity{.ul = load.mbps_per_node * kBitsPerMegabit, .dl = load.mbps_per_node * kBitsPerMegabit};
  CapacityWatch watch(system.control_plane().admin_kubeconfig(), {.usual = capacity});
  const std::string rate = std::to_string(load.mbps_per_pod) + "M";
  say("creating a StatefulSet of " + std::to_string(load.pods) + " pods of " + rate + "bit/s; " +
      std::to_string(load.fits()) + " fit\n");
  // Its pods talk to the world: else all of them would go to one node and take nothing from its network link.
  const PodSpec talkative{
      .egress = rate, .ingress = rate, .annotations = {{"networking.vaclab.org/network-charge", "Always"}}};
  if (auto created = system.cluster().create_workload(WorkloadKind::kStatefulSet, "load", load.pods, talkative);
      !created) {
    return created;
  }
  if (auto ran = run_load(system, load, watch, verdict); !ran || interrupted != 0) return ran;
  check_status(system.cluster(), verdict);
  verdict.watch = watch.finish();
  check_counts(load, verdict);

  const auto table = system.control_plane().kubectl({"get", "bandwidths"});
  say("\n$ kubectl get bandwidths");
  say(table ? table->standard_output : table.error().message);
  check_reason(system.cluster(), verdict);
  if (!verdict.pending_reason.empty()) say("pending: " + verdict.pending_reason);
  const std::filesystem::path journal = system.daemon().journal();
  check_replay(journal, verdict);
  if (!verdict.end.bandwidths.empty()) {
    show_replay(journal, {"at", std::to_string(verdict.end.bandwidths.front().sequence)});
  }
  show_replay(journal, {"verify"});
  return {};
}

int demo(const DemoOptions& options) {
  TemporaryFolder folder("demo");
  LiveSystemOptions system_options{.folder = folder.path(), .nodes = options.load.nodes, .say = say};
  // Only the network links are to be short.
  system_options.node.allocatable_pods = options.load.pods;
  system_options.daemon.network_mbps = options.load.mbps_per_node;
  system_options.daemon.local_mbps = std::max(20000, options.load.mbps_per_node);
  const auto system = LiveSystem::start(system_options);
  Verdict verdict;
  const Result<void> played = system ? play(**system, options, verdict) : Result<void>(system.error());
  if (!played) verdict.failures.push_back(played.error().message);
  if (interrupted != 0) return 130;

  if (!options.json.empty()) write_json(options.json, options.load, verdict);
  for (const std::string& failure : verdict.failures) say("DOES NOT HOLD: " + failure);
  if (!verdict.failures.empty()) {
    folder.keep();
    say("logs and journal: " + folder.path().string());
  } else {
    say("holds: " + std::to_string(verdict.end.bound) + " pods bound as fit, no node over capacity in " +
        std::to_string(verdict.watch.polls) + " recounts, one crash survived, replay equals live, verify ok");
  }
  if (options.keep && system) {
    say("\nIt goes on until Ctrl-C. To play with it:\n\n  export KUBECONFIG=" +
        (*system)->control_plane().admin_kubeconfig().string() + "\n");
    while (interrupted == 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return verdict.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace bw

int main(int count, char** arguments) {
  bw::DemoOptions options;
  CLI::App app("Bandwidth as a schedulable resource, on a real control plane: load, a crash, and a verdict.");
  app.add_option("--nodes", options.load.nodes, "how many nodes")->check(CLI::Range(1, 5000))->capture_default_str();
  app.add_option("--pods", options.load.pods, "how many pods")->check(CLI::Range(1, 100000))->capture_default_str();
  app.add_option("--mbps", options.load.mbps_per_pod, "what each pod asks for, Mbps per direction")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--capacity", options.load.mbps_per_node, "network link of each node, Mbps per direction")
      ->check(CLI::Range(0, 1000000000))
      ->capture_default_str();
  app.add_option("--json", options.json, "write the result there");
  app.add_flag("--keep", options.keep, "go on running after the verdict");
  CLI11_PARSE(app, count, arguments);

  struct sigaction action {};
  action.sa_handler = [](int) { bw::interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return bw::demo(options);
}
