// bwcontroller: builds every object, passes references, and runs the loop. Objects end in the reverse order.

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "controller/configuration.h"
#include "controller/controller.h"
#include "controller/loop.h"
#include "controller/restore.h"
#include "journal/chain.h"
#include "journal/rocksdb_journal.h"
#include "journal/set_aside.h"
#include "journal/space_reserve.h"
#include "journal/version.h"
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

// As many files as this process may have: connections must never take those that the journal needs, whose failure
// would end it. Many systems set the soft limit to 1,024 for the sake of programs that use select().
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) spdlog::warn("the limit of open files could not be raised");
}

Timestamp wall_clock() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("bwcontroller");
}

// Who we are among replicas. The journal is part of the identity: whoever has it, and its lock, is the successor of
// whoever had it before.
LeadershipOptions leadership_options(const Configuration& configuration, const ClusterAccess& access,
                                     const JournalId& journal) {
  LeadershipOptions options;
  options.elected = configuration.leader_election;
  options.pod_name = environment("POD_NAME");
  options.pod_space = environment("POD_NAMESPACE");
  options.lease.space = !configuration.kube_namespace.empty() ? configuration.kube_namespace
                        : !access.space.empty()               ? access.space
                                                              : std::string("default");
  const std::string replica = options.pod_name.empty() ? host_name() : options.pod_name;
  options.lease.identity = replica + "_" + to_hex(journal).substr(0, 16);
  return options;
}

JournalId random_journal_id(std::random_device& entropy) {
  JournalId id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(entropy());
  return id;
}

// Opening a journal writes: it must not fail for want of what was set aside for it.
void give_up_reserve_if_full(const std::string& journal_path) {
  const SpaceLimits limits;
  const SpaceReserve reserve(journal_path, limits.reserve);
  const Result<std::uint64_t> free = reserve.free_bytes();  // a folder that is not there yet has no reserve
  if (!free || *free >= limits.give_up_below || !reserve.give_up()) return;
  spdlog::warn("the journal's disk has {} MiB left: the reserve beside the journal is given up", *free >> 20);
}

// One life of the journal: until the daemon ends, or the journal must be set aside.
Result<Loop::Ended> live(const Configuration& configuration, const ClusterAccess& access,
                         const std::optional<HistoryLost>& history_lost) {
  give_up_reserve_if_full(configuration.journal_path);
  const Result<std::unique_ptr<RocksdbJournal>> journal = RocksdbJournal::open({configuration.journal_path, nullptr});
  if (!journal) return journal.error();
  Result<Restored> restored = restore(**journal);
  if (!restored) return restored.error();
  for (const std::string& sentence : restored->not_usable) spdlog::warn("a snapshot is passed over: {}", sentence);
  spdlog::info("journal {}: {} events, head {}, restored from {}", configuration.journal_path, restored->head.sequence,
               to_hex(restored->head.hash).substr(0, 16),
               restored->from_snapshot == 0 ? "all of them"
                                            : "the snapshot of event " + std::to_string(restored->from_snapshot));

  std::random_device entropy;
  ControllerOptions options;
  options.policy = configuration.policy;
  options.configuration = format_configuration(configuration);
  options.binary = kBinary;
  options.instance = host_name();
  options.seed = (std::uint64_t{entropy()} << 32) | entropy();
  options.new_journal = random_journal_id(entropy);
  options.history_lost = history_lost;
  options.journal = journal->get();
  if (const std::optional<DroppedTail> dropped = (*journal)->dropped_tail()) {
    spdlog::error("recovery dropped {} bytes from the end of the journal: {}", dropped->bytes, dropped->detail);
    options.dropped_tail = TailDropped{dropped->bytes, dropped->detail};
  }
  const JournalId id = restored->head.sequence == 0 ? options.new_journal : restored->state->journal;
  options.leadership = leadership_options(configuration, access, id);
  Controller controller(std::move(options), std::move(restored->state), restored->head);
  const Result<std::unique_ptr<Loop>> loop = Loop::create(configuration, access, **journal, controller);
  if (!loop) return loop.error();
  return (*loop)->run();
}

int run(const Flags& flags) {
  set_up_log(flags.log_level);
  raise_file_limit();
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
  const Result<ClusterAccess> access = find_cluster_access(flags.kubeconfig);
  if (!access) return fail(access.error().message);

  std::optional<HistoryLost> history_lost;
  while (true) {
    const Result<Loop::Ended> ended = live(*configuration, *access, history_lost);
    if (!ended) return fail(ended.error().message);
    if (!ended->set_aside) return ended->exit_code;
    history_lost = ended->set_aside;
    const Result<std::string> aside = set_journal_aside(configuration->journal_path, wall_clock());
    if (!aside) return fail(aside.error().message);
    spdlog::error(
        "the journal, which ends at event {}, does not lead to the head that it published at event {}: it was set "
        "aside as {}, and a new one begins",
        history_lost->last_readable.sequence, history_lost->known.sequence, *aside);
  }
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
