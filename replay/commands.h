// The commands of bwreplay, on any journal. Each writes its answer to `out` and gives the exit code; what it cannot
// answer is an Error. Thread: one.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "journal/journal.h"
#include "replay/instant.h"
#include "replay/output.h"
#include "replay/verification.h"

namespace bw::replay {

struct LogOptions {
  std::optional<Instant> from;  // absent: from the first event
  std::optional<Instant> to;    // absent: to the end
  std::string kind;             // only facts of this kind; "": all
  std::string pod;              // only facts that name NAMESPACE/POD; "": all
  // At the end, waits for more to be written; false: it is enough. Null: the end is the end.
  std::function<Result<bool>()> wait;
};
Result<ExitCode> log(const JournalReader& journal, const LogOptions& options, Format format, std::ostream& out);

struct AtOptions {
  Instant instant;
  bool reservations = false;  // in a table or CSV: one row for each, in place of one for each node
};
Result<ExitCode> at(const JournalReader& journal, const AtOptions& options, Format format, std::ostream& out);

Result<ExitCode> verify(const JournalReader& journal, const VerifyOptions& options, Format format, std::ostream& out);

struct ExplainOptions {
  std::string space;
  std::string pod;
  Instant instant;
  std::optional<std::uint32_t> attempt;  // absent: the last one up to the instant
};
Result<ExitCode> explain(const JournalReader& journal, const ExplainOptions& options, Format format, std::ostream& out);

struct AuditOptions {
  Instant from;
  Instant to;
  bool strict = false;    // every group is charged on all links
  bool progress = false;  // on standard error, which is a terminal
};
Result<ExitCode> audit(const JournalReader& journal, const AuditOptions& options, Format format, std::ostream& out);

}  // namespace bw::replay
