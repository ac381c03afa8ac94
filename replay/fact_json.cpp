#include "replay/fact_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "extender/state_json.h"
#include "journal/chain.h"
#include "projections/offered.h"
#include "projections/reason.h"
#include "projections/time_text.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kKinds{
    "UnknownFact",       "JournalCreated",    "ClusterIdentified",  "EpochBegan",       "TermBegan",
    "TermEnded",         "ClockSteppedBack",  "DeadlinePassed",     "SnapshotTaken",    "HistoryCut",
    "HistoryLost",       "TailDropped",       "DecisionsSuspended", "DecisionsResumed", "ResyncBegan",
    "ResyncEnded",       "BookmarkObserved",  "GapOpened",          "GapClosed",        "NodeNumbered",
    "NodeObserved",      "NodeGone",          "WorkloadNumbered",   "WorkloadObserved", "WorkloadGone",
    "NamespaceObserved", "NamespaceGone",     "PodObserved",        "PodGone",          "ObjectUnchanged",
    "BandwidthObserved", "BandwidthGone",     "ObjectUnreadable",   "FilterDecided",    "FilterRepeated",
    "PrioritizeDecided", "BandwidthReserved", "BindRefused",        "BindingConfirmed", "BindingRefused",
    "PodWoken",          "LinkOvercommitted", "LinkRecovered",      "DriftBegan",       "DriftEnded",
    "GroupStuck",        "TakeOverEnded",     "GrantRaised"};
static_assert(kKinds.size() == std::variant_size_v<Fact>);

constexpr std::array kPhases{"Pending", "Running", "Succeeded", "Failed", "Unknown"};
constexpr std::array kDialects{"kubernetes.io", "ovn.kubernetes.io", "qos.projectcalico.org"};
constexpr std::array kObservers{"watch", "list", "filter call", "read"};

template <std::size_t size, class Value>
const char* word(const std::array<const char*, size>& words, Value value) {
  const auto index = static_cast<std::size_t>(value);
  return index < size ? words[index] : "?";
}

class Writer {
 public:
  explicit Writer(const State& state) : state_(state) {}

  Json operator()(const UnknownFact& fact) const { return {{"number", fact.kind}}; }
  Json operator()(const JournalCreated& fact) const { return {{"id", to_hex(fact.id)}}; }
  Json operator()(const ClusterIdentified& fact) const { return {{"uid", fact.uid}}; }
  Json operator()(const EpochBegan& fact) const {
    return {{"binary", fact.binary}, {"rulesVersion", fact.rules_version}, {"configuration", fact.configuration}};
  }
  Json operator()(const TermBegan& fact) const {
    return {{"term", fact.term}, {"holder", fact.holder}, {"continued", fact.continued}};
  }
  Json operator()(const TakeOverEnded&) const { return Json::object(); }
  Json operator()(const TermEnded& fact) const { return {{"reason", fact.reason}}; }
  Json operator()(const ClockSteppedBack& fact) const { return {{"byNanoseconds", fact.by_ns}}; }
  Json operator()(const DeadlinePassed&) const { return Json::object(); }
  Json operator()(const SnapshotTaken& fact) const {
    return {{"of", fact.sequence},
            {"headHash", to_hex(fact.head_hash)},
            {"fileHash", to_hex(fact.file_hash)},
            {"digest", digest_text(fact.state_digest)},
            {"rulesVersion", fact.rules_version},
            {"file", fact.file}};
  }
  Json operator()(const HistoryCut& fact) const {
    return {{"first", fact.first}, {"previousHash", to_hex(fact.previous_hash)}, {"snapshot", fact.snapshot}};
  }
  Json operator()(const HistoryLost& fact) const {
    return {
        {"oldId", to_hex(fact.old_id)}, {"lastReadable", head(fact.last_readable)}, {"knownHead", head(fact.known)}};
  }
  Json operator()(const TailDropped& fact) const { return {{"bytes", fact.bytes}, {"detail", fact.detail}}; }
  Json operator()(const DecisionsSuspended& fact) const { return {{"reason", fact.reason}}; }
  Json operator()(const DecisionsResumed&) const { return Json::object(); }
  Json operator()(const ResyncBegan& fact) const {
    Json json = {{"stream", stream_name(fact.stream)}};
    if (fact.restored) json["restored"] = true;
    return json;
  }
  Json operator()(const ResyncEnded& fact) const { return at(fact.stream, fact.resource_version); }
  Json operator()(const BookmarkObserved& fact) const { return at(fact.stream, fact.resource_version); }
  Json operator()(const GapOpened& fact) const {
    return {{"stream", stream_name(fact.stream)},
            {"since", format_rfc3339(fact.since, 9)},
            {"sinceSequence", fact.since_sequence},
            {"reason", fact.reason}};
  }
  Json operator()(const GapClosed& fact) const {
    return {
        {"stream", stream_name(fact.stream)}, {"changed", fact.changed}, {"added", fact.added}, {"gone", fact.gone}};
  }
  Json operator()(const NodeNumbered& fact) const { return {{"node", fact.name}}; }
  Json operator()(const NodeObserved& fact) const {
    Json json = {{"node", node(fact.node)}, {"uid", fact.uid}, {"resourceVersion", fact.resource_version}};
    if (fact.unschedulable) json["unschedulable"] = true;
    if (fact.allocatable_pods != 0) json["allocatablePods"] = fact.allocatable_pods;
    if (!fact.level_values.empty()) json["levels"] = fact.level_values;
    return json;
  }
  Json operator()(const NodeGone& fact) const { return gone("node", node(fact.node), fact.resource_version); }
  Json operator()(const WorkloadNumbered& fact) const {
    return {{"kind", fact.kind_name}, {"namespace", fact.space}, {"name", fact.name}, {"uid", fact.uid}};
  }
  Json operator()(const WorkloadObserved& fact) const {
    Json json = {{"workload", workload(fact.workload)}, {"resourceVersion", fact.resource_version}};
    if (fact.controller) json["controller"] = workload(*fact.controller);
    if (fact.wanted) json["wanted"] = *fact.wanted;
    return json;
  }
  Json operator()(const WorkloadGone& fact) const {
    return gone("workload", workload(fact.workload), fact.resource_version);
  }
  Json operator()(const NamespaceObserved& fact) const {
    Json json = {{"namespace", fact.name}, {"resourceVersion", fact.resource_version}};
    if (fact.default_ul) json["defaultUlBitsPerSecond"] = *fact.default_ul;
    if (fact.default_dl) json["defaultDlBitsPerSecond"] = *fact.default_dl;
    return json;
  }
  Json operator()(const NamespaceGone& fact) const { return gone("namespace", fact.name, fact.resource_version); }
  Json operator()(const PodObserved& fact) const;
  Json operator()(const PodGone& fact) const { return gone("pod", pod(fact.pod), fact.resource_version); }
  Json operator()(const ObjectUnchanged& fact) const {
    const bool is_pod = fact.stream == Stream::kPods;
    // Only pods and nodes have such events.
    return {{is_pod ? "pod" : "node", is_pod ? pod(PodNumber{fact.number}) : node(NodeNumber{fact.number})},
            {"resourceVersion", fact.resource_version}};
  }
  Json operator()(const BandwidthObserved& fact) const;
  Json operator()(const BandwidthGone& fact) const { return gone("node", node(fact.node), fact.resource_version); }
  Json operator()(const ObjectUnreadable& fact) const {
    return {{"stream", stream_name(fact.stream)},
            {"namespace", fact.space},
            {"name", fact.name},
            {"resourceVersion", fact.resource_version},
            {"problem", fact.problem}};
  }
  Json operator()(const FilterDecided& fact) const;
  Json operator()(const FilterRepeated& fact) const {
    return {{"pod", pod(fact.pod)}, {"attempt", fact.attempt}, {"previous", fact.previous}};
  }
  Json operator()(const PrioritizeDecided& fact) const { return {{"pod", pod(fact.pod)}, {"filter", fact.filter}}; }
  Json operator()(const BandwidthReserved& fact) const {
    Json json = {{"pod", pod(fact.pod)}, {"node", node(fact.node)}};
    add_rates(json, fact.granted);
    if (fact.group.kind == GroupRef::Kind::kNamed) json["group"] = fact.group.name;
    if (fact.group.kind == GroupRef::Kind::kWorkload) json["group"] = workload(fact.group.workload);
    if (fact.all_links) json["allLinks"] = true;
    if (fact.default_ul || fact.default_dl) json["byDefault"] = Json::array();
    if (fact.default_ul) json["byDefault"].push_back("ul");
    if (fact.default_dl) json["byDefault"].push_back("dl");
    return json;
  }
  Json operator()(const BindRefused& fact) const {
    Json json = {{"podUid", fact.uid}, {"node", fact.node_name}};
    if (fact.reason != Reason::kFits) json["reason"] = reason_text(fact.reason);
    return json;
  }
  Json operator()(const BindingConfirmed& fact) const { return {{"pod", pod(fact.pod)}, {"node", node(fact.node)}}; }
  Json operator()(const BindingRefused& fact) const {
    return {{"pod", pod(fact.pod)}, {"node", node(fact.node)}, {"status", fact.status}, {"message", fact.message}};
  }
  Json operator()(const PodWoken& fact) const { return {{"pod", pod(fact.pod)}, {"retry", fact.retry}}; }
  Json operator()(const LinkOvercommitted& fact) const { return link(fact.link); }
  Json operator()(const LinkRecovered& fact) const { return link(fact.link); }
  Json operator()(const GrantRaised& fact) const {
    Json json = {{"pod", pod(fact.pod)}};
    add_rates(json, fact.granted);
    return json;
  }
  Json operator()(const DriftBegan& fact) const {
    Json json = {{"pod", pod(fact.pod)}};
    add_rates(json, fact.requested);
    return json;
  }
  Json operator()(const DriftEnded& fact) const { return {{"pod", pod(fact.pod)}}; }
  Json operator()(const GroupStuck& fact) const {
    Json json = {{"pod", pod(fact.pod)}, {"node", node(fact.node)}};
    add_rates(json, fact.lacking);
    return json;
  }

 private:
  // Version 0: a list found it missing.
  static Json gone(const char* what, Json name, ResourceVersion version) {
    Json json = {{what, std::move(name)}};
    if (version != 0) json["resourceVersion"] = version;
    return json;
  }

  static Json head(const Head& head) { return {{"sequence", head.sequence}, {"headHash", to_hex(head.hash)}}; }

  static Json at(Stream stream, ResourceVersion version) {
    return {{"stream", stream_name(stream)}, {"resourceVersion", version}};
  }

  static void add_rates(Json& json, const Rates& rates) {
    json["ulBitsPerSecond"] = rates.ul;
    json["dlBitsPerSecond"] = rates.dl;
  }
  static Json rates(const Rates& rates) {
    Json json;
    add_rates(json, rates);
    return json;
  }

  Json pod(PodNumber number) const {
    const Pod* known = state_.pods.find(number);
    if (known == nullptr) return static_cast<std::uint32_t>(number);
    return known->identity.space + "/" + known->identity.name;
  }
  Json node(NodeNumber number) const {
    const Node* known = state_.nodes.find(number);
    if (known == nullptr) return static_cast<std::uint32_t>(number);
    return known->name;
  }
  Json workload(WorkloadNumber number) const {
    const Workload* known = state_.workloads.find(number);
    if (known == nullptr) return static_cast<std::uint32_t>(number);
    return known->kind_name + " " + known->space + "/" + known->name;
  }
  Json link(const LinkName& name) const {
    if (name.kind == LinkName::Kind::kUplink) return {{"uplink", name.uplink}};
    return {{"node", node(name.node)}, {"link", name.kind == LinkName::Kind::kLocal ? "local" : "network"}};
  }

  const State& state_;
};

Json Writer::operator()(const PodObserved& fact) const {
  Json json;
  if (fact.identity) {
    json["pod"] = fact.identity->space + "/" + fact.identity->name;
    json["uid"] = fact.identity->uid;
  } else {
    json["pod"] = pod(fact.pod);
  }
  const PodFields& fields = fact.fields;
  json["resourceVersion"] = fact.resource_version;
  json["by"] = word(kObservers, fact.by);
  json["phase"] = word(kPhases, fields.phase);
  if (fields.node) json["node"] = node(*fields.node);
  if (fields.terminating) json["terminating"] = true;
  if (fields.host_network) json["hostNetwork"] = true;
  if (fields.gated) json["gated"] = true;
  if (fields.refused) json["refused"] = true;
  if (fields.interfaces != 1) json["interfaces"] = fields.interfaces;
  if (fields.priority != 0) json["priority"] = fields.priority;
  if (fields.controller) json["controller"] = workload(*fields.controller);
  if (!fields.group.empty()) json["group"] = fields.group;
  if (fields.network_charge) {
    json["networkCharge"] = *fields.network_charge == NetworkCharge::kAlways ? "Always" : "WhenSpread";
  }
  for (const RequestEntry& entry : fields.requests) {
    const char* direction = entry.direction == Direction::kUl ? "ul" : "dl";
    json["requests"].push_back({{"dialect", word(kDialects, entry.dialect)}, {"direction", direction}});
    if (entry.rate) {
      json["requests"].back()["bitsPerSecond"] = *entry.rate;
    } else {
      json["requests"].back()["invalid"] = entry.text;
    }
  }
  if (fields.granted) {
    json["granted"] = Json::object();
    add_rates(json["granted"], *fields.granted);
  }
  if (fields.term != 0) json["term"] = fields.term;
  if (fields.retry != 0) json["retry"] = fields.retry;
  return json;
}

Json Writer::operator()(const BandwidthObserved& fact) const {
  Json json = {{"node", node(fact.node)}, {"resourceVersion", fact.resource_version}, {"generation", fact.generation}};
  const auto add = [&](const char* name, const std::optional<BitsPerSecond>& rate) {
    if (rate) json["capacity"][name] = *rate;
  };
  add("localUlBitsPerSecond", fact.local_ul);
  add("localDlBitsPerSecond", fact.local_dl);
  add("networkUlBitsPerSecond", fact.network_ul);
  add("networkDlBitsPerSecond", fact.network_dl);
  if (fact.max_interfaces) json["maxInterfaces"] = *fact.max_interfaces;
  for (const KeptBack& kept : fact.kept_back) {
    Json one = {{"name", kept.name}, {"local", rates(kept.local)}, {"network", rates(kept.network)}};
    if (kept.until) one["until"] = format_rfc3339(*kept.until, 9);
    json["keptBack"].push_back(std::move(one));
  }
  return json;
}

Json Writer::operator()(const FilterDecided& fact) const {
  Json json = {{"pod", pod(fact.pod)},
               {"attempt", fact.attempt},
               {"offered", resolve_offered(state_, fact.offered).size() + fact.offered.unknown_names.size()},
               {"fitting", fact.fitting},
               {"named", fact.named}};
  if (!fact.offered.unknown_names.empty()) json["unknownNodes"] = fact.offered.unknown_names;
  for (const RefusalCount& refusal : fact.refusals) {
    json["refused"][std::string(reason_text(refusal.reason))] = refusal.nodes;
  }
  return json;
}

}  // namespace

std::string fact_kind(const Fact& fact) { return kKinds[fact.index()]; }

std::vector<std::string> fact_kinds() { return {kKinds.begin(), kKinds.end()}; }

Json fact_json(const State& state, const Fact& fact) { return std::visit(Writer(state), fact); }

std::string pod_of(const State& state, const Fact& fact) {
  const auto name = [](const PodIdentity& identity) { return identity.space + "/" + identity.name; };
  std::optional<PodNumber> number;
  if (const auto* observed = std::get_if<PodObserved>(&fact); observed != nullptr && observed->identity) {
    return name(*observed->identity);
  } else if (const auto* unchanged = std::get_if<ObjectUnchanged>(&fact)) {
    if (unchanged->stream == Stream::kPods) number = PodNumber{unchanged->number};
  } else if (const auto* refused = std::get_if<BindRefused>(&fact)) {
    number = state.find_pod(refused->uid);
  } else {
    std::visit(
        [&](const auto& any) {
          if constexpr (requires { any.pod; }) number = any.pod;
        },
        fact);
  }
  const Pod* pod = number ? state.pods.find(*number) : nullptr;
  return pod == nullptr ? std::string() : name(pod->identity);
}

std::string subject_of(const State& state, const Fact& fact) {
  const std::string pod = pod_of(state, fact);
  if (!pod.empty()) return pod;
  const Json fields = fact_json(state, fact);
  for (const char* key : {"node", "workload", "namespace"}) {
    const auto found = fields.find(key);
    if (found != fields.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

}  // namespace bw::replay
