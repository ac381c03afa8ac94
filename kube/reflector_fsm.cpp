#include "kube/reflector_fsm.h"

#include <algorithm>
#include <utility>

namespace bw {
namespace {

constexpr std::int64_t kSecond = kNanosecondsPerSecond;

constexpr int kPageLimit = 500;
constexpr int kPageRetries = 4;   // of one page in a row; its snapshot lives for minutes
constexpr int kWatchRetries = 3;  // in a row, before a list is made instead
constexpr int kShortWatches = 10;
constexpr std::int64_t kListTimeoutMs = 60'000;  // the server cuts a list off then
constexpr std::int64_t kOpenTimeoutMs = 15'000;
constexpr std::int64_t kReconnectSpreadNs = kSecond / 4;
constexpr std::int64_t kOverdueNs = 15 * kSecond;  // past the time at which the server was to end a watch

// A server sends a bookmark about 2 s before it ends a watch: one that is to last 3 s has it after 1 s.
constexpr std::int64_t kShortWatchS = 3;
constexpr std::int64_t kWatchLeastS = 300;
constexpr std::int64_t kWatchSpreadS = 300;

constexpr std::string_view kMetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr std::string_view kMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

// No answer, or none that can be read.
ApiStatus no_answer(const std::string& message) { return {0, "", message, {}, false}; }

ApiStatus status_of(const Result<ApiResponse>& result) {
  if (!result) return no_answer(result.error().message);
  if (result->status == 200) return {200, "", "", {}, false};
  ApiStatus status = read_status(result->status, result->body);
  if (result->retry_after_s) status.retry_after_s = result->retry_after_s;
  return status;
}

bool is_expired(const ApiStatus& status) {
  return status.code == 410 || status.reason == "Expired" || status.reason == "Gone";
}

// Failures that say nothing against the position: no answer, no permission, no resource, overload.
bool is_outage(const ApiStatus& status) {
  return status.code == 0 || status.code == 401 || status.code == 403 || status.code == 404 || status.code == 429 ||
         status.code == 503;
}

// The value of a query parameter. Continue tokens are base64url today; nothing promises that.
void append_escaped(std::string& target, std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      target += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      target += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
}

}  // namespace

ReflectorSource source_of(Stream stream) {
  switch (stream) {
    case Stream::kPods:
      return {"/api/v1/pods", false};
    case Stream::kNodes:
      return {"/api/v1/nodes", false};
    case Stream::kBandwidths:
      return {"/apis/networking.vaclab.org/v1/bandwidths", false};
    case Stream::kNamespaces:
      return {"/api/v1/namespaces", true};
    case Stream::kReplicaSets:
      return {"/apis/apps/v1/replicasets", true};
    case Stream::kDeployments:
      return {"/apis/apps/v1/deployments", false};
    case Stream::kStatefulSets:
      return {"/apis/apps/v1/statefulsets", false};
    case Stream::kDaemonSets:
      return {"/apis/apps/v1/daemonsets", true};
    case Stream::kJobs:
      return {"/apis/batch/v1/jobs", false};
  }
  check(false, "every stream has a source");
  return {};
}

ReflectorFsm::ReflectorFsm(ReflectorSource source, std::uint64_t seed)
    : source_(std::move(source)), backoff_(seed), jitter_(seed + 1) {}

ReflectorOutputs ReflectorFsm::start(std::int64_t now_ns, std::optional<ResourceVersion> resume_from) {
  check(phase_ == Phase::kIdle, "a reflector starts once");
  position_ = resume_from;
  run(now_ns, resume_from ? Step::kLearn : Step::kList);
  return take_outputs();
}

ReflectorOutputs ReflectorFsm::confirm(std::int64_t now_ns) {
  synced_ = false;
  short_watches_ = 0;
  if (phase_ == Phase::kOpening || phase_ == Phase::kStreaming) outputs_.emplace_back(CloseStream{call_});
  if (phase_ == Phase::kWaiting) {
    // What made it wait still holds.
    if (next_step_ == Step::kWatch) next_step_ = Step::kLearn;
    if (next_step_ == Step::kPage) {
      abort_list("a newer list is needed");
      next_step_ = Step::kList;
    }
  } else if (position_) {
    run(now_ns, Step::kLearn);
  } else if (phase_ == Phase::kListing) {
    abort_list("a newer list is needed");
    run(now_ns, Step::kList);
  }
  return take_outputs();
}

ReflectorOutputs ReflectorFsm::list_answered(std::int64_t now_ns, std::uint64_t call, Result<ApiResponse> result) {
  if (call != call_ || (phase_ != Phase::kLearning && phase_ != Phase::kListing)) return {};
  const ApiStatus status = status_of(result);
  page_body_ = result ? std::move(result->body) : std::string();
  if (phase_ == Phase::kLearning) {
    learned(now_ns, status);
  } else {
    page_arrived(now_ns, status);
  }
  return take_outputs();
}

ReflectorOutputs ReflectorFsm::stream_opened(std::int64_t now_ns, std::uint64_t call, const ApiResponse& response) {
  if (call != call_ || phase_ != Phase::kOpening) return {};
  if (response.status == 200) {
    phase_ = Phase::kStreaming;
    opened_at_ns_ = now_ns;
    outputs_.emplace_back(WatchOpened{});
  } else {
    watch_failed(now_ns, status_of(response));
  }
  return take_outputs();
}

ReflectorOutputs ReflectorFsm::stream_data(std::int64_t now_ns, std::uint64_t call, std::string_view bytes) {
  if (call != call_ || phase_ != Phase::kStreaming) return {};
  splitter_.append(bytes);
  while (phase_ == Phase::kStreaming) {
    const std::optional<std::string_view> line = splitter_.next();
    if (!line) break;
    take_line(now_ns, *line);
  }
  if (splitter_.overlong()) stream_unreadable(now_ns, "a line of the watch is longer than 3 MiB");
  return take_outputs();
}

ReflectorOutputs ReflectorFsm::stream_ended(std::int64_t now_ns, std::uint64_t call,
                                            const std::optional<Error>& error) {
  if (call != call_ || (phase_ != Phase::kOpening && phase_ != Phase::kStreaming)) return {};
  const bool opened = phase_ == Phase::kStreaming;
  const std::string how = error ? error->message : "the watch ended";
  if (!synced_ && opened && ++short_watches_ > kShortWatches) {
    lose_position("no watch reached version " + std::to_string(target_) +
                  ", which a list has: the server sends no bookmarks");
    run(now_ns, Step::kList);
  } else if (!opened || (!advanced_ && now_ns - opened_at_ns_ < kSecond)) {
    retry(now_ns, no_answer(how), Step::kWatch);
  } else if (error) {
    wait(now_ns, jitter_.below(kReconnectSpreadNs), Step::kWatch);
    outputs_.emplace_back(Trouble{0, how, *wake_at_ns_ - now_ns});
  } else {
    run(now_ns, Step::kWatch);
  }
  return take_outputs();
}

ReflectorOutputs ReflectorFsm::tick(std::int64_t now_ns) {
  if (!wake_at_ns_ || now_ns < *wake_at_ns_) return {};
  if (phase_ == Phase::kWaiting) {
    run(now_ns, next_step_);
    return take_outputs();
  }
  outputs_.emplace_back(CloseStream{call_});
  ReflectorOutputs outputs = take_outputs();
  for (ReflectorOutput& output : stream_ended(now_ns, call_, Error{ErrorCode::kIo, "the watch outlived its time"})) {
    outputs.push_back(std::move(output));
  }
  return outputs;
}

// ---- steps --------------------------------------------------------------------------------------------------

void ReflectorFsm::run(std::int64_t now_ns, Step step) {
  switch (step) {
    case Step::kLearn:
      return send_list("?limit=1", Phase::kLearning);
    case Step::kList:
      continue_token_.clear();
      page_failures_ = 0;
      [[fallthrough]];
    case Step::kPage: {
      std::string query = unpaged_ ? "" : "?limit=" + std::to_string(kPageLimit);
      if (!continue_token_.empty()) append_escaped(query += "&continue=", continue_token_);
      return send_list(query, Phase::kListing);
    }
    case Step::kWatch:
      return open_watch(now_ns);
  }
}

void ReflectorFsm::send_list(const std::string& query, Phase phase) {
  phase_ = phase;
  wake_at_ns_.reset();
  ApiRequest request;
  request.target = source_.path + query;
  if (source_.metadata_only) request.accept = kMetadataList;
  request.timeout_ms = kListTimeoutMs;
  outputs_.emplace_back(SendList{++call_, std::move(request)});
}

void ReflectorFsm::open_watch(std::int64_t now_ns) {
  const std::int64_t seconds = synced_ ? kWatchLeastS + jitter_.below(kWatchSpreadS + 1) : kShortWatchS;
  phase_ = Phase::kOpening;
  wake_at_ns_ = now_ns + seconds * kSecond + kOverdueNs;
  advanced_ = false;
  splitter_.clear();
  ApiRequest request;
  request.target = source_.path + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + std::to_string(*position_) +
                   "&timeoutSeconds=" + std::to_string(seconds);
  if (source_.metadata_only) request.accept = kMetadata;
  request.timeout_ms = kOpenTimeoutMs;
  outputs_.emplace_back(OpenStream{++call_, std::move(request)});
}

void ReflectorFsm::wait(std::int64_t now_ns, std::int64_t delay_ns, Step step) {
  phase_ = Phase::kWaiting;
  next_step_ = step;
  wake_at_ns_ = now_ns + delay_ns;
}

void ReflectorFsm::retry(std::int64_t now_ns, const ApiStatus& problem, Step step) {
  const std::int64_t asked_ns = problem.retry_after_s.value_or(0) * kSecond;
  wait(now_ns, std::max(backoff_.next_delay_ns(now_ns), asked_ns), step);
  outputs_.emplace_back(Trouble{problem.code, problem.message, *wake_at_ns_ - now_ns});
}

// ---- lists --------------------------------------------------------------------------------------------------

void ReflectorFsm::learned(std::int64_t now_ns, const ApiStatus& problem) {
  if (problem.code != 200) return retry(now_ns, problem, Step::kLearn);
  const Result<ListPage> page = reader_.read_list(page_body_);
  if (!page) return retry(now_ns, no_answer(page.error().message), Step::kLearn);
  if (page->resource_version < *position_) {
    lose_position("the cluster is at version " + std::to_string(page->resource_version) + ", which is older than " +
                  std::to_string(*position_) + ", where this journal was: it was restored from a backup");
    return run(now_ns, Step::kList);
  }
  target_ = page->resource_version;
  advance(*position_);
  run(now_ns, Step::kWatch);
}

void ReflectorFsm::page_arrived(std::int64_t now_ns, const ApiStatus& problem) {
  if (problem.code != 200) return page_failed(now_ns, problem);
  const Result<ListPage> page = reader_.read_list(page_body_);
  const bool first = continue_token_.empty();
  if (!page || (!first && page->resource_version != list_version_)) {
    abort_list(page ? "a page is of another version than the first" : page.error().message);
    return retry(now_ns, no_answer(page ? "the pages of a list disagree" : page.error().message), Step::kList);
  }
  if (first) {
    list_began_ = true;
    list_version_ = page->resource_version;
    outputs_.emplace_back(ListBegan{list_version_});
  }
  for (const std::string_view item : page->items) outputs_.emplace_back(ListObject{item});
  page_failures_ = 0;
  continue_token_ = page->continue_token;
  if (!continue_token_.empty()) return run(now_ns, Step::kPage);
  outputs_.emplace_back(ListEnded{list_version_});
  list_began_ = false;
  unpaged_ = false;
  just_listed_ = true;
  watch_failures_ = 0;
  target_ = list_version_;
  advance(list_version_);
  run(now_ns, Step::kWatch);
}

// A page is asked for again while its snapshot may still live; else the list begins anew, without pages if it was
// the pages that took too long.
void ReflectorFsm::page_failed(std::int64_t now_ns, const ApiStatus& problem) {
  if (is_expired(problem) && list_began_) {
    abort_list(problem.message);
    unpaged_ = true;
    outputs_.emplace_back(Trouble{problem.code, problem.message, 0});
    return run(now_ns, Step::kList);
  }
  unpaged_ = false;
  const bool passing = problem.code == 0 || problem.code == 429 || problem.code >= 500;
  if (passing && list_began_ && ++page_failures_ <= kPageRetries) return retry(now_ns, problem, Step::kPage);
  abort_list(problem.message);
  retry(now_ns, problem, Step::kList);
}

void ReflectorFsm::abort_list(const std::string& reason) {
  if (list_began_) outputs_.emplace_back(ListAborted{reason});
  list_began_ = false;
}

// ---- watches ------------------------------------------------------------------------------------------------

void ReflectorFsm::take_line(std::int64_t now_ns, std::string_view text) {
  const Result<WatchLine> line = reader_.read_watch_line(text);
  if (!line) return stream_unreadable(now_ns, line.error().message);
  if (line->type == WatchLine::Type::kError) {
    outputs_.emplace_back(CloseStream{call_});
    return watch_failed(now_ns, read_status(0, line->object));
  }
  if (line->type == WatchLine::Type::kBookmark) {
    if (line->resource_version == 0) return stream_unreadable(now_ns, "a bookmark has no resourceVersion");
    outputs_.emplace_back(Bookmark{line->resource_version});
  } else {
    outputs_.emplace_back(WatchObject{line->type, line->object});
  }
  advance(line->resource_version);
}

void ReflectorFsm::advance(ResourceVersion version) {
  if (!position_ || version > *position_) {
    advanced_ = true;
    watch_failures_ = 0;
    if (phase_ == Phase::kStreaming) just_listed_ = false;
    position_ = version;
  }
  if (*position_ >= target_) {
    synced_ = true;
    short_watches_ = 0;
  }
}

// The server refused the watch, or ended it with an ERROR. Outages leave the position as it is; what may come from
// the position itself is tried a few times and then cured by a list.
void ReflectorFsm::watch_failed(std::int64_t now_ns, const ApiStatus& problem) {
  if (is_expired(problem)) {
    lose_position(problem.message);
    if (just_listed_) return retry(now_ns, problem, Step::kList);  // the list itself was too old: not at once again
    return run(now_ns, Step::kList);
  }
  if (is_outage(problem)) return retry(now_ns, problem, Step::kWatch);
  if (++watch_failures_ > kWatchRetries) {
    watch_failures_ = 0;
    lose_position(problem.message);
    return retry(now_ns, problem, Step::kList);
  }
  if (problem.version_too_large || problem.code == 504) {
    wait(now_ns, problem.retry_after_s.value_or(1) * kSecond, Step::kWatch);
    outputs_.emplace_back(Trouble{problem.code, problem.message, *wake_at_ns_ - now_ns});
    return;
  }
  retry(now_ns, problem, Step::kWatch);
}

void ReflectorFsm::stream_unreadable(std::int64_t now_ns, const std::string& message) {
  outputs_.emplace_back(CloseStream{call_});
  lose_position(message);
  retry(now_ns, no_answer(message), Step::kList);
}

void ReflectorFsm::lose_position(const std::string& reason) {
  outputs_.emplace_back(Blind{reason});
  position_.reset();
  target_ = 0;
  synced_ = false;
  short_watches_ = 0;
}

ReflectorOutputs ReflectorFsm::take_outputs() { return std::exchange(outputs_, {}); }

}  // namespace bw
