// The commands of bwreplay. Each writes to `out` and gives the exit code; trouble goes to standard error. Thread: one.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "journal/journal.h"
#include "replay/fold.h"
#include "replay/output.h"

namespace bw::replay {

struct LogOptions {
  Instant from;      // neither: from the start
  Instant to;        // neither: to the end
  std::string kind;  // only facts of this kind; "": all
  std::string pod;   // only facts that name NAMESPACE/POD; "": all
};
int log(const JournalReader& journal, const LogOptions& options, Format format, std::ostream& out);

int at(const JournalReader& journal, const Instant& instant, Format format, std::ostream& out);

struct VerifyOptions {
  bool decisions = true;  // decide again, and compare
  bool progress = false;  // on standard error
};
int verify(const JournalReader& journal, const VerifyOptions& options, Format format, std::ostream& out);

// `attempt`: a sequence of a filter decision of the pod, or one of its attempts; absent: the last one.
int explain(const JournalReader& journal, const std::string& space, const std::string& pod, const Instant& instant,
            Format format, std::ostream& out);

}  // namespace bw::replay
