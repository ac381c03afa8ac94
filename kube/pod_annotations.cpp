#include "kube/pod_annotations.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <nlohmann/json.hpp>

#include "projections/quantity.h"
#include "projections/request.h"
#include "utf8.h"

namespace bw {
namespace {

constexpr std::string_view kOurs = "networking.vaclab.org/";
constexpr std::string_view kNetworks = "k8s.v1.cni.cncf.io/networks";
constexpr std::size_t kTextLimit = 64;

template <class Number>
std::optional<Number> parse_decimal(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Kube-OVN reads its rates with Go's strconv.Atoi: a sign and decimal digits, nothing else.
std::optional<BitsPerSecond> parse_megabits(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  const std::optional<std::int64_t> megabits = parse_decimal<std::int64_t>(text);
  if (!megabits || *megabits < 0 || *megabits > kLargestRequest / kBitsPerMegabit) return std::nullopt;
  return *megabits * kBitsPerMegabit;
}

void read_request(std::string_view key, std::string_view value, PodFields& fields) {
  for (const Dialect dialect : {Dialect::kKubernetes, Dialect::kOvn, Dialect::kCalico}) {
    for (const Direction direction : {Direction::kUl, Direction::kDl}) {
      if (key != annotation_key(dialect, direction)) continue;
      RequestEntry entry{dialect, direction, parse_request(dialect, value), {}};
      if (!entry.rate) entry.text = cut_utf8(value, kTextLimit);
      fields.requests.push_back(std::move(entry));
      return;
    }
  }
}

void read_our_annotation(std::string_view name, std::string_view value, PodFields& fields) {
  if (name == "group") {
    fields.group = value;
  } else if (name == "network-charge") {
    fields.network_charge = value == "WhenSpread" ? NetworkCharge::kWhenSpread : NetworkCharge::kAlways;
  } else if (name == "granted") {
    fields.granted = parse_granted(value);
  } else if (name == "retry") {
    fields.retry = parse_decimal<std::uint32_t>(value).value_or(0);
  } else if (name == "term") {
    fields.term = parse_decimal<std::uint64_t>(value).value_or(0);
  }
}

}  // namespace

std::optional<BitsPerSecond> parse_request(Dialect dialect, std::string_view text) {
  std::optional<BitsPerSecond> rate;
  if (dialect == Dialect::kOvn) {
    rate = parse_megabits(text);
  } else if (const Result<std::int64_t> quantity = parse_quantity(text)) {
    rate = *quantity;
  }
  if (!rate || *rate < kSmallestRequest || *rate > kLargestRequest) return std::nullopt;
  return rate;
}

void read_pod_annotation(std::string_view key, std::string_view value, PodFields& fields) {
  if (key.starts_with(kOurs)) return read_our_annotation(key.substr(kOurs.size()), value, fields);
  if (key == kNetworks) {
    fields.interfaces = 1 + count_networks(value);
    return;
  }
  read_request(key, value, fields);
}

BitsPerSecond parse_namespace_default(std::string_view text) {
  const Result<std::int64_t> quantity = parse_quantity(text);
  if (quantity && *quantity == 0) return 0;
  return parse_request(Dialect::kKubernetes, text).value_or(-1);
}

std::uint32_t count_networks(std::string_view text) {
  // Multus takes the annotation for JSON if it has one of these.
  if (text.find_first_of("[{\"") != std::string_view::npos) {
    const nlohmann::json list = nlohmann::json::parse(text, nullptr, false);
    return list.is_array() ? static_cast<std::uint32_t>(list.size()) : 1;
  }
  std::uint32_t count = 0;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    if (name.find_first_not_of(" \t\n") != std::string_view::npos) ++count;
    text.remove_prefix(std::min(text.size(), name.size() + 1));
  }
  return count;
}

}  // namespace bw
