// bwcontroller: builds every object, passes references, and runs the loop. Objects end in the reverse order.

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <random>

#include "controller/configuration.h"
#include "controller/controller.h"
#include "controller/loop.h"
#include "controller/restore.h"
#include "controller/version.h"
#include "journal/chain.h"
#include "journal/rocksdb_journal.h"
#include "kube/kubeconfig.h"

namespace bw {
namespace {

struct Flags {
  std::string config;
  std::string kubeconfig;
  std::string log_level = "info";
  bool check_config = false;
};

int fail(const std::string& sentence) {
  std::fprintf(stderr, "bwcontroller: %s\n", sentence.c_str());
  return 1;
}

void set_up_log(const std::string& level) {
  auto log = spdlog::stderr_color_mt("bwcontroller");
  log->set_level(spdlog::level::from_str(level));
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  log->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(log));
}

int run(const Flags& flags) {
  set_up_log(flags.log_level);
  const Result<Configuration> configuration =
      flags.config.empty() ? Result<Configuration>(default_configuration()) : load_configuration(flags.config);
  if (!configuration) return fail(configuration.error().message);
  if (flags.check_config) {
    std::printf("%s", format_configuration(*configuration).c_str());
    return 0;
  }
  for (const std::string& key : configuration->without_effect) {
    spdlog::warn("configuration key {} has no effect in this version", key);
  }
  Result<ClusterAccess> access = find_cluster_access(flags.kubeconfig);
  if (!access) return fail(access.error().message);

  const Result<std::unique_ptr<RocksdbJournal>> journal = RocksdbJournal::open({configuration->journal_path, nullptr});
  if (!journal) return fail(journal.error().message);
  Result<Restored> restored = restore(**journal);
  if (!restored) return fail(restored.error().message);
  spdlog::info("journal {}: {} events, head {}", configuration->journal_path, restored->head.sequence,
               to_hex(restored->head.hash).substr(0, 16));

  std::random_device entropy;
  ControllerOptions options;
  options.policy = configuration->policy;
  options.configuration = format_configuration(*configuration);
  options.binary = kBinary;
  options.seed = (std::uint64_t{entropy()} << 32) | entropy();
  for (std::uint8_t& byte : options.new_journal.bytes) byte = static_cast<std::uint8_t>(entropy());
  if (const std::optional<DroppedTail> dropped = (*journal)->dropped_tail()) {
    spdlog::error("recovery dropped {} bytes from the end of the journal: {}", dropped->bytes, dropped->detail);
    options.dropped_tail = TailDropped{dropped->bytes, dropped->detail};
  }
  Controller controller(std::move(options), std::move(restored->state), restored->head);
  const Result<std::unique_ptr<Loop>> loop = Loop::create(*configuration, std::move(*access), **journal, controller);
  if (!loop) return fail(loop.error().message);
  return (*loop)->run();
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  CLI::App app("Bandwidth as a strict, schedulable resource: the scheduler extender and its journal.", "bwcontroller");
  bw::Flags flags;
  app.set_version_flag("--version", std::string(bw::kBinary));
  app.add_option("--config", flags.config, "Configuration file (YAML); without it, the defaults");
  app.add_option("--kubeconfig", flags.kubeconfig,
                 "Kubeconfig file; default: $KUBECONFIG, the pod's service account, ~/.kube/config");
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.add_flag("--check-config", flags.check_config, "Check the configuration, print the effective one, and exit");
  CLI11_PARSE(app, argc, argv);
  return bw::run(flags);
}
