#include "tests/support/replay_check.h"

#include <simdjson.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "tests/support/child_process.h"
#include "tests/support/programs.h"

namespace bw {
namespace {

namespace dom = simdjson::dom;

Result<std::string> bwreplay(std::vector<std::string> arguments, const std::filesystem::path& journal) {
  const Result<std::filesystem::path> program = product_program("bwreplay");
  if (!program) return program.error();
  arguments.insert(arguments.end(), {"--journal", journal.string(), "--output", "json"});
  const Result<Output> output = run({.program = *program, .arguments = arguments});
  if (!output) return output.error();
  if (output->exit_code > 1) {  // 1: the answer is no
    return Error{ErrorCode::kInvalid, "bwreplay " + arguments.front() + " ended with exit code " +
                                          std::to_string(output->exit_code) + ": " + output->standard_error};
  }
  return output->standard_output;
}

std::string text_at(dom::element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

// 2026-11-23T10:00:00.123456789Z, since 1970.
std::int64_t nanoseconds_of(const std::string& time) {
  std::tm parts{};
  const char* rest = strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S.", &parts);
  return rest == nullptr ? 0 : timegm(&parts) * 1'000'000'000 + std::atoll(std::string(rest, 9).c_str());
}

Result<NodeLinksView> read_rates(dom::element node, std::string_view what, bool round_up) {
  NodeLinksView links;
  const std::pair<const char*, LinkView*> targets[] = {{"local", &links.local}, {"network", &links.network}};
  for (const auto& [link, target] : targets) {
    std::int64_t ul = 0;
    std::int64_t dl = 0;
    if (node[what][link]["ulBitsPerSecond"].get(ul) != simdjson::SUCCESS ||
        node[what][link]["dlBitsPerSecond"].get(dl) != simdjson::SUCCESS) {
      return Error{ErrorCode::kInvalid, "bwreplay at: a node has no " + std::string(what) + "." + link};
    }
    const std::int64_t extra = round_up ? kBitsPerMegabit - 1 : 0;
    *target = {(ul + extra) / kBitsPerMegabit, (dl + extra) / kBitsPerMegabit};
  }
  return links;
}

std::string show(const NodeLinksView& links) {
  return "local " + std::to_string(links.local.ul) + "/" + std::to_string(links.local.dl) + ", network " +
         std::to_string(links.network.ul) + "/" + std::to_string(links.network.dl);
}

}  // namespace

Result<VerifyReport> replay_verify(const std::filesystem::path& journal) {
  const Result<std::string> json = bwreplay({"verify"}, journal);
  if (!json) return json.error();
  dom::parser parser;
  dom::element report;
  std::uint64_t last = 0;
  if (parser.parse(*json).get(report) != simdjson::SUCCESS || report["lastSequence"].get(last) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalid, "bwreplay verify: this is no report: " + json->substr(0, 200)};
  }
  return VerifyReport{.result = text_at(report, "result"), .refold = text_at(report, "refold"), .last_sequence = last};
}

Result<std::map<std::string, NodeAt>> replay_at(const std::filesystem::path& journal, Sequence sequence) {
  const Result<std::string> json = bwreplay({"at", std::to_string(sequence)}, journal);
  if (!json) return json.error();
  return read_at(*json);
}

Result<std::map<std::string, NodeAt>> read_at(std::string_view json) {
  dom::parser parser;
  dom::array nodes;
  if (parser.parse(json.data(), json.size())["nodes"].get(nodes) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalid, "bwreplay at: there are no nodes in " + std::string(json.substr(0, 200))};
  }
  std::map<std::string, NodeAt> result;
  for (const dom::element node : nodes) {
    const auto capacity = read_rates(node, "capacity", false);
    if (!capacity) return capacity.error();
    const auto used = read_rates(node, "used", true);
    if (!used) return used.error();
    const auto available = read_rates(node, "available", false);
    if (!available) return available.error();
    result[text_at(node, "name")] = {.capacity = *capacity, .used = *used, .available = *available};
  }
  return result;
}

Result<std::map<std::string, std::string>> replay_reservations(const std::filesystem::path& journal) {
  const Result<std::string> json = bwreplay({"at", "end"}, journal);
  if (!json) return json.error();
  dom::parser parser;
  dom::array nodes;
  if (parser.parse(*json)["nodes"].get(nodes) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalid, "bwreplay at: there are no nodes in " + json->substr(0, 200)};
  }
  std::map<std::string, std::string> phases;
  for (const dom::element node : nodes) {
    for (const dom::element one : node["reservations"].get_array()) {
      phases[text_at(one, "namespace") + "/" + text_at(one, "podName")] = text_at(one, "phase");
    }
  }
  return phases;
}

Result<std::vector<LoggedFact>> replay_log(const std::filesystem::path& journal, const std::string& kind) {
  std::vector<std::string> arguments{"log"};
  if (!kind.empty()) arguments.insert(arguments.end(), {"--kind", kind});
  const Result<std::string> lines = bwreplay(arguments, journal);
  if (!lines) return lines.error();
  std::vector<LoggedFact> facts;
  dom::parser parser;
  std::istringstream stream(*lines);
  for (std::string line; std::getline(stream, line);) {
    dom::element fact;
    if (parser.parse(line).get(fact) != simdjson::SUCCESS) {
      return Error{ErrorCode::kInvalid, "bwreplay log: this is no fact: " + line.substr(0, 200)};
    }
    const auto number = [&](const char* key) {
      std::uint64_t value = 0;
      return fact[key].get(value) == simdjson::SUCCESS ? value : 0;
    };
    facts.push_back({.sequence = number("sequence"),
                     .time_ns = nanoseconds_of(text_at(fact, "time")),
                     .term = number("term"),
                     .kind = text_at(fact, "kind"),
                     .json = simdjson::minify(fact["fact"].value())});
  }
  return facts;
}

std::vector<std::string> differences(const std::map<std::string, NodeAt>& replayed,
                                     const std::vector<BandwidthView>& live) {
  std::vector<std::string> found;
  for (const BandwidthView& object : live) {
    const auto node = replayed.find(object.name);
    if (node == replayed.end()) {
      found.push_back(object.name + " is not in the journal");
    } else if (!object.has_status) {
      found.push_back(object.name + " has no status yet");
    } else if (node->second.used != object.used || node->second.available != object.available ||
               node->second.capacity != object.capacity) {
      found.push_back(object.name + ": used " + show(node->second.used) + " in the journal, " + show(object.used) +
                      " in the Bandwidth object; available " + show(node->second.available) + " and " +
                      show(object.available));
    }
  }
  return found;
}

}  // namespace bw
