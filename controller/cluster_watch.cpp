#include "controller/cluster_watch.h"

#include <algorithm>
#include <variant>

#include "projections/decide.h"

namespace bw {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

ClusterWatch::ClusterWatch(State& state, Recorder& recorder, ObjectReader& reader, BandwidthListener& listener,
                           std::uint64_t seed)
    : state_(state), recorder_(recorder), reader_(reader), listener_(listener) {
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    reflectors_.emplace_back(source_of(static_cast<Stream>(i)), seed + i);
  }
}

void ClusterWatch::start(std::int64_t now_ns, bool relist_nodes, RequestId& next_request, Outputs& outputs) {
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    const Stream which = static_cast<Stream>(i);
    const StreamState& stream = state_.stream(which);
    std::optional<ResourceVersion> resume;
    if (stream.synced && !stream.gap && !(which == Stream::kNodes && relist_nodes)) resume = stream.resource_version;
    take(i, reflectors_[i].start(now_ns, resume), next_request, outputs);
  }
}

void ClusterWatch::confirm(std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  for (std::size_t i = 0; i < kStreamCount; ++i) take(i, reflectors_[i].confirm(now_ns), next_request, outputs);
}

void ClusterWatch::stop(Outputs& outputs) {
  for (const auto& [request, owner] : requests_) outputs.emplace_back(CloseWatch{request});
  requests_.clear();
}

void ClusterWatch::answered(RequestAnswered answer, std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  const Owner owner = requests_.at(answer.request);
  requests_.erase(answer.request);
  take(owner.stream, reflectors_[owner.stream].list_answered(now_ns, owner.call, std::move(answer.result)),
       next_request, outputs);
}

void ClusterWatch::opened(const StreamOpened& opened, std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  const Owner owner = requests_.at(opened.stream);
  if (opened.head.status != 200) requests_.erase(opened.stream);  // a refusal is its end
  take(owner.stream, reflectors_[owner.stream].stream_opened(now_ns, owner.call, opened.head), next_request, outputs);
}

void ClusterWatch::data(const StreamData& data, std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  const Owner owner = requests_.at(data.stream);
  take(owner.stream, reflectors_[owner.stream].stream_data(now_ns, owner.call, data.bytes), next_request, outputs);
}

void ClusterWatch::ended(const StreamEnded& ended, std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  const Owner owner = requests_.at(ended.stream);
  requests_.erase(ended.stream);
  take(owner.stream, reflectors_[owner.stream].stream_ended(now_ns, owner.call, ended.error), next_request, outputs);
}

void ClusterWatch::tick(std::int64_t now_ns, RequestId& next_request, Outputs& outputs) {
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (reflectors_[i].wake_at_ns() && *reflectors_[i].wake_at_ns() <= now_ns) {
      take(i, reflectors_[i].tick(now_ns), next_request, outputs);
    }
  }
}

bool ClusterWatch::synced() const {
  return std::all_of(reflectors_.begin(), reflectors_.end(), [](const ReflectorFsm& one) { return one.synced(); });
}

std::optional<std::int64_t> ClusterWatch::wake_at_ns() const {
  std::optional<std::int64_t> earliest;
  for (const ReflectorFsm& reflector : reflectors_) {
    const std::optional<std::int64_t> at = reflector.wake_at_ns();
    if (at && (!earliest || *at < *earliest)) earliest = at;
  }
  return earliest;
}

void ClusterWatch::take(std::size_t index, const ReflectorOutputs& delivered, RequestId& next_request,
                        Outputs& outputs) {
  const Stream which = static_cast<Stream>(index);
  const auto ask = [&](std::uint64_t call) {
    requests_[next_request] = {index, call};
    return next_request++;
  };
  for (const ReflectorOutput& output : delivered) {
    std::visit(
        Overloaded{
            [&](const ListBegan& began) {
              recorder_.record(ResyncBegan{which, began.resource_version < state_.stream(which).settled});
            },
            [&](const ListObject& object) { observe(which, ObservedBy::kList, object.json); },
            [&](const ListEnded& ended) { recorder_.record(decide_list_ended(state_, which, ended.resource_version)); },
            [&](const ListAborted& aborted) {
              outputs.emplace_back(LogLine{LogLevel::kWarning, "the list of " + std::string(stream_name(which)) +
                                                                   " broke off: " + aborted.reason});
            },
            [&](const WatchOpened&) {},
            [&](const WatchObject& object) {
              if (object.type == WatchLine::Type::kDeleted) {
                observe_deleted(which, object.json);
              } else {
                observe(which, ObservedBy::kWatch, object.json);
              }
            },
            [&](const Bookmark& bookmark) {
              if (bookmark.resource_version <= state_.stream(which).settled) return;
              recorder_.record(BookmarkObserved{which, bookmark.resource_version});
              recorder_.record(decide_bookmark(state_, which));
            },
            [&](const Blind& blind) {
              const StreamState& stream = state_.stream(which);
              if (!stream.synced || stream.gap) return;
              recorder_.record(GapOpened{which, stream.seen_at, stream.seen_sequence, blind.reason});
              outputs.emplace_back(LogLine{LogLevel::kWarning, "blind on " + std::string(stream_name(which)) +
                                                                   " until the list ends: " + blind.reason});
            },
            [&](const Trouble& trouble) {
              outputs.emplace_back(LogLine{LogLevel::kWarning,
                                           std::string(stream_name(which)) + ": " + trouble.message + "; next try in " +
                                               std::to_string(trouble.retry_in_ns / 1'000'000) + " ms"});
            },
            [&](const SendList& list) {
              outputs.emplace_back(SendRequest{ask(list.call), list.request});
            },
            [&](const OpenStream& open) {
              outputs.emplace_back(OpenWatch{ask(open.call), open.request});
            },
            [&](const CloseStream& close) {
              for (auto at = requests_.begin(); at != requests_.end(); ++at) {
                if (at->second.stream != index || at->second.call != close.call) continue;
                outputs.emplace_back(CloseWatch{at->first});
                requests_.erase(at);
                break;
              }
            },
        },
        output);
  }
}

void ClusterWatch::observe(Stream stream, ObservedBy by, std::string_view json) {
  const ObjectSeen seen = reader_.observe(stream, json);
  recorder_.record(decide_observed(state_, by, stream, seen));
  if (const auto* bandwidth = std::get_if<BandwidthSeen>(&seen)) {
    if (const auto node = state_.find_node(bandwidth->name)) listener_.bandwidth_seen(*node, *bandwidth);
  }
}

void ClusterWatch::observe_deleted(Stream stream, std::string_view json) {
  const ObjectSeen seen = reader_.observe(stream, json);
  recorder_.record(decide_deleted(state_, stream, seen));
  if (const auto* bandwidth = std::get_if<BandwidthSeen>(&seen)) {
    const auto node = state_.find_node(bandwidth->name);
    if (node && !state_.nodes.at(*node).object) listener_.bandwidth_gone(*node);
  }
}

}  // namespace bw
