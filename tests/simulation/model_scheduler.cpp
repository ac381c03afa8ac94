#include "tests/simulation/model_scheduler.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "extender/json_text.h"

namespace bw::simulation {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kCallTimeoutNs = 5 * kSecond;

// What an old scheduler looks at when it decides whether a pending pod was updated.
bool differs_in_spec(ModelObject a, ModelObject b) {
  for (ModelObject* object : {&a, &b}) {
    object->resource_version = 0;
    object->not_scheduled.clear();
    object->phase.clear();
    object->finalizer = false;
  }
  return a != b;
}

std::int64_t backoff_ns(int attempts) {
  return std::min<std::int64_t>(std::int64_t{1} << std::min(attempts - 1, 4), 10) * kSecond;
}

RouteMatch route(Route which) { return {which, {}, {}}; }

}  // namespace

ModelScheduler::ModelScheduler(World& world, ObjectStore& store, Service& service, std::string name)
    : world_(world), store_(store), service_(service), name_(std::move(name)), random_(world.random(name_)) {
  store_.on_change([this](const StoreChange& change) { changed(change); });
}

bool ModelScheduler::may_run(const ModelObject& pod, const ModelObject& node, std::size_t pods_there) {
  return !node.unschedulable && pods_there < node.allocatable_pods &&
         (pod.only_node.empty() || pod.only_node == node.name);
}

// ---- the view -----------------------------------------------------------------------------------------------

void ModelScheduler::changed(const StoreChange& change) {
  const Stream stream = (*change.version)->stream;
  if (stream != Stream::kPods && stream != Stream::kNodes) return;
  std::int64_t delay_ns = random_.between(200 * kMicrosecond, 5 * kMillisecond);
  if (world_.strikes(Feature::kWatchStalls) && random_.chance(5)) delay_ns = random_.between(kSecond, 5 * kSecond);
  last_seen_ns_ = std::max(last_seen_ns_, world_.now_ns() + delay_ns);
  world_.timeline.at(last_seen_ns_, [this, change] { see(change); });
}

void ModelScheduler::see(const StoreChange& change) {
  if ((*change.version)->stream == Stream::kPods) {
    see_pod(change);
  } else {
    see_node(change);
  }
  turn();
}

void ModelScheduler::see_pod(const StoreChange& change) {
  const ModelObject& pod = **change.version;
  const auto known = pods_.find(pod.uid);
  const bool was_assigned = known != pods_.end() && !(*known->second)->node.empty();
  if (change.type == StoreChange::Type::kDeleted || pod.over()) {
    if (known != pods_.end()) pods_.erase(known);
    assumed_.erase(pod.uid);
    queue_.erase(pod.uid);
    if (was_assigned) move_all();
    return;
  }
  const VersionPtr before = known == pods_.end() ? nullptr : known->second;
  pods_[pod.uid] = change.version;
  if (!pod.node.empty()) {
    assumed_.erase(pod.uid);
    const auto queued = queue_.find(pod.uid);
    if (queued != queue_.end() && queued->second.place != Place::kInCycle) queue_.erase(queued);
    return;
  }
  if (!mine(pod)) return;
  const auto queued = queue_.find(pod.uid);
  if (queued == queue_.end()) {
    if (!pod.terminating) enqueue(change.version);
    return;
  }
  queued->second.pod = change.version;
  const bool counts = !world_.options().has(Feature::kOldScheduler) || (before && differs_in_spec(**before, pod));
  if (!counts) return;
  if (cycle_ && cycle_->uid == pod.uid) cycle_->moved = true;
  wake(queued->second);
}

void ModelScheduler::see_node(const StoreChange& change) {
  const ModelObject& node = **change.version;
  if (change.type == StoreChange::Type::kDeleted) {
    nodes_.erase(node.name);
    return;
  }
  nodes_[node.name] = change.version;
  move_all();
}

std::size_t ModelScheduler::pods_on(const std::string& node) const {
  std::size_t count = 0;
  for (const auto& [uid, pod] : pods_) count += (*pod)->node == node ? 1 : 0;
  for (const auto& [uid, where] : assumed_) count += where == node ? 1 : 0;
  return count;
}

// ---- the queue ----------------------------------------------------------------------------------------------

void ModelScheduler::enqueue(const VersionPtr& pod) {
  queue_[(*pod)->uid] = {pod, Place::kActive, ++order_, 0, 0, false, false};
}

void ModelScheduler::wake(Queued& queued) {
  if (queued.place != Place::kPool) return;
  queued.place = queued.backoff_until_ns > world_.now_ns() ? Place::kBackoff : Place::kActive;
}

void ModelScheduler::move_all() {
  for (auto& [uid, queued] : queue_) wake(queued);
  if (cycle_) cycle_->moved = true;
  turn();
}

void ModelScheduler::requeue(const std::string& uid, bool error, bool by_plugins) {
  const auto found = queue_.find(uid);
  if (found == queue_.end()) return;
  const auto seen = pods_.find(uid);
  if (seen == pods_.end() || !(*seen->second)->node.empty() || (*seen->second)->terminating) {
    queue_.erase(found);
    return;
  }
  Queued& queued = found->second;
  queued.pod = seen->second;
  queued.failed = error;
  queued.by_plugins = by_plugins;
  queued.backoff_until_ns = world_.now_ns() + backoff_ns(std::max(queued.attempts, 1));
  queued.order = ++order_;
  const bool moved = cycle_ && cycle_->uid == uid && cycle_->moved;
  queued.place = error || moved ? Place::kBackoff : Place::kPool;
  if (by_plugins && queued.place == Place::kPool) {
    world_.timeline.after(random_.between(kSecond, 8 * kSecond), [this, uid] {  // what the plugin waited for happens
      const auto waiting = queue_.find(uid);
      if (waiting == queue_.end() || !waiting->second.by_plugins) return;
      wake(waiting->second);
      turn();
    });
  }
}

std::optional<std::string> ModelScheduler::next_pod() {
  std::optional<std::string> best, backing_off;
  std::int64_t earliest_ns = 0;
  for (auto& [uid, queued] : queue_) {
    if (queued.place == Place::kBackoff) {
      if (queued.backoff_until_ns <= world_.now_ns()) {
        queued.place = Place::kActive;
      } else if (!backing_off || queued.backoff_until_ns < earliest_ns) {
        backing_off = uid;
        earliest_ns = queued.backoff_until_ns;
      }
    }
    if (queued.place != Place::kActive) continue;
    const auto rank = [](const Queued& one) { return std::pair(-(*one.pod)->priority, one.order); };
    if (!best || rank(queued) < rank(queue_.at(*best))) best = uid;
  }
  if (best || !backing_off) return best;
  // Newer schedulers take a pod out of back-off when they have nothing else to do.
  if (!world_.options().has(Feature::kOldScheduler) && !queue_.at(*backing_off).failed) return backing_off;
  if (!turn_ns_ || *turn_ns_ > earliest_ns) {
    turn_ns_ = earliest_ns;
    world_.timeline.at(earliest_ns, [this, earliest_ns] {
      if (turn_ns_ == earliest_ns) turn_ns_.reset();
      turn();
    });
  }
  return std::nullopt;
}

void ModelScheduler::turn() {
  if (cycle_) return;
  const std::optional<std::string> uid = next_pod();
  if (!uid) return;
  Queued& queued = queue_.at(*uid);
  queued.place = Place::kInCycle;
  ++queued.attempts;
  cycle_ = Cycle{*uid, {}, world_.strikes(Feature::kPickyPlugins) && random_.chance(200), false};
  world_.timeline.after(random_.between(50 * kMicrosecond, kMillisecond), [this] { filter(); });
}

// ---- a cycle ------------------------------------------------------------------------------------------------

std::string ModelScheduler::args(const ModelObject& pod, const std::vector<std::string>& names) const {
  std::string body = "{\"Pod\":" + pods_.at(pod.uid)->json() + ",\"Nodes\":null,\"NodeNames\":[";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) body += ',';
    append_json_string(body, names[i]);
  }
  return body + "]}";
}

void ModelScheduler::filter() {
  const auto seen = pods_.find(cycle_->uid);
  if (seen == pods_.end() || !(*seen->second)->node.empty() || (*seen->second)->terminating) {
    queue_.erase(cycle_->uid);
    cycle_.reset();
    return turn();
  }
  const ModelObject& pod = **seen->second;
  for (const auto& [name, node] : nodes_) {
    if (!may_run(pod, **node, pods_on(name))) continue;
    if (cycle_->picky && random_.chance(300)) continue;
    cycle_->offered.push_back(name);
  }
  if (cycle_->offered.empty()) return refused("0 nodes are available: too many pods.", false, cycle_->picky);
  world_.coverage.count(Counter::kFilterCalls);
  service_.call(route(Route::kFilter), args(pod, cycle_->offered), kCallTimeoutNs,
                [this](const AnswerCall* answer) { filtered(answer); });
}

void ModelScheduler::filtered(const AnswerCall* answer) {
  if (answer == nullptr) return refused("Post filter: connection refused", true, false);
  if (answer->status != 200) return refused("failed filter with extender: " + answer->body, true, false);
  const Json reply = Json::parse(answer->body);
  if (reply.at("Error") != "") return refused(reply.at("Error"), true, false);
  std::vector<std::string> names;
  if (!reply.at("NodeNames").is_null()) reply.at("NodeNames").get_to(names);
  for (const std::string& name : names) {
    if (std::find(cycle_->offered.begin(), cycle_->offered.end(), name) == cycle_->offered.end()) {
      world_.fail("filter", "a filter reply names " + name + ", which was not offered");
    }
  }
  if (!names.empty()) return names.size() == 1 ? choose(names, {}) : prioritize(std::move(names));
  world_.coverage.count(Counter::kFilterRefusals);
  std::map<std::string, int> reasons;
  for (const auto& [node, reason] : reply.at("FailedAndUnresolvableNodes").items())
    ++reasons[reason.get<std::string>()];
  std::string message = "0/" + std::to_string(nodes_.size()) + " nodes are available:";
  for (const auto& [reason, count] : reasons) message += " " + std::to_string(count) + " " + reason + ",";
  message.back() = '.';
  refused(message, false, cycle_->picky);
}

void ModelScheduler::prioritize(std::vector<std::string> names) {
  const auto seen = pods_.find(cycle_->uid);
  if (seen == pods_.end()) return refused("", true, false);
  world_.coverage.count(Counter::kPrioritizeCalls);
  const std::string body = args(**seen->second, names);
  service_.call(route(Route::kPrioritize), body, kCallTimeoutNs, [this, names](const AnswerCall* answer) {
    std::map<std::string, std::int64_t> scores;
    if (answer != nullptr && answer->status == 200) {
      for (const Json& host : Json::parse(answer->body)) {
        const std::int64_t score = host.at("Score");
        if (score < 0 || score > 10) world_.fail("prioritize", "a score is not from 0 to 10: " + answer->body);
        scores[host.at("Host").get<std::string>()] = score;
      }
    }
    choose(names, scores);
  });
}

void ModelScheduler::choose(const std::vector<std::string>& names, const std::map<std::string, std::int64_t>& scores) {
  std::string best;
  std::int64_t best_score = -1;
  for (const std::string& name : names) {
    const auto found = scores.find(name);
    std::int64_t score = 100 * (found == scores.end() ? 0 : found->second) + random_.between(0, 50);
    if (cycle_->picky) score += random_.between(0, 2000);  // other plugins have their say
    if (score > best_score) {
      best = name;
      best_score = score;
    }
  }
  const std::string uid = cycle_->uid;
  cycle_.reset();
  assumed_[uid] = best;
  const auto queued = queue_.find(uid);
  if (queued != queue_.end()) queued->second.place = Place::kBinding;
  std::int64_t delay_ns = random_.between(100 * kMicrosecond, 5 * kMillisecond);
  if (world_.strikes(Feature::kLateCalls) && random_.chance(100)) delay_ns = random_.between(0, 4 * kSecond);
  world_.timeline.after(delay_ns, [this, uid, best] { bind(uid, best); });
  turn();
}

void ModelScheduler::bind(const std::string& uid, const std::string& node) {
  const auto seen = pods_.find(uid);
  if (seen == pods_.end()) return bound(uid, nullptr);
  world_.coverage.count(Counter::kBindCalls);
  const ModelObject& pod = **seen->second;
  const Json body = {{"PodName", pod.name}, {"PodNamespace", pod.space}, {"PodUID", uid}, {"Node", node}};
  service_.call(route(Route::kBind), body.dump(), kCallTimeoutNs,
                [this, uid](const AnswerCall* answer) { bound(uid, answer); });
}

void ModelScheduler::bound(const std::string& uid, const AnswerCall* answer) {
  std::string error = "Post bind: no answer";
  if (answer != nullptr && answer->status != 200) error = answer->body;
  if (answer != nullptr && answer->status == 200) Json::parse(answer->body).at("Error").get_to(error);
  if (error.empty()) {
    queue_.erase(uid);
    return;
  }
  assumed_.erase(uid);
  const auto seen = pods_.find(uid);
  if (seen != pods_.end() && (*seen->second)->node.empty()) set_condition(seen->second, error);
  requeue(uid, true, false);
  move_all();
}

void ModelScheduler::refused(const std::string& message, bool error, bool by_plugins) {
  const std::string uid = cycle_->uid;
  requeue(uid, error, by_plugins);
  cycle_.reset();
  const auto seen = pods_.find(uid);
  if (seen != pods_.end()) set_condition(seen->second, message);
  turn();
}

void ModelScheduler::set_condition(const VersionPtr& pod, std::string message) {
  world_.timeline.after(random_.between(kMillisecond, 20 * kMillisecond), [this, pod, message = std::move(message)] {
    store_.edit(**pod, [&](ModelObject& edited) {
      if (edited.node.empty()) edited.not_scheduled = message;
    });
  });
}

}  // namespace bw::simulation
