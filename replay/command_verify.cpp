#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "extender/state_json.h"
#include "journal/chain.h"
#include "replay/commands.h"
#include "replay/redecide.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

struct Findings {
  Sequence checked = 0;
  std::uint64_t decisions = 0;
  std::uint64_t decisions_differ = 0;
  Sequence first_difference = 0;
  std::uint64_t snapshots = 0;
  bool digests_differ = false;
  std::string broken;  // the sentence that says where

  bool refold_ok() const { return !digests_differ && decisions_differ == 0; }
  bool holds() const { return broken.empty() && refold_ok(); }
};

class Progress {
 public:
  Progress(bool shown, Sequence total) : shown_(shown), total_(total) {}
  ~Progress() {
    if (written_) std::cerr << "\r" << std::string(60, ' ') << "\r";
  }
  void at(Sequence sequence) {
    if (!shown_ || sequence % 4096 != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(250);
    written_ = true;
    std::cerr << "\rverifying " << sequence << " of " << total_ << std::flush;
  }

 private:
  const bool shown_;
  const Sequence total_;
  bool written_ = false;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

void compare_snapshot(const State& state, const Event& event, std::map<Sequence, std::uint64_t>& digests,
                      Findings& findings) {
  const auto* taken = std::get_if<SnapshotTaken>(&event.fact);
  if (taken == nullptr || taken->rules_version != kRulesVersion) return;
  const auto digest = digests.find(taken->sequence);
  if (digest == digests.end()) return;
  ++findings.snapshots;
  if (digest->second == taken->state_digest) return;
  findings.digests_differ = true;
  if (findings.first_difference == 0) findings.first_difference = state.applied;
}

Findings fold_all(Fold& fold, const JournalReader& journal, const VerifyOptions& options) {
  Findings findings;
  Redecider redecider;
  Progress progress(options.progress, journal.bounds().head.sequence);
  std::map<Sequence, std::uint64_t> digests;  // of the last sequences: a snapshot's fact comes a little after it
  bool same_rules = false;
  while (true) {
    const Result<bool> more = fold.next();
    if (!more) {
      findings.broken = more.error().message;
      return findings;
    }
    if (!*more) return findings;
    const Event& event = fold.event();
    if (const auto* epoch = std::get_if<EpochBegan>(&event.fact)) same_rules = epoch->rules_version == kRulesVersion;
    if (options.decisions && same_rules) {
      const Redecided redecided = redecider.check(fold.state(), event);
      if (redecided != Redecided::kNoDecision) ++findings.decisions;
      if (redecided == Redecided::kDiffers) {
        ++findings.decisions_differ;
        if (findings.first_difference == 0) findings.first_difference = event.sequence;
      }
    }
    fold.apply_event();
    compare_snapshot(fold.state(), event, digests, findings);
    digests[event.sequence] = fold.state().digest;
    if (digests.size() > 100'000) digests.erase(digests.begin());
    ++findings.checked;
    progress.at(findings.checked);
  }
}

void write_json(const Findings& findings, const JournalBounds& bounds, const Fold& fold, std::ostream& out) {
  Json json = {{"result", findings.broken.empty() ? "ok" : "broken"},
               {"firstSequence", bounds.first},
               {"lastSequence", fold.state().applied},
               {"headHash", to_hex(fold.head().hash)},
               {"id", to_hex(fold.state().journal)},
               {"checked", findings.checked},
               {"refold", findings.refold_ok() ? "ok" : "differs"},
               {"decisions", {{"checked", findings.decisions}, {"differ", findings.decisions_differ}}},
               {"snapshots", findings.snapshots},
               {"digest", digest_text(fold.state().digest)}};
  if (findings.first_difference != 0) json["firstDifference"] = findings.first_difference;
  if (!findings.broken.empty()) json["broken"] = findings.broken;
  out << json.dump() << "\n";
}

}  // namespace

int verify(const JournalReader& journal, const VerifyOptions& options, Format format, std::ostream& out) {
  Result<Fold> fold = Fold::begin(journal, true);
  if (!fold) return report(fold.error());
  const JournalBounds bounds = journal.bounds();
  Findings findings = fold_all(*fold, journal, options);
  if (findings.broken.empty() && fold->head() != bounds.head) {
    findings.broken = "the chain over the events gives another head than the journal holds";
  }
  if (format == Format::kJson) {
    write_json(findings, bounds, *fold, out);
    return findings.holds() ? kHolds : kDoesNotHold;
  }
  out << "journal   " << to_hex(fold->state().journal) << "\n"
      << "events    " << bounds.first << " to " << fold->state().applied << ", " << findings.checked
      << " read, hashed and folded\n"
      << "chain     " << (findings.broken.empty() ? "holds; head " + to_hex(fold->head().hash) : findings.broken)
      << "\n"
      << "decisions " << findings.decisions << " made again, " << findings.decisions_differ << " differ";
  if (findings.first_difference != 0) out << "; the first at sequence " << findings.first_difference;
  out << "\nsnapshots " << findings.snapshots << " compared" << (findings.digests_differ ? ", digests differ" : "")
      << "\nresult    " << (findings.holds() ? "ok" : "BROKEN") << "\n";
  return findings.holds() ? kHolds : kDoesNotHold;
}

}  // namespace bw::replay
