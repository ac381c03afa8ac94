#include "tests/support/scheduler_config.h"

#include <sstream>
#include <string_view>

#include "journal/result.h"

namespace bw {
namespace {

// The key of a line `  - key: value  `, or "" for a comment or an empty line.
std::string key_of(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" -");
  const std::size_t colon = line.find(':');
  if (start == std::string_view::npos || colon == std::string_view::npos || line[start] == '#') return "";
  return std::string(line.substr(start, colon - start));
}

class Lines {
 public:
  explicit Lines(const std::string& text) : text_(text) {}

  void set(const std::string& key, const std::string& value) {
    rewrite(key, [&](const std::string& line) { return line.substr(0, line.find(':')) + ": " + value + "\n"; });
  }
  void remove(const std::string& key) {
    rewrite(key, [](const std::string&) { return std::string(); });
  }
  void remove_from(const std::string& key) {
    const std::size_t start = text_.find("\n" + key + ":");
    check(start != std::string::npos, "the scheduler configuration has no " + key);
    text_.resize(start + 1);
  }
  const std::string& text() const { return text_; }

 private:
  template <class Change>
  void rewrite(const std::string& key, Change change) {
    std::istringstream stream(text_);
    std::string changed;
    bool found = false;
    for (std::string line; std::getline(stream, line);) {
      const bool matches = key_of(line) == key;
      changed += matches ? change(line) : line + "\n";
      found |= matches;
    }
    check(found, "the scheduler configuration has no " + key);
    text_ = changed;
  }

  std::string text_;
};

}  // namespace

std::string scheduler_config(const std::string& shipped, const SchedulerOptions& options,
                             const std::filesystem::path& kubeconfig) {
  Lines lines(shipped);
  lines.set("kubeconfig", kubeconfig.string() + "\n  qps: 5000\n  burst: 10000");
  lines.set("leaderElect", "false");
  lines.set("schedulerName", options.name);
  lines.set("percentageOfNodesToScore", std::to_string(options.percentage_of_nodes_to_score));
  if (options.extender_url.empty()) {
    lines.remove_from("extenders");
  } else {
    lines.set("urlPrefix", options.extender_url);
    if (!options.prioritize) lines.remove("prioritizeVerb");
    if (!options.bind) lines.remove("bindVerb");
    if (!options.preempt) lines.remove("preemptVerb");
  }
  return lines.text();
}

}  // namespace bw
