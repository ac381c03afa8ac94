#include "replay/command_line.h"

#include <algorithm>
#include <fstream>
#include <iostream>

#include "journal/version.h"
#include "replay/arguments.h"

namespace bw::replay {
namespace {

constexpr const char* kInstants =
    "INSTANT is a sequence (1234), a time (2026-11-23T10:00:00Z), start, end, or a distance from them\n"
    "(start+30s, end-1h30m; +30s and -1h30m are short for them).\n"
    "Exit codes: 0 it holds, 1 it does not hold, 2 unusable input, 3 unknown.";

Result<std::pair<std::string, std::string>> parse_pod(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    return Error{ErrorCode::kInvalid, "\"" + text + "\" is no pod: give NAMESPACE/POD"};
  }
  return std::pair(text.substr(0, slash), text.substr(slash + 1));
}

// One a line; empty lines and what follows a # do not count.
Result<void> read_anchors(std::istream& in, const std::string& name, std::vector<KnownHead>& anchors) {
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    line.erase(std::min(line.find('#'), line.size()));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.empty()) continue;
    const Result<KnownHead> anchor = parse_known_head(line);
    if (!anchor) {
      return Error{anchor.error().code, name + ", line " + std::to_string(number) + ": " + anchor.error().message};
    }
    anchors.push_back(*anchor);
  }
  if (in.bad()) return Error{ErrorCode::kIo, name + " cannot be read"};
  return {};
}

Result<std::vector<KnownHead>> anchors_of(const Arguments& arguments) {
  std::vector<KnownHead> anchors;
  for (const std::string& text : arguments.anchors) {
    const Result<KnownHead> anchor = parse_known_head(text);
    if (!anchor) return anchor.error();
    anchors.push_back(*anchor);
  }
  if (arguments.anchor_file == "-") {
    if (const Result<void> read = read_anchors(std::cin, "standard input", anchors); !read) return read.error();
  } else if (!arguments.anchor_file.empty()) {
    std::ifstream file(arguments.anchor_file);
    if (!file) return Error{ErrorCode::kNotFound, arguments.anchor_file + " cannot be read: give a file of anchors"};
    if (const Result<void> read = read_anchors(file, arguments.anchor_file, anchors); !read) return read.error();
  }
  return anchors;
}

Result<CommandLine> check(const Arguments& arguments, const std::string& command) {
  CommandLine line;
  line.command = command;
  line.journal = arguments.journal;
  line.url = arguments.url;
  line.token_file = arguments.token_file;
  line.shell = arguments.shell;
  line.follow = arguments.follow;
  if (arguments.output == "json") line.format = Format::kJson;
  if (arguments.output == "csv") line.format = Format::kCsv;
  const auto instant = [](const std::string& text, auto& target) -> Result<void> {
    if (text.empty()) return {};
    const Result<Instant> parsed = parse_instant(text);
    if (!parsed) return parsed.error();
    target = *parsed;
    return {};
  };
  if (const Result<void> parsed = instant(arguments.from, line.log.from); !parsed) return parsed.error();
  if (const Result<void> parsed = instant(arguments.to, line.log.to); !parsed) return parsed.error();
  if (const Result<void> parsed = instant(arguments.instant, line.at.instant); !parsed) return parsed.error();
  line.explain.instant = line.at.instant;
  line.audit.from.base = Instant::Base::kStart;
  line.audit.from.text = "start";
  if (line.log.from) line.audit.from = *line.log.from;
  if (line.log.to) line.audit.to = *line.log.to;
  line.audit.strict = arguments.strict;
  line.at.reservations = arguments.reservations;
  if (!arguments.pod.empty()) {
    const Result<std::pair<std::string, std::string>> pod = parse_pod(arguments.pod);
    if (!pod) return pod.error();
    line.log.pod = arguments.pod;
    line.explain.space = pod->first;
    line.explain.pod = pod->second;
  }
  line.log.kind = arguments.kind;
  line.explain.attempt = arguments.attempt;
  line.verify.decisions = !arguments.skip_decisions;
  Result<std::vector<KnownHead>> anchors = anchors_of(arguments);
  if (!anchors) return anchors.error();
  line.verify.anchors = std::move(*anchors);
  return line;
}

}  // namespace

void describe(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", std::string(kBinary));
  app.require_subcommand(0, 1);  // none is told apart from one that there is not
  app.fallthrough();
  app.footer(std::string(kInstants) + "\nbwreplay COMMAND --help shows examples.");
  app.add_option("--journal", arguments.journal, "Folder of the journal, also of a running daemon")
      ->envname("BWREPLAY_JOURNAL")
      ->capture_default_str()
      ->type_name("DIR");
  app.add_option("--url", arguments.url, "Of a running daemon's operations, instead of a folder: http://10.0.0.7:9440")
      ->type_name("URL");
  app.add_option("--token-file", arguments.token_file, "File with the bearer token that --url needs beyond loopback")
      ->needs("--url")
      ->type_name("FILE");
  app.add_option("-o,--output", arguments.output, "How to write the answer")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str()
      ->type_name("FORMAT");

  CLI::App* log = app.add_subcommand("log", "The events, one a line");
  log->add_option("--from", arguments.from, "First INSTANT")->type_name("INSTANT");
  log->add_option("--to", arguments.to, "Last INSTANT")->type_name("INSTANT");
  log->add_option("--kind", arguments.kind, "Only facts of this kind, as BandwidthReserved")->type_name("KIND");
  log->add_option("--pod", arguments.pod, "Only facts about this pod")->type_name("NAMESPACE/POD");
  log->add_flag("-f,--follow", arguments.follow, "Go on with what is written from now on, until interrupted");
  log->footer(
      "Examples:\n"
      "  bwreplay log --from end-5m\n"
      "  bwreplay log --pod lab/peers-0\n"
      "  bwreplay log --kind LinkOvercommitted --output json | jq .fact\n"
      "  bwreplay log --from end --follow");

  CLI::App* at = app.add_subcommand("at", "What every node has used and has left, as of an instant");
  at->add_option("INSTANT", arguments.instant, "As of when")->capture_default_str()->type_name("");
  at->add_flag("--reservations", arguments.reservations,
               "In a table or CSV: one row for each reservation, not for each node");
  at->footer(
      "Examples:\n"
      "  bwreplay at\n"
      "  bwreplay at 2026-11-23T10:00:00Z\n"
      "  bwreplay at 1234 --reservations\n"
      "  bwreplay at end-5m --output json | jq '.nodes[] | {name, used, available}'");

  CLI::App* explain = app.add_subcommand("explain", "Why a pod was placed where it was, or nowhere");
  explain->add_option("NAMESPACE/POD", arguments.pod, "The pod")->required()->type_name("");
  explain->add_option("--at", arguments.instant, "Its last attempt up to this INSTANT")
      ->capture_default_str()
      ->type_name("INSTANT");
  explain->add_option("--attempt", arguments.attempt, "This attempt; they are listed by number")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  explain->footer(
      "Examples:\n"
      "  bwreplay explain lab/peers-0\n"
      "  bwreplay explain lab/peers-0 --attempt 1\n"
      "  bwreplay explain lab/peers-0 --at 2026-11-23T10:00:00Z --output json");

  CLI::App* audit =
      app.add_subcommand("audit", "Whether any link carried more than its capacity: pass, fail or unknown");
  audit->add_option("--from", arguments.from, "From this INSTANT on [start]")->type_name("INSTANT");
  audit->add_option("--to", arguments.to, "Up to this INSTANT [end]")->type_name("INSTANT");
  audit->add_flag("--strict", arguments.strict, "As if every group were charged on all links");
  audit->footer(
      "Fails on every link that carried too much, whoever caused it. Where the recorder was blind nothing passes.\n"
      "Examples:\n"
      "  bwreplay audit\n"
      "  bwreplay audit --from 2026-11-23T10:00:00Z --to 2026-11-23T11:00:00Z\n"
      "  bwreplay audit --from end-1h --strict --output json | jq .breaches\n"
      "  bwreplay audit && echo 'no link was ever over'");

  CLI::App* verify =
      app.add_subcommand("verify", "Check the chain, fold again, decide again, and say what was checked");
  verify->add_flag("--skip-decisions", arguments.skip_decisions, "Only the chain and the fold");
  verify->add_option("--anchor", arguments.anchors, "A head that is known from elsewhere; may be repeated")
      ->take_all()
      ->expected(1)
      ->type_name("ID:SEQUENCE:HASH");
  verify->add_option("--anchors", arguments.anchor_file, "A file of them, one a line; - is standard input")
      ->type_name("FILE");
  verify->footer(
      "Examples:\n"
      "  bwreplay verify\n"
      "  kubectl get bandwidths -o jsonpath='{range "
      ".items[*].status.journal}{.id}:{.sequence}:{.headHash}{\"\\n\"}{end}' |\n"
      "    bwreplay verify --anchors -");

  CLI::App* completion = app.add_subcommand("completion", "A script that completes commands and options");
  completion->add_option("SHELL", arguments.shell, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  completion->footer(
      "Examples:\n"
      "  source <(bwreplay completion bash)\n"
      "  bwreplay completion zsh > \"${fpath[1]}/_bwreplay\"\n"
      "  bwreplay completion fish > ~/.config/fish/completions/bwreplay.fish");
}

std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, ExitCode& exit_code) {
  CLI::App app("Rebuilds, explains and checks any moment that a journal holds.", "bwreplay");
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? kHolds : kUnusableInput;
    return std::nullopt;
  }
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    exit_code = kUnusableInput;
    return std::nullopt;
  }
  Result<CommandLine> line = check(arguments, app.get_subcommands().front()->get_name());
  if (line) return std::move(*line);
  std::cerr << "bwreplay: " << line.error().message << "\n";
  exit_code = kUnusableInput;
  return std::nullopt;
}

}  // namespace bw::replay
