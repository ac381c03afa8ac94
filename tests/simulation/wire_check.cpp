#include "tests/simulation/wire_check.h"

#include <nlohmann/json.hpp>

#include "journal/chain.h"

namespace bw::simulation {
namespace {

using Json = nlohmann::json;

constexpr std::pair<Dialect, std::pair<const char*, const char*>> kKeys[] = {
    {Dialect::kKubernetes, {"kubernetes.io/egress-bandwidth", "kubernetes.io/ingress-bandwidth"}},
    {Dialect::kOvn, {"ovn.kubernetes.io/egress_rate", "ovn.kubernetes.io/ingress_rate"}},
    {Dialect::kCalico, {"qos.projectcalico.org/egressBandwidth", "qos.projectcalico.org/ingressBandwidth"}},
};

}  // namespace

void WireCheck::started(const Controller& controller) {
  for (const ModelObject& pod : std::exchange(bound_while_down_, {})) {
    if (store_.present(pod)) check_reserved(controller.state(), pod, "while the daemon was down");
  }
}

void WireCheck::sends(const ApiRequest& request) {
  if (is_binding(request)) return check_binding(request);
  if (request.method != Method::kPatch) return;
  if (request.target.ends_with("/status")) return check_status(request);
  if (request.body.find("networking.vaclab.org/term") != std::string::npos) {
    return world_.coverage.count(Counter::kFencePatches);
  }
  check_wake_up(request);
}

void WireCheck::check_binding(const ApiRequest& request) {
  const ModelBinding binding = read_binding(request);
  const std::string what = "the Binding of " + binding.name + " to " + binding.node;
  world_.coverage.count(Counter::kBindingsSent);
  if (!sent_.insert({binding.uid, binding.resource_version}).second) world_.coverage.count(Counter::kBindingsResent);
  if (binding.uid.empty() || binding.resource_version == 0)
    return world_.fail("R14", what + " names no uid or version");
  const auto found = journal_.grants().find(binding.uid);
  if (found == journal_.grants().end() || found->second.node != binding.node) {
    return world_.fail("R14", what + " has no reservation");
  }
  const RecordedGrant& grant = found->second;
  if (grant.sequence > daemon_.disk().synced()) {
    return world_.fail(
        "R14", what + " is sent before its reservation, sequence " + std::to_string(grant.sequence) + ", is durable");
  }
  const std::optional<PodNumber> number = journal_.state().find_pod(binding.uid);
  const Pod* pod = number ? journal_.state().pods.find(*number) : nullptr;
  if (pod == nullptr || !pod->placement || journal_.state().nodes.at(pod->placement->node).name != binding.node) {
    return world_.fail("R14", what + " serves a reservation that has ended");
  }
  const VersionPtr truth = store_.find(Stream::kPods, binding.space, binding.name);
  if (truth && (*truth)->uid == binding.uid) {
    check_rivals(**truth, binding.node, grant.granted != Rates{});
    if (!(*truth)->node.empty() && (*truth)->node != binding.node && cluster_.has_bound(binding.uid)) {
      return world_.fail("R14", what + " is sent although we have bound it to " + (*truth)->node);
    }
  }
  check_annotations(binding, grant);
}

// Another Binding of the pod that may still be carried out. One of another replica may, if the pod asks for nothing:
// such pods are not fenced.
void WireCheck::check_rivals(const ModelObject& pod, const std::string& node, bool asks) {
  for (Daemon* const daemon : daemons_) {
    if (daemon != &daemon_ && !asks) continue;
    const auto rival = daemon->wire().rival_under_way(pod, node);
    if (!rival) continue;
    return world_.fail("R14", "the Binding of " + pod.name + " to " + node + " is sent while one to " + rival->node +
                                  ", sent by " + daemon->name() + ", may still be carried out");
  }
}

// Whatever the daemon writes, in whatever dialect, must read as the grant.
void WireCheck::check_annotations(const ModelBinding& binding, const RecordedGrant& grant) {
  if (grant.granted == Rates{}) {
    if (!binding.annotations.empty()) world_.fail("R5", "a Binding of a pod that was granted nothing has annotations");
    return;
  }
  const std::string granted = "ul=" + std::to_string(grant.granted.ul) + ",dl=" + std::to_string(grant.granted.dl);
  const auto found = binding.annotations.find("networking.vaclab.org/granted");
  if (found == binding.annotations.end() || found->second != granted) {
    world_.fail("R5", "the Binding of " + binding.name + " does not name its grant, " + granted);
  }
  bool ul = grant.granted.ul == 0, dl = grant.granted.dl == 0;
  for (const auto& [dialect, keys] : kKeys) {
    for (const auto& [key, rate, said] :
         {std::tuple(keys.first, grant.granted.ul, &ul), std::tuple(keys.second, grant.granted.dl, &dl)}) {
      const auto written = binding.annotations.find(key);
      if (written == binding.annotations.end()) continue;
      *said = true;
      if (read_rate(dialect, written->second) != rate) {
        world_.fail("R5", "the Binding of " + binding.name + " says " + key + ": " + written->second +
                              " for a grant of " + std::to_string(rate));
      }
    }
  }
  if (!ul || !dl) world_.fail("R5", "the Binding of " + binding.name + " does not restate its grant in any dialect");
}

void WireCheck::check_status(const ApiRequest& request) {
  const Json journal = Json::parse(request.body).at("status").at("journal");
  const Sequence sequence = journal.at("sequence");
  if (sequence > daemon_.disk().synced()) {
    return world_.fail("durability", "a status shows sequence " + std::to_string(sequence) + " before it is durable");
  }
  const auto hash = journal_.hash_at(sequence);
  if (!hash || journal.at("headHash") != to_hex(*hash) || journal.at("id") != to_hex(journal_.state().journal)) {
    world_.fail("durability",
                "a status names another head than the journal has at sequence " + std::to_string(sequence));
  }
}

void WireCheck::check_wake_up(const ApiRequest& request) {
  const Json metadata = Json::parse(request.body).at("metadata");
  if (!metadata.at("annotations").contains("networking.vaclab.org/retry")) return;
  const std::optional<PodNumber> pod = journal_.state().find_pod(metadata.at("uid").get<std::string>());
  if (pod && journal_.state().pods.at(*pod).behind > daemon_.disk().synced()) {
    world_.fail("durability", "a pod is woken before that is durable");
  }
}

void WireCheck::learns(const ApiRequest& request, const Result<ApiResponse>& result) {
  if (!is_binding(request)) {
    const bool reads_pod = request.method == Method::kGet && request.target.find("/pods/") != std::string::npos;
    if (reads_pod) world_.coverage.count(Counter::kReadsAfterConflict);
    return;
  }
  if (!result || result->status >= 500) return world_.coverage.count(Counter::kBindingsUncertain);
  if (result->status == 409) {
    world_.coverage.count(Counter::kBindingsConflict);
    if (!daemon_.leads()) world_.coverage.count(Counter::kBindingsFenced);
  }
  if (result->status == 404) world_.coverage.count(Counter::kBindingsGone);
  if (result->status == 403) world_.coverage.count(Counter::kBindingsForbidden);
}

void WireCheck::answers(Route route, const std::string& question, const AnswerCall& answer) {
  if (answer.status != 200) return;
  if (route == Route::kNodes || route == Route::kPods || route == Route::kLinks) {
    world_.coverage.count(Counter::kReadAnswers);
    const Sequence sequence = Json::parse(answer.body).at("sequence");
    if (sequence > daemon_.disk().synced()) {
      world_.fail("durability", "a reader is shown sequence " + std::to_string(sequence) + " before it is durable");
    }
  }
  if (route != Route::kBind || Json::parse(answer.body).at("Error") != "") return;
  const Json asked = Json::parse(question);
  for (const StoreChange& change : store_.history(Stream::kPods)) {
    if ((*change.version)->uid == asked.at("PodUID") && (*change.version)->node == asked.at("Node")) return;
  }
  world_.fail("bind",
              "a scheduler is told that " + asked.at("PodName").get<std::string>() + " is bound, and it never was");
}

void WireCheck::bound(const ModelObject& pod) {
  const RecordedGrant& grant = journal_.grants().at(pod.uid);  // it was sent: check_binding() has seen it
  if (daemon_.controller() != nullptr) {
    check_reserved(daemon_.controller()->state(), pod, "now");
  } else {
    bound_while_down_.push_back(pod);
  }
  cluster_.bound(daemon_.name(), pod, grant, journal_.raised_by_others());
}

void WireCheck::check_reserved(const State& state, const ModelObject& pod, const char* when) {
  const std::optional<PodNumber> number = state.find_pod(pod.uid);
  const Pod* known = number ? state.pods.find(*number) : nullptr;
  if (known == nullptr || !known->placement || state.nodes.at(known->placement->node).name != pod.node) {
    world_.fail("R14", pod.name + " (" + pod.uid + ") was bound to " + pod.node + " " + when +
                           ", and the daemon holds no reservation for it");
  }
}

}  // namespace bw::simulation
