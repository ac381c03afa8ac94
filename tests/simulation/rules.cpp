#include "tests/simulation/rules.h"

#include <algorithm>

namespace bw::simulation {
namespace {

struct Keys {
  Dialect dialect;
  const char* ul;
  const char* dl;
};
constexpr Keys kKeys[] = {
    {Dialect::kKubernetes, "kubernetes.io/egress-bandwidth", "kubernetes.io/ingress-bandwidth"},
    {Dialect::kOvn, "ovn.kubernetes.io/egress_rate", "ovn.kubernetes.io/ingress_rate"},
    {Dialect::kCalico, "qos.projectcalico.org/egressBandwidth", "qos.projectcalico.org/ingressBandwidth"},
};

// Digits and at most one suffix; anything else that is drawn is no valid request.
std::optional<BitsPerSecond> read_number(std::string_view text, BitsPerSecond unit) {
  for (const auto& [suffix, factor] : {std::pair('k', 1'000LL), std::pair('M', 1'000'000LL),
                                       std::pair('G', 1'000'000'000LL), std::pair('T', 1'000'000'000'000LL)}) {
    if (unit != 1 || text.empty() || text.back() != suffix) continue;
    unit = factor;
    text.remove_suffix(1);
    break;
  }
  if (text.empty() || text.size() > 15 || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return std::stoll(std::string(text)) * unit;
}

const std::string* find(const std::map<std::string, std::string>& texts, const std::string& key) {
  const auto found = texts.find(key);
  return found == texts.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<BitsPerSecond> read_rate(Dialect dialect, std::string_view text) {
  const std::optional<BitsPerSecond> rate = read_number(text, dialect == Dialect::kOvn ? 1'000'000 : 1);
  if (!rate || *rate < 1'000 || *rate > 1'000'000'000'000'000) return std::nullopt;
  return rate;
}

NamedRequest named_request(const ModelObject& pod, const Policy& policy) {
  NamedRequest request;
  for (const Keys& keys : kKeys) {
    if (std::find(policy.dialects.begin(), policy.dialects.end(), keys.dialect) == policy.dialects.end()) continue;
    for (const auto& [key, named] : {std::pair(keys.ul, &request.ul), std::pair(keys.dl, &request.dl)}) {
      const std::string* text = find(pod.annotations, key);
      if (text == nullptr) continue;
      const std::optional<BitsPerSecond> rate = read_rate(keys.dialect, *text);
      if (!rate || (*named && **named != *rate)) request.invalid = true;
      if (rate) *named = rate;
    }
  }
  return request;
}

std::optional<Rates> read_granted(const ModelObject& pod) {
  const std::string* text = find(pod.annotations, "networking.vaclab.org/granted");
  if (text == nullptr) return std::nullopt;
  const std::size_t comma = text->find(",dl=");
  if (!text->starts_with("ul=") || comma == std::string::npos) return std::nullopt;
  return Rates{std::stoll(text->substr(3, comma - 3)), std::stoll(text->substr(comma + 4))};
}

std::optional<BitsPerSecond> namespace_default(const ModelObject& space, bool ul) {
  const std::string* text = find(space.annotations, ul ? "networking.vaclab.org/default-egress-bandwidth"
                                                       : "networking.vaclab.org/default-ingress-bandwidth");
  if (text == nullptr) return std::nullopt;
  if (*text == "0" || *text == "0M") return 0;
  return read_rate(Dialect::kKubernetes, *text).value_or(-1);
}

std::uint32_t interfaces_of(const ModelObject& pod) {
  if (pod.host_network) return 0;
  const std::string* networks = find(pod.annotations, "k8s.v1.cni.cncf.io/networks");
  return networks == nullptr ? 1 : 3;  // two are named wherever some are
}

std::optional<std::uint32_t> wanted_by(const ModelObject& workload) {
  if (workload.stream == Stream::kDeployments || workload.stream == Stream::kStatefulSets) {
    return workload.replicas.value_or(1);
  }
  if (workload.stream != Stream::kJobs) return std::nullopt;
  const std::uint32_t at_once = workload.parallelism.value_or(1);
  return std::min(at_once, workload.completions.value_or(at_once));
}

}  // namespace bw::simulation
