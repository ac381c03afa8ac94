#include "projections/reason.h"

#include <array>

namespace bw {
namespace {

constexpr std::array<std::string_view, kReasonCount> kTexts{
    "",
    "bandwidth request is invalid",
    "no bandwidth capacity recorded for node",
    "link is overcommitted",
    "insufficient local uplink bandwidth",
    "insufficient local downlink bandwidth",
    "insufficient network uplink bandwidth",
    "insufficient network downlink bandwidth",
    "insufficient bandwidth above the node",
    "placing here would overcommit the network link of a node that hosts group members",
    "node interface limit reached",
    "bandwidth is reserved on another node",
};

}  // namespace

std::string_view reason_text(Reason reason) { return kTexts[static_cast<std::size_t>(reason)]; }

bool bears_reason(std::string_view message) {
  for (std::string_view text : kTexts) {
    if (!text.empty() && message.find(text) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace bw
