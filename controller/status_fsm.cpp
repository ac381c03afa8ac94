#include "controller/status_fsm.h"

#include <algorithm>

#include "journal/chain.h"
#include "journal/hash64.h"
#include "kube/bandwidth_status.h"
#include "kube/effect_request.h"
#include "kube/observe.h"

namespace bw {
namespace {

constexpr std::int64_t kIntervalNs = kNanosecondsPerSecond;  // between writes of one node
constexpr std::int64_t kSettleNs = kNanosecondsPerSecond / 4;
constexpr std::size_t kMostUnderWay = 8;
// While the scheduler is being served: so many writes a second, and all that have waited for so long.
constexpr std::int64_t kPerSecondWhileBusy = 5;
constexpr std::int64_t kLongestWaitNs = 30 * kNanosecondsPerSecond;

}  // namespace

StatusFsm::Published& StatusFsm::published(NodeNumber node) {
  return nodes_.try_emplace(node, Published{0, 0, 0, 0, false, false, false, false, Backoff(seed_ ^ index_of(node))})
      .first->second;
}

// The node is to be looked at again, once its next write is allowed.
void StatusFsm::mark(NodeNumber node) {
  Published& here = published(node);
  if (here.under_way) {
    here.changed = true;
  } else if (!here.queued) {
    here.queued = true;
    here.next_at_ns = std::max(here.next_at_ns, ran_at_ns_ + kSettleNs);
    due_.insert({here.next_at_ns, node});
  }
}

void StatusFsm::gone(NodeNumber node) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return;
  if (found->second.queued) due_.erase({found->second.next_at_ns, node});
  nodes_.erase(found);
}

void StatusFsm::seen(const State& state, NodeNumber node, const BandwidthSeen& object) {
  Published& here = published(node);
  here.seen_version = std::max(here.seen_version, object.resource_version);
  if (here.content == 0) {
    // After a start: a status of this very journal that is not older than the last change needs no write.
    const bool ours = object.published_journal == to_hex(state.journal) &&
                      object.published_sequence >= state.nodes.at(node).changed_at;
    if (!ours) mark(node);
    return;
  }
  if (here.under_way || object.resource_version <= here.version) return;
  here.again = true;
  mark(node);
}

void StatusFsm::run(const State& state, const Head& head, bool busy, std::int64_t now_ns) {
  ran_at_ns_ = now_ns;
  for (auto at = state.changed_nodes.lower_bound({taken_up_ + 1, NodeNumber{0}}); at != state.changed_nodes.end();
       ++at) {
    mark(at->second);
  }
  taken_up_ = state.applied;
  std::size_t under_way = requests_.size();
  for (const auto& [sequence, drafts] : drafts_) under_way += drafts.size();
  if (busy) rate_.refill(now_ns, kPerSecondWhileBusy);
  throttled_ = false;
  while (!due_.empty() && due_.begin()->first <= now_ns && under_way < kMostUnderWay) {
    const bool may_wait = busy && now_ns - due_.begin()->first < kLongestWaitNs;
    if (may_wait && !rate_.take()) {
      throttled_ = true;
      break;
    }
    const NodeNumber number = due_.begin()->second;
    due_.erase(due_.begin());
    Published& here = published(number);
    here.queued = false;
    const Node& node = state.nodes.at(number);
    if (!node.object) continue;  // there is nothing to write to; its creation will be seen
    const std::string content = bandwidth_status_content(view_node(state, number));
    const std::uint64_t hash = hash64(content, 1);
    if (hash == here.content && !here.again) continue;
    here.again = here.changed = false;
    here.under_way = true;
    here.next_at_ns = now_ns + kIntervalNs;
    ++under_way;
    const StatusStamp stamp{to_hex(state.journal), state.term, state.applied, to_hex(head.hash), state.time};
    drafts_[state.applied].push_back({number, node.name, hash, bandwidth_status_patch(content, stamp)});
  }
  full_ = under_way >= kMostUnderWay;
}

// ---- what goes out, and what comes back ---------------------------------------------------------------------

void StatusFsm::release(Sequence durable, RequestId& next_request, Outputs& outputs) {
  while (!drafts_.empty() && drafts_.begin()->first <= durable) {
    for (Draft& draft : drafts_.begin()->second) {
      Result<ApiRequest> request = patch_bandwidth_status(draft.name, std::move(draft.body));
      if (!request) {
        outputs.emplace_back(LogLine{LogLevel::kError, request.error().message});
        continue;
      }
      requests_[next_request] = {draft.node, draft.content};
      outputs.emplace_back(SendRequest{next_request++, std::move(*request)});
    }
    drafts_.erase(drafts_.begin());
  }
}

void StatusFsm::answered(RequestId request, const Result<ApiResponse>& result, std::int64_t now_ns, Outputs& outputs) {
  const Sent sent = requests_.at(request);
  requests_.erase(request);
  const auto found = nodes_.find(sent.node);
  if (found == nodes_.end()) return;
  Published& here = found->second;
  here.under_way = false;
  if (result && result->status == 200) {
    ++written_;
    here.content = sent.content;
    const Result<ObjectKey> key = ObjectReader().observe_key(result->body);
    if (key) here.version = std::max(here.version, key->resource_version);
    if (here.seen_version > here.version) here.again = true;  // another hand was faster than the answer
    if (here.again || here.changed) mark(sent.node);
    return;
  }
  if (result && result->status == 404) {  // deleted: its creation, or its end, will be seen
    mark(sent.node);
    return;
  }
  here.next_at_ns = now_ns + std::max(here.backoff.next_delay_ns(now_ns), kIntervalNs);
  mark(sent.node);
  const std::string what =
      result ? "HTTP " + std::to_string(result->status) + ": " + result->body.substr(0, 200) : result.error().message;
  outputs.emplace_back(
      LogLine{LogLevel::kWarning, "the status of a Bandwidth object was not written, and is again: " + what});
}

}  // namespace bw
