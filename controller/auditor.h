// The third thread: folds what is durable into a state of its own, proves the chain, compares digests with the live
// state's, writes snapshots, and removes what retention has cut off. It has a low priority and works in small steps, so
// that it takes no time from the scheduler's calls. It exchanges values: notes go in, reports come out.
//
// Threads: the public members are called by one thread, the state's; the callbacks run on the auditor's.
#pragma once

#include <functional>
#include <memory>

#include "controller/audit_work.h"

namespace bw {

class Auditor {
 public:
  struct Callbacks {
    std::function<void(AuditReported)> report;
    // The journal could not be written when history was removed; nothing more is done.
    std::function<void(const Error&)> failed;
  };

  // `journal` must outlive the auditor. `durable`: what of it was on disk when it was opened.
  Auditor(Journal& journal, Sequence durable, AuditOptions options, Callbacks callbacks);
  ~Auditor();

  // Everything up to here is on disk.
  void became_durable(Sequence sequence);

  // What the live state's digest was, in the order of sequences.
  void note(const DigestNote& note);

  // The event that says so is durable: what is before `cut.first` is removed.
  void remove(const HistoryCut& cut);

  // Ends the thread, after the step that is under way. Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bw
