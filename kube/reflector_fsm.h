// Follows all objects of one kind: a consistent list in pages, then watches that go on where the last one ended. A
// sans-io machine, one per stream: it asks for requests, is told their outcome, and delivers what it learned in
// order. No clock, no randomness but its seed. The server's side: Kubernetes API concepts, "Efficient detection of
// changes"; the delays are those of client-go's reflector.
//
// A list is delivered page by page, so that memory is bounded by one page whatever the size of the cluster; a list
// that breaks ends with ListAborted in place of ListEnded, and its objects are then observations like others, but
// prove no absence. A list that replaces a position the machine once had is preceded by Blind.
//
// One thread at a time. Views in outputs are valid until the next call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "journal/types.h"
#include "kube/api.h"
#include "kube/backoff.h"
#include "kube/line_splitter.h"
#include "kube/wire.h"

namespace bw {

// What to follow.
struct ReflectorSource {
  std::string path;            // of the collection: "/api/v1/pods"
  bool metadata_only = false;  // ask for PartialObjectMetadata
  bool operator==(const ReflectorSource&) const = default;
};

// Where each stream's objects are; metadata only, where nothing else is read.
ReflectorSource source_of(Stream stream);

// ---- what the machine delivers, in order --------------------------------------------------------------------

struct ListBegan {
  ResourceVersion resource_version = 0;  // lower than a position known before: the cluster was restored
};
struct ListObject {
  std::string_view json;
};
struct ListEnded {
  ResourceVersion resource_version = 0;  // may be resumed from
};
struct ListAborted {
  std::string reason;
};
struct WatchOpened {};
struct WatchObject {
  WatchLine::Type type = WatchLine::Type::kAdded;  // kAdded, kModified or kDeleted
  std::string_view json;
};
struct Bookmark {
  ResourceVersion resource_version = 0;
};
// The position is lost: what happened between it and the list that follows will not be seen.
struct Blind {
  std::string reason;
};
// Something failed and will be tried again; for the log and the metrics.
struct Trouble {
  int status = 0;       // HTTP; 0: no answer
  std::string message;  // one sentence
  std::int64_t retry_in_ns = 0;
};

// ---- what it asks for ---------------------------------------------------------------------------------------

struct SendList {
  std::uint64_t call = 0;
  ApiRequest request;
};
struct OpenStream {
  std::uint64_t call = 0;
  ApiRequest request;
};
struct CloseStream {
  std::uint64_t call = 0;
};

using ReflectorOutput = std::variant<ListBegan, ListObject, ListEnded, ListAborted, WatchOpened, WatchObject, Bookmark,
                                     Blind, Trouble, SendList, OpenStream, CloseStream>;
using ReflectorOutputs = std::vector<ReflectorOutput>;

class ReflectorFsm {
 public:
  ReflectorFsm(ReflectorSource source, std::uint64_t seed);

  // Begins, once. With a version it resumes there: it first learns the version L that a consistent list has now, then
  // watches; the stream is synced when it has passed L. Times are of any clock that does not go back.
  ReflectorOutputs start(std::int64_t now_ns, std::optional<ResourceVersion> resume_from);

  // Not synced again until everything has been delivered up to a consistent list that is made from now on.
  ReflectorOutputs confirm(std::int64_t now_ns);

  // The outcome of call number `call`. What comes in for an earlier call is late and changes nothing.
  ReflectorOutputs list_answered(std::int64_t now_ns, std::uint64_t call, Result<ApiResponse> result);
  ReflectorOutputs stream_opened(std::int64_t now_ns, std::uint64_t call, const ApiResponse& response);  // any status
  ReflectorOutputs stream_data(std::int64_t now_ns, std::uint64_t call, std::string_view bytes);
  ReflectorOutputs stream_ended(std::int64_t now_ns, std::uint64_t call, const std::optional<Error>& error);

  // To be called at wake_at_ns() or later; earlier calls change nothing.
  ReflectorOutputs tick(std::int64_t now_ns);
  std::optional<std::int64_t> wake_at_ns() const { return wake_at_ns_; }

  // Everything up to a consistent list has been delivered that was made after start(), the last confirm() and the
  // last Blind.
  bool synced() const { return synced_; }
  // Everything up to here has been delivered; nothing: a list is needed.
  std::optional<ResourceVersion> position() const { return position_; }

 private:
  enum class Phase : std::uint8_t { kIdle, kLearning, kListing, kOpening, kStreaming, kWaiting };
  enum class Step : std::uint8_t { kLearn, kList, kPage, kWatch };  // what follows a wait

  void run(std::int64_t now_ns, Step step);
  void send_list(const std::string& query, Phase phase);
  void open_watch(std::int64_t now_ns);
  void wait(std::int64_t now_ns, std::int64_t delay_ns, Step step);
  void retry(std::int64_t now_ns, const ApiStatus& problem, Step step);
  void learned(std::int64_t now_ns, const ApiStatus& problem);
  void page_arrived(std::int64_t now_ns, const ApiStatus& problem);
  void page_failed(std::int64_t now_ns, const ApiStatus& problem);
  void abort_list(const std::string& reason);
  void take_line(std::int64_t now_ns, std::string_view text);
  void advance(ResourceVersion version);
  void watch_failed(std::int64_t now_ns, const ApiStatus& problem);
  void stream_unreadable(std::int64_t now_ns, const std::string& message);
  void lose_position(const std::string& reason);
  ReflectorOutputs take_outputs();

  ReflectorSource source_;
  Backoff backoff_;
  Jitter jitter_;
  EnvelopeReader reader_;
  LineSplitter splitter_;

  Phase phase_ = Phase::kIdle;
  Step next_step_ = Step::kList;
  std::uint64_t call_ = 0;
  std::optional<std::int64_t> wake_at_ns_;
  std::optional<ResourceVersion> position_;
  ResourceVersion target_ = 0;  // synced once position_ is not below it
  bool synced_ = false;

  std::string page_body_;  // the views of the page being delivered point into it
  std::string continue_token_;
  ResourceVersion list_version_ = 0;
  bool list_began_ = false;
  bool unpaged_ = false;  // the next list is made in one page: the last one expired between pages
  int page_failures_ = 0;

  std::int64_t opened_at_ns_ = 0;
  bool advanced_ = false;     // the watch has moved the position
  bool just_listed_ = false;  // no watch has moved the position since the last list
  int watch_failures_ = 0;    // in a row, of a kind that a new list may cure
  int short_watches_ = 0;     // of a resume that is not synced yet

  ReflectorOutputs outputs_;
};

}  // namespace bw
