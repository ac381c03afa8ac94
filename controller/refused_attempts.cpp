#include "controller/refused_attempts.h"

#include <utility>

namespace bw {

void RefusedAttempts::refused(const State& state, PodNumber number, std::vector<RefusedNode> nodes) {
  forget(number);
  if (nodes.size() > most_nodes_) return;
  const Pod& pod = state.pods.at(number);
  nodes_ += nodes.size();
  by_order_.emplace(++arrived_, number);
  attempts_.emplace(number, Attempt{arrived_, pod.last_filter, pod.attempts, std::move(nodes)});
  while (nodes_ > most_nodes_) forget(by_order_.begin()->second);
}

const std::vector<RefusedNode>* RefusedAttempts::last(const State& state, PodNumber number) const {
  const auto found = attempts_.find(number);
  if (found == attempts_.end()) return nullptr;
  const Pod& pod = state.pods.at(number);
  const bool same = found->second.filter == pod.last_filter && found->second.attempt == pod.attempts;
  return same ? &found->second.nodes : nullptr;
}

void RefusedAttempts::forget(PodNumber number) {
  const auto found = attempts_.find(number);
  if (found == attempts_.end()) return;
  nodes_ -= found->second.nodes.size();
  by_order_.erase(found->second.order);
  attempts_.erase(found);
}

}  // namespace bw
