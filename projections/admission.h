// What the admission door decides about a pod before the API server stores it (rules R3, R5, R12). Pure; as all
// decisions, each returns its verdict and the facts that record it, which are durable before the answer goes out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "projections/observation.h"
#include "projections/state.h"

namespace bw {

struct AdmissionVerdict {
  bool allowed = true;
  std::string refusal;  // one sentence for whoever sent the object
  std::vector<Fact> facts;
};

// A pod that is to be created: its request, defaults included, is valid.
AdmissionVerdict decide_created(const State& state, const PodSeen& pod);

// A pod that is to be changed. An edit that leaves request and group alone is nobody's business here, however wrong
// they are: finalizers must come off. Before the pod is placed its request may become any valid one. Once it is, what
// was granted counts: a request may grow only if every link that the pod is charged on has the room, and it is granted
// the growth at once, so that two edits cannot both be given the same room. It may shrink, which frees nothing. Its
// group stays.
AdmissionVerdict decide_edited(const State& state, const PodSeen& before, const PodSeen& after);

// The annotations with which defaults are written to a pod that is to be created; none if its request is invalid.
std::vector<std::pair<std::string, std::string>> admission_defaults(const State& state, const PodSeen& pod);

}  // namespace bw
