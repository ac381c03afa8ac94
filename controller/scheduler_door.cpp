#include "controller/scheduler_door.h"

#include <algorithm>
#include <numeric>

#include "projections/reason.h"

namespace bw {

void SchedulerDoor::refuse_malformed(const CallArrived& call, const Error& error, Outputs& outputs) {
  ++counts_.bad_requests;
  outputs.emplace_back(AnswerCall{call.call, 400, error.message, false});
}

bool SchedulerDoor::parse(CallArrived& call, Outputs& outputs) {
  if (Result<void> parsed = args_.parse(call.body); !parsed) {
    refuse_malformed(call, parsed.error(), outputs);
    return false;
  }
  if (args_.pod().uid.empty()) {
    refuse_malformed(call, {ErrorCode::kInvalid, "the request has no Pod with a metadata.uid"}, outputs);
    return false;
  }
  return true;
}

std::optional<PodNumber> SchedulerDoor::observe_pod(std::string& problem) {
  const CalledPod& called = args_.pod();
  const std::optional<PodNumber> known = state_.find_pod(called.uid);
  // The scheduler's cache is rarely ahead of our watch: then nothing of the object need be read.
  if (known && state_.pods.at(*known).resource_version >= called.resource_version) return known;
  const ObjectSeen seen = reader_.observe(Stream::kPods, called.json);
  if (const auto* unreadable = std::get_if<UnreadableSeen>(&seen)) {
    problem = "the pod cannot be read: " + unreadable->problem;
    return std::nullopt;
  }
  recorder_.record(decide_observed(state_, ObservedBy::kFilterCall, Stream::kPods, seen));
  const std::optional<PodNumber> number = state_.find_pod(called.uid);
  if (!number) problem = "the pod is gone";
  return number;
}

void SchedulerDoor::read_offered() {
  const std::vector<std::string_view>& names = args_.nodes().names;
  offered_.clear();
  unknown_.clear();
  place_of_.assign(state_.nodes.end_number(), 0);
  next_offered_.resize(state_.nodes.end_number());
  NodeNumber likely{};
  std::optional<NodeNumber> previous;
  for (std::uint32_t place = 0; place < names.size(); ++place) {
    const Node* const node = state_.nodes.find(likely);
    const std::optional<NodeNumber> number =
        node != nullptr && node->name == names[place] ? likely : state_.find_node(names[place]);
    if (!number) {
      unknown_.push_back(place);
      continue;
    }
    offered_.insert(*number);
    place_of_[index_of(*number)] = place;
    if (previous) next_offered_[index_of(*previous)] = *number;
    previous = number;
    likely = next_offered_[index_of(*number)];
  }
}

std::vector<std::string> SchedulerDoor::unknown_names() const {
  std::vector<std::string> names;
  for (std::uint32_t place : unknown_) names.emplace_back(args_.nodes().names[place]);
  return names;
}

bool SchedulerDoor::filter(CallArrived& call, Outputs& outputs) {
  if (!parse(call, outputs)) return false;
  std::string reply;
  std::string problem;
  const std::optional<PodNumber> pod = observe_pod(problem);
  if (!pod) {
    ++counts_.bad_requests;
    write_filter_error(problem, reply);
    outputs.emplace_back(AnswerCall{call.call, 200, std::move(reply)});
    return false;
  }
  read_offered();
  ++counts_.filters;
  counts_.offered = args_.nodes().names.size();
  FilterVerdict verdict = decide_filter(state_, *pod, offered_, unknown_names());

  kept_.clear();
  refused_.clear();
  if (verdict.all) {
    kept_.resize(args_.nodes().names.size());
    std::iota(kept_.begin(), kept_.end(), 0U);
  } else if (!verdict.named.empty()) {
    for (NodeNumber node : verdict.named) kept_.push_back(place_of_[index_of(node)]);
  } else {
    for (const auto& [node, fit] : verdict.refused) {
      refused_.push_back({place_of_[index_of(node)], reason_text(fit.reason)});
    }
    for (std::uint32_t place : unknown_) refused_.push_back({place, reason_text(verdict.unknown_reason)});
    ++counts_.filters_refused;
    const Reason first = verdict.refused.empty() ? verdict.unknown_reason : verdict.refused.front().fit.reason;
    ++counts_.refusals[static_cast<std::size_t>(first)];
  }
  recorder_.record(std::move(verdict.facts));
  if (!verdict.refused.empty()) attempts_.refused(state_, *pod, std::move(verdict.refused));
  write_filter_result(args_.nodes(), kept_, refused_, reply);
  outputs.emplace_back(AnswerCall{call.call, 200, std::move(reply)});
  return false;
}

bool SchedulerDoor::prioritize(CallArrived& call, Outputs& outputs) {
  if (!parse(call, outputs)) return false;
  ++counts_.prioritizes;
  std::string reply;
  std::string problem;
  const std::optional<PodNumber> pod = observe_pod(problem);
  std::vector<std::string_view> names;
  std::vector<std::int64_t> scores;
  if (pod) {
    read_offered();
    PrioritizeVerdict verdict = decide_prioritize(state_, *pod, offered_, unknown_names());
    for (const auto& [node, score] : verdict.scores) {
      names.push_back(args_.nodes().names[place_of_[index_of(node)]]);
      scores.push_back(score);
    }
    recorder_.record(std::move(verdict.facts));
  }
  write_priorities(names, scores, reply);
  outputs.emplace_back(AnswerCall{call.call, 200, std::move(reply)});
  return false;
}

bool SchedulerDoor::bind(CallArrived& call, std::int64_t now_ns, Outputs& outputs) {
  const Result<BindingArgs> args = parse_binding_args(call.body);
  if (!args) {
    refuse_malformed(call, args.error(), outputs);
    return false;
  }
  ++counts_.binds;
  BindVerdict verdict = decide_bind(state_, args->pod.uid, args->node);
  recorder_.record(std::move(verdict.facts));
  std::string reply;
  switch (verdict.outcome) {
    case BindVerdict::Outcome::kReserve:
    case BindVerdict::Outcome::kJoin:
      bindings_.call_waits(state_, *state_.find_pod(args->pod.uid), call.call, now_ns);
      return true;
    case BindVerdict::Outcome::kDone:
      break;
    case BindVerdict::Outcome::kRefuse:
      ++counts_.binds_refused;
      break;
  }
  write_binding_result(verdict.refusal, reply);
  outputs.emplace_back(AnswerCall{call.call, 200, std::move(reply)});
  return false;
}

bool SchedulerDoor::preempt(CallArrived& call, Outputs& outputs) {
  const Result<PreemptionArgs> args = parse_preemption_args(call.body);
  if (!args) {
    refuse_malformed(call, args.error(), outputs);
    return false;
  }
  ++counts_.preempts;
  std::string reply;
  write_preemption_result(args->nodes, reply);
  outputs.emplace_back(AnswerCall{call.call, 200, std::move(reply)});
  return false;
}

}  // namespace bw
