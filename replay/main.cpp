// bwreplay: reads a journal, live or a copy, and never writes one.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "journal/rocksdb_journal.h"
#include "journal/version.h"
#include "replay/commands.h"

namespace bw::replay {
namespace {

struct Arguments {
  std::string journal = "/var/lib/bandwidth/journal";
  std::string output;
  std::string instant = "end";
  std::string from, to, kind, pod;
  bool skip_decisions = false;
};

Result<Format> format_of(const std::string& name, bool csv_too) {
  if (name.empty() || name == "table") return Format::kTable;
  if (name == "json") return Format::kJson;
  if (name == "csv" && csv_too) return Format::kCsv;
  return Error{ErrorCode::kInvalid, "--output " + name + " is not one of table, json" + (csv_too ? ", csv" : "")};
}

int run(const std::string& command, const Arguments& arguments) {
  const Result<Format> format = format_of(arguments.output, command == "log" || command == "at");
  if (!format) return report(format.error());
  LogOptions log_options;
  Instant instant;
  for (const auto& [text, target] :
       {std::pair(&arguments.from, &log_options.from), std::pair(&arguments.to, &log_options.to),
        std::pair(&arguments.instant, &instant)}) {
    if (text->empty()) continue;
    const Result<Instant> parsed = parse_instant(*text);
    if (!parsed) return report(parsed.error());
    *target = *parsed;
  }
  const std::size_t slash = arguments.pod.find('/');
  if (!arguments.pod.empty() && (slash == std::string::npos || slash == 0 || slash + 1 == arguments.pod.size())) {
    return report({ErrorCode::kInvalid, "\"" + arguments.pod + "\" is no pod: give NAMESPACE/POD"});
  }
  const Result<std::unique_ptr<JournalReader>> journal = RocksdbJournal::open_reader(arguments.journal);
  if (!journal) return report(journal.error());
  if (command == "log") {
    log_options.kind = arguments.kind;
    log_options.pod = arguments.pod;
    return log(**journal, log_options, *format, std::cout);
  }
  if (command == "at") return at(**journal, instant, *format, std::cout);
  if (command == "explain") {
    return explain(**journal, arguments.pod.substr(0, slash), arguments.pod.substr(slash + 1), instant, *format,
                   std::cout);
  }
  return verify(**journal, {!arguments.skip_decisions, isatty(2) != 0}, *format, std::cout);
}

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  CLI::App app("Rebuilds, explains and checks any moment that a journal holds.", "bwreplay");
  app.set_version_flag("--version", std::string(kBinary));
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit codes: 0 it holds, 1 it does not hold, 2 unusable input, 3 unknown.\n"
      "INSTANT is a sequence (1234), a time (2026-11-23T10:00:00Z) or end.");
  Arguments arguments;
  app.add_option("--journal", arguments.journal, "Folder of the journal, also of a running daemon")
      ->capture_default_str();
  app.add_option("-o,--output", arguments.output, "table (default), json; log and at also csv");

  CLI::App* log = app.add_subcommand("log", "The events, one a line");
  log->add_option("--from", arguments.from, "First INSTANT");
  log->add_option("--to", arguments.to, "Last INSTANT");
  log->add_option("--kind", arguments.kind, "Only facts of this kind, e.g. BandwidthReserved");
  log->add_option("--pod", arguments.pod, "Only facts about NAMESPACE/POD");

  CLI::App* at = app.add_subcommand("at", "What every node has used and has left, as of an instant");
  at->add_option("INSTANT", arguments.instant, "Default: end")->capture_default_str();

  CLI::App* explain = app.add_subcommand("explain", "Why a pod was placed where it was, or nowhere");
  explain->add_option("NAMESPACE/POD", arguments.pod, "The pod")->required();
  explain->add_option("--at", arguments.instant, "Its last attempt up to this INSTANT")->capture_default_str();

  CLI::App* verify =
      app.add_subcommand("verify", "Check the chain, fold again, decide again, and say what was checked");
  verify->add_flag("--skip-decisions", arguments.skip_decisions, "Only the chain and the fold");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kHolds : kUnusableInput;
  }
  return run(app.get_subcommands().front()->get_name(), arguments);
}

}  // namespace
}  // namespace bw::replay

int main(int argc, char** argv) { return bw::replay::main(argc, argv); }
