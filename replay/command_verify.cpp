#include <nlohmann/json.hpp>
#include <ostream>

#include "extender/state_json.h"
#include "journal/chain.h"
#include "projections/time_text.h"
#include "replay/commands.h"
#include "replay/verification.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

std::string_view comparison_text(HeadComparison comparison) {
  switch (comparison) {
    case HeadComparison::kHolds:
      return "holds";
    case HeadComparison::kDiffers:
      return "broken";
    case HeadComparison::kShorter:
      return "shorter";
    case HeadComparison::kCutOff:
      return "cut off";
    case HeadComparison::kOtherJournal:
      break;
  }
  return "of another journal";
}

Json count_json(const Count& count) {
  Json json = {{"checked", count.checked}, {"differ", count.differ}};
  if (count.not_checked != 0) json["notChecked"] = count.not_checked;
  return json;
}

void write_json(const Verification& verification, const JournalBounds& bounds, std::ostream& out) {
  Json json = {{"result", verification.result()},
               {"firstSequence", bounds.first},
               {"lastSequence", verification.proved.sequence},
               {"headHash", to_hex(verification.proved.hash)},
               {"checked", verification.checked},
               {"refold", verification.refold_ok() ? "ok" : "differs"},
               {"id", to_hex(verification.state->journal)},
               {"firstTime", format_rfc3339(verification.first_time, 9)},
               {"lastTime", format_rfc3339(verification.last_time, 9)},
               {"bytes", verification.bytes},
               {"digest", digest_text(verification.state->digest)},
               {"decisions", count_json(verification.decisions)},
               {"snapshots", count_json(verification.snapshots)},
               {"anchors", Json::array()}};
  for (const auto& [anchor, comparison] : verification.anchors) {
    json["anchors"].push_back({{"sequence", anchor.head.sequence},
                               {"headHash", to_hex(anchor.head.hash)},
                               {"result", comparison_text(comparison)}});
  }
  if (verification.state->not_understood != 0) json["notUnderstood"] = verification.state->not_understood;
  if (verification.first_difference != 0) json["firstDifference"] = verification.first_difference;
  if (!verification.broken.empty()) json["broken"] = verification.broken;
  out << json.dump() << "\n";
}

void write_csv(const Verification& verification, const JournalBounds& bounds, std::ostream& out) {
  Table table({"result", "firstSequence", "lastSequence", "headHash", "checked", "refold", "id", "digest"});
  table.add({std::string(verification.result()), std::to_string(bounds.first),
             std::to_string(verification.proved.sequence), to_hex(verification.proved.hash),
             std::to_string(verification.checked), verification.refold_ok() ? "ok" : "differs",
             to_hex(verification.state->journal), digest_text(verification.state->digest)});
  table.write(out, Format::kCsv);
}

std::string count_text(const Count& count, const char* done) {
  std::string text = std::to_string(count.checked) + " " + done + ", " + std::to_string(count.differ) + " differ";
  if (count.not_checked != 0) text += ", " + std::to_string(count.not_checked) + " cannot be";
  return text;
}

std::string result_text(const Verification& verification) {
  std::string text(verification.result());
  if (!verification.refold_ok()) text = text == "ok" ? "differs" : text + ", differs";
  if (text != "ok") return text;
  return verification.exit_code() == kUnknown ? "unknown: an anchor is of events that were cut off" : text;
}

void write_table(const Verification& verification, const JournalBounds& bounds, std::ostream& out) {
  out << "journal    " << to_hex(verification.state->journal) << "\n";
  if (verification.checked == 0) {
    out << "slice      nothing\n";
  } else {
    out << "slice      " << bounds.first << " to " << bounds.first + verification.checked - 1 << ", "
        << format_rfc3339(verification.first_time, 3) << " to " << format_rfc3339(verification.last_time, 3) << "\n"
        << "events     " << verification.checked << " read, hashed and folded; " << verification.bytes << " bytes\n";
  }
  const Head& proved = verification.proved;
  out << "chain      "
      << (verification.broken.empty() ? "holds; head " + std::to_string(proved.sequence) + ":" + to_hex(proved.hash)
                                      : verification.broken)
      << "\n"
      << "decisions  " << count_text(verification.decisions, "made again") << "\n"
      << "snapshots  " << count_text(verification.snapshots, "compared") << "\n";
  if (const std::uint64_t count = verification.state->not_understood; count != 0) {
    out << "unknown    " << count << (count == 1 ? " event is of a kind" : " events are of kinds")
        << " that this version does not understand: use a newer bwreplay\n";
  }
  if (verification.first_difference != 0) {
    out << "differs    first at sequence " << verification.first_difference << "\n";
  }
  for (const auto& [anchor, comparison] : verification.anchors) {
    out << "anchor     " << to_text(anchor) << " " << comparison_text(comparison);
    if (comparison == HeadComparison::kDiffers) out << ": the events up to it are not those that were written";
    if (comparison == HeadComparison::kShorter) {
      out << ": at least " << anchor.head.sequence - bounds.head.sequence << " events are lost behind the end";
    }
    if (comparison == HeadComparison::kCutOff) out << ": it is of events that are not kept any more";
    out << "\n";
  }
  out << "result     " << result_text(verification) << "\n";
}

}  // namespace

Result<ExitCode> verify(const JournalReader& journal, const VerifyOptions& options, Format format, std::ostream& out) {
  const JournalBounds bounds = journal.bounds();
  const Result<Verification> verification = verify_journal(journal, options);
  if (!verification) return verification.error();
  if (format == Format::kJson) {
    write_json(*verification, bounds, out);
  } else if (format == Format::kCsv) {
    write_csv(*verification, bounds, out);
  } else {
    write_table(*verification, bounds, out);
  }
  return verification->exit_code();
}

}  // namespace bw::replay
