#include "tests/support/cluster_view.h"

#include <simdjson.h>

#include <charconv>
#include <set>

namespace bw {
namespace {

namespace dom = simdjson::dom;

std::string text_at(dom::element object, std::string_view pointer) {
  std::string_view text;
  return object.at_pointer(pointer).get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::int64_t number_at(dom::element object, std::string_view pointer) {
  std::int64_t number = 0;
  return object.at_pointer(pointer).get(number) == simdjson::SUCCESS ? number : 0;
}

bool has(dom::element object, std::string_view pointer) {
  return object.at_pointer(pointer).error() == simdjson::SUCCESS;
}

// A field of the condition of that type; "" when there is none.
std::string condition_field(dom::element object, std::string_view type, std::string_view field) {
  dom::array conditions;
  if (object.at_pointer("/status/conditions").get(conditions) != simdjson::SUCCESS) return "";
  for (const dom::element condition : conditions) {
    if (text_at(condition, "/type") == type) return text_at(condition, "/" + std::string(field));
  }
  return "";
}

BitsPerSecond asked(dom::element pod, const std::string& direction) {
  const std::string annotations = "/metadata/annotations/";
  const std::string quantity = text_at(pod, annotations + "kubernetes.io~1" + direction + "-bandwidth");
  const std::string megabits = text_at(pod, annotations + "ovn.kubernetes.io~1" + direction + "_rate");
  if (!quantity.empty()) return read_quantity(quantity).value_or(0);
  return read_quantity(megabits).value_or(0) * kBitsPerMegabit;
}

std::map<std::string, std::string> texts_at(dom::element object, const char* pointer) {
  std::map<std::string, std::string> texts;
  dom::object fields;
  if (object.at_pointer(pointer).get(fields) != simdjson::SUCCESS) return texts;
  for (const auto field : fields) {
    std::string_view text;
    if (field.value.get(text) == simdjson::SUCCESS) texts.emplace(field.key, text);
  }
  return texts;
}

std::string owner_of(dom::element pod) {
  dom::array owners;
  if (pod.at_pointer("/metadata/ownerReferences").get(owners) != simdjson::SUCCESS) return "";
  for (const dom::element owner : owners) {
    bool controller = false;
    if (owner["controller"].get(controller) != simdjson::SUCCESS || !controller) continue;
    const std::string name = text_at(owner, "/name");
    // A Deployment names its ReplicaSets after itself and the hash of their template.
    const std::string hash = text_at(pod, "/metadata/labels/pod-template-hash");
    if (!hash.empty() && name.ends_with("-" + hash)) {
      return "Deployment/" + name.substr(0, name.size() - hash.size() - 1);
    }
    return text_at(owner, "/kind") + "/" + name;
  }
  return "";
}

PodView read_pod(dom::element pod) {
  return {.space = text_at(pod, "/metadata/namespace"),
          .name = text_at(pod, "/metadata/name"),
          .uid = text_at(pod, "/metadata/uid"),
          .node = text_at(pod, "/spec/nodeName"),
          .phase = text_at(pod, "/status/phase"),
          .scheduler = text_at(pod, "/spec/schedulerName"),
          .owner = owner_of(pod),
          .terminating = has(pod, "/metadata/deletionTimestamp"),
          .finalized = has(pod, "/metadata/finalizers"),
          .request = {.ul = asked(pod, "egress"), .dl = asked(pod, "ingress")},
          .scheduled_reason = condition_field(pod, "PodScheduled", "reason"),
          .scheduled_message = condition_field(pod, "PodScheduled", "message"),
          .annotations = texts_at(pod, "/metadata/annotations"),
          .labels = texts_at(pod, "/metadata/labels")};
}

NodeView read_node(dom::element node) {
  return {.name = text_at(node, "/metadata/name"), .ready = condition_field(node, "Ready", "status") == "True"};
}

NodeLinksView read_links(dom::element object, const std::string& pointer) {
  return {.local = {number_at(object, pointer + "/local/ulMbps"), number_at(object, pointer + "/local/dlMbps")},
          .network = {number_at(object, pointer + "/network/ulMbps"), number_at(object, pointer + "/network/dlMbps")}};
}

std::vector<ReservationView> read_reservations(dom::element object) {
  std::vector<ReservationView> views;
  dom::array reservations;
  if (object.at_pointer("/status/reservations").get(reservations) != simdjson::SUCCESS) return views;
  for (const dom::element one : reservations) {
    ReservationView view{
        .pod = text_at(one, "/namespace") + "/" + text_at(one, "/podName"),
        .group = has(one, "/group") ? text_at(one, "/group/kind") + "/" + text_at(one, "/group/name") : "",
        .phase = text_at(one, "/phase")};
    for (const dom::element link : one["links"].get_array()) {
      view.links += (view.links.empty() ? "" : " ") + std::string(link.get_string().value());
    }
    views.push_back(std::move(view));
  }
  return views;
}

BandwidthView read_bandwidth(dom::element object) {
  return {.name = text_at(object, "/metadata/name"),
          .uid = text_at(object, "/metadata/uid"),
          .has_status = has(object, "/status/used"),
          .capacity = read_links(object, "/status/capacity"),
          .used = read_links(object, "/status/used"),
          .available = read_links(object, "/status/available"),
          .pods = number_at(object, "/status/podCount"),
          .overcommitted = condition_field(object, "Overcommitted", "status") == "True",
          .ready_reason = condition_field(object, "Ready", "reason"),
          .reservations = read_reservations(object),
          .journal_id = text_at(object, "/status/journal/id"),
          .sequence = static_cast<Sequence>(number_at(object, "/status/journal/sequence"))};
}

template <class View>
Result<std::vector<View>> read_items(std::string_view json, View (*read)(dom::element)) {
  dom::parser parser;
  dom::array items;
  if (parser.parse(json.data(), json.size()).at_key("items").get(items) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalid, "this is not a list of the API: " + std::string(json.substr(0, 200))};
  }
  std::vector<View> views;
  views.reserve(items.size());
  for (const dom::element item : items) views.push_back(read(item));
  return views;
}

std::optional<std::int64_t> multiplier_of(std::string_view suffix) {
  static const std::map<std::string_view, std::int64_t> kMultipliers = {
      {"", 1},         {"k", 1'000},    {"M", 1'000'000}, {"G", 1'000'000'000}, {"T", 1'000'000'000'000},
      {"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30},  {"Ti", 1LL << 40},    {"P", 1'000'000'000'000'000},
  };
  const auto found = kMultipliers.find(suffix);
  return found == kMultipliers.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Result<std::vector<PodView>> read_pods(std::string_view json) { return read_items(json, read_pod); }
Result<std::vector<NodeView>> read_nodes(std::string_view json) { return read_items(json, read_node); }
Result<std::vector<BandwidthView>> read_bandwidths(std::string_view json) { return read_items(json, read_bandwidth); }

std::optional<BitsPerSecond> read_quantity(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, end);
  const auto multiplier = multiplier_of(end == std::string_view::npos ? "" : text.substr(end));
  const std::size_t point = number.find('.');
  std::string digits(number.substr(0, point));
  std::int64_t divisor = 1;
  if (point != std::string_view::npos) {
    for (const char digit : number.substr(point + 1)) {
      digits += digit;
      divisor *= 10;
    }
  }
  std::int64_t mantissa = 0;
  const auto [parsed, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mantissa);
  if (!multiplier || digits.empty() || digits.size() > 15 || error != std::errc() || *parsed != '\0')
    return std::nullopt;
  const __int128 product = static_cast<__int128>(mantissa) * *multiplier;
  return static_cast<BitsPerSecond>((product + divisor - 1) / divisor);
}

namespace {

bool counts(const PodView& pod) { return !pod.node.empty() && pod.phase != "Succeeded" && pod.phase != "Failed"; }

// "" for none.
std::string group_of(const PodView& pod) {
  const auto named = pod.annotations.find("networking.vaclab.org/group");
  if (named != pod.annotations.end()) return pod.space + "/named/" + named->second;
  return pod.owner.empty() ? "" : pod.space + "/" + pod.owner;
}

void add(NodeUse& use, const PodView& pod) {
  ++use.pods;
  use.rates.ul += pod.request.ul;
  use.rates.dl += pod.request.dl;
}

}  // namespace

std::map<std::string, NodeUse> recount(const std::vector<PodView>& pods) {
  std::map<std::string, NodeUse> nodes;
  for (const PodView& pod : pods) {
    if (counts(pod)) add(nodes[pod.node], pod);
  }
  return nodes;
}

std::map<std::string, NodeUse> recount_spread(const std::vector<PodView>& pods) {
  struct Members {
    int all = 0;
    std::set<std::string> nodes;  // that hold a bound one
  };
  std::map<std::string, Members> groups;
  for (const PodView& pod : pods) {
    Members& members = groups[group_of(pod)];
    ++members.all;
    if (counts(pod)) members.nodes.insert(pod.node);
  }
  std::map<std::string, NodeUse> nodes;
  for (const PodView& pod : pods) {
    const std::string group = group_of(pod);
    const Members& members = groups[group];
    if (counts(pod) && (group.empty() || members.all == 1 || members.nodes.size() > 1)) add(nodes[pod.node], pod);
  }
  return nodes;
}

}  // namespace bw
