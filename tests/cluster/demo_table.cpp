#include "demo_table.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace bw {
namespace {

constexpr std::size_t kNodesShown = 20;
constexpr std::size_t kBarWidth = 30;

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

std::string right(std::int64_t number, std::size_t width) {
  const std::string text = std::to_string(number);
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string bar(std::int64_t part, std::int64_t whole) {
  const std::int64_t width = static_cast<std::int64_t>(kBarWidth);
  const std::int64_t filled = whole <= 0 ? 0 : std::min(width, part * width / whole);
  return std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(width - filled), '.');
}

}  // namespace

DemoTable::DemoTable(const DemoLoad& load) : load_(load), on_terminal_(isatty(STDOUT_FILENO) == 1) {}

void DemoTable::show(const Snapshot& snapshot, const std::string& daemon, int polls, std::int64_t worst_mbps) {
  if (!on_terminal_) {
    const std::string now = line(snapshot, daemon);
    if (now != last_line_) {
      const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began_);
      std::printf("%4lld s  %s\n", static_cast<long long>(elapsed.count()), now.c_str());
    }
    last_line_ = now;
  } else {
    const std::string text = table(snapshot, daemon, polls, worst_mbps);
    if (lines_drawn_ > 0) std::printf("\x1b[%zuA", lines_drawn_);  // back to the first line
    std::printf("%s", text.c_str());
    lines_drawn_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  std::fflush(stdout);
}

std::string DemoTable::line(const Snapshot& snapshot, const std::string& daemon) const {
  return "bound " + right(snapshot.bound, 5) + " of " + std::to_string(load_.fits()) + " that fit, pending " +
         right(snapshot.pending, 5) + "; bwcontroller: " + daemon;
}

std::string DemoTable::table(const Snapshot& snapshot, const std::string& daemon, int polls,
                             std::int64_t worst_mbps) const {
  constexpr const char* kEndOfLine = "\x1b[K\n";  // clears what was longer before
  std::string text = padded("node", 12) + "  pods   used   left  of network Mbps, from pods" + kEndOfLine;
  for (std::size_t i = 0; i < std::min(kNodesShown, snapshot.bandwidths.size()); ++i) {
    const BandwidthView& node = snapshot.bandwidths[i];
    text += padded(node.name, 12) + right(node.pods, 6) + right(node.used.network.ul, 7) +
            right(node.available.network.ul, 7) + "  " + bar(node.used.network.ul, node.capacity.network.ul) +
            (node.overcommitted ? " OVERCOMMITTED" : "") + kEndOfLine;
  }
  if (snapshot.bandwidths.size() > kNodesShown) {
    text += "and " + std::to_string(snapshot.bandwidths.size() - kNodesShown) + " more nodes" + kEndOfLine;
  }
  text += line(snapshot, daemon) + kEndOfLine;
  text += "overcommitted by at most " + std::to_string(worst_mbps) + " Mbps in " + std::to_string(polls) + " recounts" +
          kEndOfLine;
  return text;
}

}  // namespace bw
