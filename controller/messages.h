// What goes into the controller and what comes out of it: the whole of its contact with the world. Values only; the
// shell (loop.cpp) and the simulator both speak nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/audit_reports.h"
#include "extender/router.h"
#include "journal/event.h"
#include "journal/journal_writer.h"
#include "kube/api.h"

namespace bw {

// The clocks, read once per input.
struct Instant {
  Timestamp wall;
  std::int64_t monotonic_ns = 0;
};

using RequestId = std::uint64_t;  // of a request or stream to the API server
using CallId = std::uint64_t;     // of an HTTP request that we serve

// ---- inputs -------------------------------------------------------------------------------------------------

// An HTTP request to one of our doors, already routed.
struct CallArrived {
  CallId call = 0;
  RouteMatch match;
  std::string query;
  std::string body;  // with kBodyPadding behind it, as capacity
};

struct RequestAnswered {
  RequestId request = 0;
  Result<ApiResponse> result;
};

struct StreamOpened {
  RequestId stream = 0;
  ApiResponse head;  // any status; the body of an error is in it
};

struct StreamData {
  RequestId stream = 0;
  std::string bytes;
};

struct StreamEnded {
  RequestId stream = 0;
  std::optional<Error> error;
};

// Everything up to `sequence` is on disk.
struct BecameDurable {
  Sequence sequence = 0;
};

// How much room the journal's disk has, asked for every second.
struct SpaceMeasured {
  std::uint64_t free_bytes = 0;  // beside the reserve
  bool reserve_held = false;
  std::string problem;  // one sentence: why the reserve could not be set aside; "" otherwise
};

struct Tick {};

struct StopAsked {};

using Input = std::variant<CallArrived, RequestAnswered, StreamOpened, StreamData, StreamEnded, BecameDurable,
                           AuditReported, SpaceMeasured, Tick, StopAsked>;

// ---- outputs ------------------------------------------------------------------------------------------------

struct AnswerCall {
  CallId call = 0;
  int status = 200;
  std::string body;
  bool json = true;  // else one sentence of text
};

struct SendRequest {
  RequestId request = 0;
  ApiRequest what;
};

struct OpenWatch {
  RequestId stream = 0;
  ApiRequest what;
};

struct CloseWatch {
  RequestId stream = 0;
};

struct WriteRecords {
  RecordBatch batch;
};

// For the auditor, to compare with its own.
struct NoteDigest {
  DigestNote note;
};

// For the auditor: the event is durable, so what it says may be done.
struct RemoveHistory {
  HistoryCut cut;
};

// The room that is set aside beside the journal: to be taken, or to be given up.
struct KeepReserve {
  bool held = false;
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string text;
};

// The daemon is to end; everything owed has been answered.
struct Finished {
  int exit_code = 0;
  std::string sentence;  // "" for an orderly end
};

// The journal ends before a head of its own that the cluster knows, or does not lead to it: it is to be set aside, and
// a new one begun with this fact.
struct SetJournalAside {
  HistoryLost lost;
};

using Output = std::variant<SetJournalAside, AnswerCall, SendRequest, OpenWatch, CloseWatch, WriteRecords, NoteDigest,
                            RemoveHistory, KeepReserve, LogLine, Finished>;
using Outputs = std::vector<Output>;

}  // namespace bw
