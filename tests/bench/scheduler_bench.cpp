// How fast a real kube-scheduler binds: with no extender, with a Go extender that does nothing, and with bwcontroller.
// The same pods over the same nodes, created before the scheduler starts; all variants in turn, several rounds, so that
// what else the machine does falls on all; ratios are taken within a round. The rate is (bound - 1) / (first to last
// bind). kwok is paused meanwhile: kubelets of a cluster run on other machines.
//
//   scheduler_bench --case 100:2000 --case 1000:2000 --case 5000:600 --json FILE
//
// With --preferred-zone the pods prefer one of four zones, and the share that ends there shows what naming few nodes
// leaves to other score plugins. Writes one JSON object. A pod that stays unbound ends it with exit code 1.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include <unistd.h>

#include "tests/support/live_system.h"
#include "tests/support/programs.h"
#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

// The ratios that matter, as (what, of what).
constexpr std::pair<const char*, const char*> kRatios[] = {
    {"ours", "doNothing"}, {"ours", "none"}, {"ours", "noneSampled"}, {"doNothing", "none"}};

struct Variant {
  std::string name;
  enum class Extender { kNone, kDoNothing, kOurs } extender = Extender::kNone;
  int percentage_of_nodes_to_score = 100;
  int candidates = 100;  // that bwcontroller names
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all{{"none", Variant::Extender::kNone, 100},
                                        {"noneSampled", Variant::Extender::kNone, 0},
                                        {"doNothing", Variant::Extender::kDoNothing, 100},
                                        {"ours", Variant::Extender::kOurs, 100},
                                        {"oursNamingAll", Variant::Extender::kOurs, 100, 1'000'000}};
  return all;
}

template <class Value>
Value take(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}
void take(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Json summary(const std::vector<double>& values) {
  Json all = Json::array();
  for (double value : values) all.push_back(std::round(value * 100) / 100);
  return {{"median", std::round(median(values) * 100) / 100}, {"all", std::move(all)}};
}

// User and system time of a process so far, in milliseconds (proc(5), fields 14 and 15 of /proc/PID/stat).
double cpu_ms(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) * 1000 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// What one run took.
struct Run {
  double pods_per_second = 0;
  double in_preferred_zone = 0;                  // share of the pods
  std::map<std::string, double> cpu_ms_per_pod;  // by component
};

constexpr const char* kPreferredZone = "zone-0";
constexpr int kZones = 4;

// One size of cluster, with everything that is measured on it.
class Bench {
 public:
  Bench(const std::filesystem::path& folder, int nodes, int pods, bool prefer)
      : folder_(folder), nodes_(nodes), pods_(pods), prefer_(prefer) {
    std::filesystem::create_directories(folder / "control-plane");
    plane_ = take(ControlPlane::start(folder / "control-plane"));
    take(plane_->install());
    cluster_ = take(Cluster::connect(plane_->admin_kubeconfig()));
    for (int zone = 0; zone < kZones; ++zone) {
      const std::string name = "zone-" + std::to_string(zone);
      const int share = nodes / kZones + (zone < nodes % kZones ? 1 : 0);
      take(cluster_->create_nodes("node-" + std::to_string(zone) + "-", share,
                                  {.labels = {{"topology.kubernetes.io/zone", name}}}));
    }
    take(wait_until("all nodes are ready", std::chrono::seconds(300), [&]() -> Result<bool> {
      const Result<std::vector<NodeView>> all = cluster_->nodes();
      if (!all) return all.error();
      return std::all_of(all->begin(), all->end(), [](const NodeView& node) { return node.ready; });
    }));
    start_daemon(100);
    take(wait_until("all Bandwidth objects have a status", std::chrono::seconds(300), [&]() -> Result<bool> {
      const Result<std::vector<BandwidthView>> all = cluster_->bandwidths();
      if (!all) return all.error();
      return std::count_if(all->begin(), all->end(), [](const BandwidthView& one) { return one.has_status; }) == nodes_;
    }));
    stop_daemon();
    start_do_nothing();
    plane_->component("kwok").pause();
  }

  Run run(const Variant& variant) {
    const std::string scheduler = "bench-" + std::to_string(++runs_);
    std::string url;
    if (variant.extender == Variant::Extender::kOurs) {
      start_daemon(variant.candidates);
      url = daemon_->extender_url();
    } else if (variant.extender == Variant::Extender::kDoNothing) {
      url = do_nothing_url_;
    }
    take(cluster_->create_pods(
        "pod-" + std::to_string(runs_) + "-", pods_,
        {.egress = "1M", .ingress = "1M", .scheduler = scheduler, .preferred_zone = prefer_ ? kPreferredZone : ""}));
    Run run;
    add_cpu(variant, scheduler, -1, run);
    const Clock::duration took = watch_binds([&] {
      take(plane_->start_scheduler({.name = scheduler,
                                    .extender_url = url,
                                    .percentage_of_nodes_to_score = variant.percentage_of_nodes_to_score}));
    });
    add_cpu(variant, scheduler, 1, run);
    if (variant.extender == Variant::Extender::kOurs) {
      bind_refusals_ += take(daemon_->metric("bandwidth_bind_refusals_total"));
      stop_daemon();
    }
    plane_->stop(scheduler);
    run.in_preferred_zone = share_in_preferred_zone();
    take(cluster_->delete_all_pods());
    take(wait_until("the pods are gone", std::chrono::seconds(120), [&]() -> Result<bool> {
      if (const auto again = cluster_->delete_all_pods(); !again) return again.error();
      const Result<std::vector<PodView>> left = cluster_->pods();
      if (!left) return left.error();
      return left->empty();
    }));
    run.pods_per_second = (pods_ - 1) / std::chrono::duration<double>(took).count();
    return run;
  }

  double bind_refusals() const { return bind_refusals_; }

 private:
  void add_cpu(const Variant& variant, const std::string& scheduler, double sign, Run& run) {
    const auto add = [&](const std::string& name, pid_t pid) {
      run.cpu_ms_per_pod[name] += sign * cpu_ms(pid) / pods_;
    };
    add("etcd", plane_->component("etcd").pid());
    add("kube-apiserver", plane_->component("kube-apiserver").pid());
    add("kube-controller-manager", plane_->component("kube-controller-manager").pid());
    if (sign > 0) add("kube-scheduler", plane_->component(scheduler).pid());
    if (variant.extender == Variant::Extender::kOurs) add("extender", daemon_->process().pid());
    if (variant.extender == Variant::Extender::kDoNothing) add("extender", do_nothing_->pid());
  }

  double share_in_preferred_zone() {
    const std::vector<PodView> pods = take(cluster_->pods());
    const std::string prefix = "node-" + std::string(kPreferredZone).substr(5) + "-";
    const auto there =
        std::count_if(pods.begin(), pods.end(), [&](const PodView& pod) { return pod.node.starts_with(prefix); });
    return static_cast<double>(there) / static_cast<double>(pods.size());
  }

  // From the first to the last Binding of the pods there are, which begin once `start` has been called.
  Clock::duration watch_binds(const std::function<void()>& start) {
    const std::string target = "/api/v1/namespaces/default/pods?watch=true&fieldSelector=spec.nodeName!%3D";
    ApiRequest bound{.target = target,
                     .accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
                     .content_type = "",
                     .body = ""};
    Clock::time_point first, last;
    int count = 0;
    bool started = false;
    const auto opened = [&] {
      if (!std::exchange(started, true)) start();
    };
    const auto see = [&](std::string_view line) {
      constexpr std::string_view kVersion = R"("resourceVersion":")";
      const std::size_t at = line.find(kVersion);
      if (at != line.npos) {
        const std::string_view rest = line.substr(at + kVersion.size());
        bound.target = target + "&resourceVersion=" + std::string(rest.substr(0, rest.find('"')));
      }
      if (!line.starts_with(R"({"type":"ADDED")")) return true;
      last = Clock::now();
      if (count++ == 0) first = last;
      return count < pods_;
    };
    const Clock::time_point deadline = Clock::now() + std::chrono::minutes(10);
    while (true) {
      const Result<void> watched = cluster_->api().watch(bound, std::chrono::minutes(10), opened, see);
      if (watched) return last - first;
      // The server ends the watch of a reader that a busy machine lets wait; it goes on where it was.
      if (watched.error().code != ErrorCode::kUnavailable || Clock::now() > deadline) take(watched);
    }
  }

  // Always on the same journal. It is not measured how it catches up with what happened meanwhile, so the last status
  // has to be written first.
  void start_daemon(int candidates) {
    if (daemon_ == nullptr) {
      daemon_ = take(BandwidthDaemon::start({.folder = folder_ / "bwcontroller",
                                             .kubeconfig = plane_->daemon_kubeconfig(),
                                             .network_mbps = 10'000,
                                             .candidates = candidates,
                                             .ready_deadline = std::chrono::seconds(120)}));
    } else {
      daemon_->set_candidates(candidates);
      take(daemon_->start_again());
    }
    double written = -1;
    Clock::time_point since = Clock::now();
    take(wait_until("no status is owed", std::chrono::seconds(300), [&]() -> Result<bool> {
      const Result<double> now = daemon_->metric("bandwidth_status_writes_total");
      if (!now) return now.error();
      if (*now != written) since = Clock::now();
      written = *now;
      return Clock::now() - since > std::chrono::seconds(3);
    }));
  }

  void stop_daemon() {
    if (daemon_->stop() != 0) throw std::runtime_error("bwcontroller did not end in good order");
  }

  void start_do_nothing() {
    const std::filesystem::path log = folder_ / "do-nothing.log";
    do_nothing_ = take(ChildProcess::start({.program = take(cluster_tool("noop_extender")),
                                            .arguments = {"--kubeconfig", plane_->admin_kubeconfig().string()}},
                                           log));
    std::string address;
    while (address.empty()) {
      if (!do_nothing_->running()) throw std::runtime_error("noop_extender ended: " + last_lines(log, 5));
      std::ifstream(log) >> address;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    do_nothing_url_ = "http://" + address + "/scheduler";
  }

  const std::filesystem::path folder_;
  const int nodes_, pods_;
  const bool prefer_;
  std::unique_ptr<ControlPlane> plane_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<BandwidthDaemon> daemon_;
  std::optional<ChildProcess> do_nothing_;
  std::string do_nothing_url_;
  int runs_ = 0;
  double bind_refusals_ = 0;
};

Json measure(int nodes, int pods, int rounds, const std::vector<Variant>& chosen, bool prefer) {
  TemporaryFolder folder("scheduler-bench");
  try {
    std::fprintf(stderr, "%d nodes: starting the control plane\n", nodes);
    Bench bench(folder.path(), nodes, pods, prefer);
    std::map<std::string, std::vector<double>> rates, ratios, shares;
    std::map<std::string, std::map<std::string, std::vector<double>>> cpu;  // by variant and component
    for (int round = 0; round < rounds; ++round) {
      std::map<std::string, double> now;
      for (std::size_t i = 0; i < chosen.size(); ++i) {
        // Nobody is always behind the same other.
        const Variant& variant = chosen[(i + static_cast<std::size_t>(round)) % chosen.size()];
        const Run run = bench.run(variant);
        now[variant.name] = run.pods_per_second;
        shares[variant.name].push_back(run.in_preferred_zone);
        for (const auto& [name, ms] : run.cpu_ms_per_pod) cpu[variant.name][name].push_back(ms);
        rates[variant.name].push_back(now[variant.name]);
        std::fprintf(stderr, "%d nodes, round %d: %s %.1f pods/s\n", nodes, round + 1, variant.name.c_str(),
                     now[variant.name]);
      }
      for (const auto& [what, of] : kRatios) {
        if (!now.contains(what) || !now.contains(of)) continue;
        ratios[std::string(what) + "/" + of].push_back(now[what] / now[of]);
      }
    }
    Json result = {{"nodes", nodes}, {"pods", pods}, {"rounds", rounds}};
    for (const Variant& variant : chosen) result["podsPerSecond"][variant.name] = summary(rates[variant.name]);
    for (const auto& [name, values] : shares) {
      if (prefer) result["shareInPreferredZone"][name] = summary(values);
    }
    for (const auto& [name, values] : ratios) result["ratios"][name] = summary(values);
    for (const auto& [variant, components] : cpu) {
      for (const auto& [name, ms] : components) result["cpuMillisecondsPerPod"][variant][name] = summary(ms)["median"];
    }
    result["refusedBinds"] = bench.bind_refusals();
    return result;
  } catch (const std::exception&) {
    folder.keep();
    std::fprintf(stderr, "logs are in %s\n", folder.path().c_str());
    throw;
  }
}

struct Case {
  int nodes = 0;
  int pods = 0;
};

std::vector<Variant> choose(const std::vector<std::string>& names) {
  std::vector<Variant> chosen;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(variants().begin(), variants().end(), [&](const Variant& one) { return one.name == name; });
    if (found == variants().end())
      throw std::runtime_error("--variant takes none, noneSampled, doNothing, ours or oursNamingAll, not " + name);
    chosen.push_back(*found);
  }
  return chosen;
}

Case parse_case(const std::string& text) {
  Case parsed;
  if (std::sscanf(text.c_str(), "%d:%d", &parsed.nodes, &parsed.pods) != 2 || parsed.nodes < 1 || parsed.pods < 2) {
    throw std::runtime_error("--case takes NODES:PODS, not " + text);
  }
  return parsed;
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  CLI::App app{"How fast a real kube-scheduler binds, without an extender and with different ones"};
  std::vector<std::string> cases{"100:2000", "1000:2000", "5000:600"};
  std::vector<std::string> names{"none", "noneSampled", "doNothing", "ours"};
  int rounds = 3;
  bool prefer = false;
  std::string json_file;
  app.add_option("--case", cases, "NODES:PODS; may be given more than once");
  app.add_option("--variant", names,
                 "none, noneSampled, doNothing, ours or oursNamingAll; may be given more than once");
  app.add_flag("--preferred-zone", prefer, "the pods prefer one of four zones");
  app.add_option("--rounds", rounds, "rounds of all variants")->check(CLI::PositiveNumber);
  app.add_option("--json", json_file, "file to write to, instead of standard output");
  CLI11_PARSE(app, argc, argv);
  try {
    bw::Json results = bw::Json::array();
    for (const std::string& text : cases) {
      const bw::Case one = bw::parse_case(text);
      results.push_back(bw::measure(one.nodes, one.pods, rounds, bw::choose(names), prefer));
    }
    const std::string text = bw::Json{{"unit", "pods per second"}, {"results", results}}.dump(2) + "\n";
    if (json_file.empty()) {
      std::cout << text;
    } else if (!(std::ofstream(json_file) << text << std::flush)) {
      throw std::runtime_error("cannot write " + json_file);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "scheduler_bench: " << error.what() << '\n';
    return 1;
  }
}
