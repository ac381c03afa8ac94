#include "projections/request.h"

#include <array>
#include <charconv>

#include "projections/quantity.h"

namespace bw {
namespace {

constexpr std::string_view kKeys[kDialectCount][2] = {
    {"kubernetes.io/egress-bandwidth", "kubernetes.io/ingress-bandwidth"},
    {"ovn.kubernetes.io/egress_rate", "ovn.kubernetes.io/ingress_rate"},
    {"qos.projectcalico.org/egressBandwidth", "qos.projectcalico.org/ingressBandwidth"},
};

struct Resolved {
  BitsPerSecond rate = 0;
  bool by_default = false;
};

bool reads(const Policy& policy, Dialect dialect) {
  for (Dialect known : policy.dialects) {
    if (known == dialect) return true;
  }
  return false;
}

std::string_view direction_name(Direction direction) { return direction == Direction::kUl ? "egress" : "ingress"; }

// A default is written to the pod in the policy's dialect; where that knows only whole Mbit/s the grant is rounded
// up, so that what the CNI shapes is what is charged.
BitsPerSecond writable(BitsPerSecond rate, Dialect dialect) {
  if (dialect != Dialect::kOvn) return rate;
  return (rate + kBitsPerMegabit - 1) / kBitsPerMegabit * kBitsPerMegabit;
}

Resolved resolve_direction(const std::vector<RequestEntry>& entries, Direction direction,
                           std::optional<BitsPerSecond> space_default, BitsPerSecond policy_default,
                           const Policy& policy, std::string& problem) {
  const RequestEntry* named = nullptr;
  for (const RequestEntry& entry : entries) {
    if (entry.direction != direction || !reads(policy, entry.dialect) || !problem.empty()) continue;
    const std::string_view key = annotation_key(entry.dialect, direction);
    if (!entry.rate) {
      problem = std::string(key) + ": \"" + entry.text + "\" is not a rate from 1k to 1P";
    } else if (named != nullptr && *named->rate != *entry.rate) {
      problem = std::string(annotation_key(named->dialect, direction)) + " and " + std::string(key) +
                " disagree: " + std::to_string(*named->rate) + " and " + std::to_string(*entry.rate) + " bit/s";
    } else {
      named = &entry;
    }
  }
  if (!problem.empty()) return {};
  if (named != nullptr) return {*named->rate, false};
  if (space_default && *space_default < 0) {
    problem = "the namespace's annotation networking.vaclab.org/default-" + std::string(direction_name(direction)) +
              "-bandwidth is not a rate from 1k to 1P";
    return {};
  }
  return {writable(space_default.value_or(policy_default), policy.write_dialect), true};
}

std::string restated(BitsPerSecond rate, Dialect dialect) {
  return dialect == Dialect::kOvn ? std::to_string(rate / kBitsPerMegabit) : format_quantity(rate);
}

std::optional<BitsPerSecond> take_rate(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  BitsPerSecond rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc{} || rate < 0 || rate > kLargestRequest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return rate;
}

}  // namespace

std::string_view annotation_key(Dialect dialect, Direction direction) {
  return kKeys[static_cast<std::size_t>(dialect)][static_cast<std::size_t>(direction)];
}

Request resolve_request(const std::vector<RequestEntry>& entries, const NamespaceDefaults& defaults,
                        const Policy& policy) {
  Request request;
  const Resolved ul =
      resolve_direction(entries, Direction::kUl, defaults.ul, policy.default_request.ul, policy, request.problem);
  const Resolved dl =
      resolve_direction(entries, Direction::kDl, defaults.dl, policy.default_request.dl, policy, request.problem);
  if (!request.valid()) return request;
  request.rates = {ul.rate, dl.rate};
  request.default_ul = ul.by_default;
  request.default_dl = dl.by_default;
  return request;
}

std::vector<std::pair<std::string, std::string>> granted_annotations(const std::vector<RequestEntry>& entries,
                                                                     Rates granted, bool default_ul, bool default_dl,
                                                                     const Policy& policy) {
  std::vector<std::pair<std::string, std::string>> annotations;
  if (granted.ul == 0 && granted.dl == 0) return annotations;
  const auto restate = [&](Direction direction, BitsPerSecond rate, bool by_default) {
    if (rate == 0) return;
    bool said = false;
    for (const RequestEntry& entry : entries) {
      if (by_default || entry.direction != direction || !reads(policy, entry.dialect)) continue;
      annotations.emplace_back(annotation_key(entry.dialect, direction), restated(rate, entry.dialect));
      said = true;
    }
    if (said) return;
    annotations.emplace_back(annotation_key(policy.write_dialect, direction), restated(rate, policy.write_dialect));
  };
  restate(Direction::kUl, granted.ul, default_ul);
  restate(Direction::kDl, granted.dl, default_dl);
  annotations.emplace_back("networking.vaclab.org/granted", format_granted(granted));
  return annotations;
}

std::vector<std::pair<std::string, std::string>> default_annotations(const Request& request, const Policy& policy) {
  std::vector<std::pair<std::string, std::string>> annotations;
  const auto write = [&](Direction direction, BitsPerSecond rate, bool by_default) {
    if (!by_default || rate == 0) return;
    annotations.emplace_back(annotation_key(policy.write_dialect, direction), restated(rate, policy.write_dialect));
  };
  write(Direction::kUl, request.rates.ul, request.default_ul);
  write(Direction::kDl, request.rates.dl, request.default_dl);
  return annotations;
}

std::string format_granted(Rates granted) {
  return "ul=" + std::to_string(granted.ul) + ",dl=" + std::to_string(granted.dl);
}

std::optional<Rates> parse_granted(std::string_view text) {
  const std::optional<BitsPerSecond> ul = take_rate(text, "ul=");
  if (!ul) return std::nullopt;
  const std::optional<BitsPerSecond> dl = take_rate(text, ",dl=");
  if (!dl || !text.empty()) return std::nullopt;
  return Rates{*ul, *dl};
}

}  // namespace bw
