#include "replay/pod_story.h"

#include <algorithm>
#include <utility>

#include "extender/explanation_json.h"
#include "projections/offered.h"
#include "projections/reason.h"

namespace bw::replay {
namespace {

Explained explained_in(const State& state, Explanation explanation) {
  std::string json = explanation_json(state, explanation);
  return {std::move(explanation), std::move(json), state.applied, state.time};
}

}  // namespace

Explained explain_in(const State& state, PodNumber pod) { return explained_in(state, bw::explain(state, pod)); }

PodStory::PodStory(const State& state, std::string space, std::string name, std::optional<std::uint32_t> attempt)
    : space_(std::move(space)), name_(std::move(name)), wanted_(attempt) {
  if (const std::optional<PodNumber> pod = state.find_pod(space_, name_)) begin(*pod);
}

void PodStory::see(const State& state, const Event& event) {
  if (const auto* seen = std::get_if<PodObserved>(&event.fact); seen != nullptr && seen->identity) {
    if (seen->identity->space == space_ && seen->identity->name == name_) begin(seen->pod);
  }
  if (!alive_) return;
  if (const auto* decided = std::get_if<FilterDecided>(&event.fact); decided != nullptr && decided->pod == pod_) {
    offered_ = resolve_offered(state, decided->offered);
    unknown_names_ = decided->offered.unknown_names;
    attempted(state, {decided->attempt,
                      event.sequence,
                      event.time,
                      false,
                      offered_.size() + unknown_names_.size(),
                      decided->fitting,
                      decided->refusals,
                      {},
                      {}});
  } else if (const auto* same = std::get_if<FilterRepeated>(&event.fact); same != nullptr && same->pod == pod_) {
    Attempt again = attempts_.empty() ? Attempt{} : attempts_.back();
    again.number = same->attempt;
    again.sequence = event.sequence;
    again.time = event.time;
    again.repeated = true;
    again.reserved_on = again.bind_refused = {};
    attempted(state, std::move(again));
  } else if (const auto* reserved = std::get_if<BandwidthReserved>(&event.fact)) {
    if (reserved->pod == pod_ && !attempts_.empty()) attempts_.back().reserved_on = state.nodes.at(reserved->node).name;
  } else if (const auto* refused = std::get_if<BindRefused>(&event.fact)) {
    if (refused->uid == state.pods.at(pod_).identity.uid && !attempts_.empty()) {
      attempts_.back().bind_refused = reason_text(refused->reason);
    }
  } else if (const auto* gone = std::get_if<PodGone>(&event.fact); gone != nullptr && gone->pod == pod_) {
    alive_ = false;  // and its number may be given again
  }
}

void PodStory::begin(PodNumber pod) {
  known_ = alive_ = true;
  pod_ = pod;
  offered_.clear();
  unknown_names_.clear();
  attempts_.clear();
  explained_.reset();
}

void PodStory::attempted(const State& state, Attempt attempt) {
  if (!wanted_ || *wanted_ == attempt.number) {
    Explanation explanation = bw::explain(state, pod_, &offered_);
    for (const std::string& name : unknown_names_) {
      NodeExplanation unknown;
      unknown.node = name;
      unknown.reason = Reason::kNoCapacityRecorded;
      explanation.nodes.push_back(std::move(unknown));
    }
    std::sort(explanation.nodes.begin(), explanation.nodes.end(),
              [](const NodeExplanation& a, const NodeExplanation& b) { return a.node < b.node; });
    explained_ = explained_in(state, std::move(explanation));
    explained_at_ = attempts_.size();
  }
  attempts_.push_back(std::move(attempt));
}

}  // namespace bw::replay
