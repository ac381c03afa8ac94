#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "projections/time_text.h"
#include "replay/audit.h"
#include "replay/commands.h"
#include "replay/fold.h"
#include "replay/progress.h"

namespace bw::replay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLinksInTable = 20;

std::string_view verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kFail:
      break;
  }
  return "fail";
}

ExitCode exit_code_of(Verdict verdict) {
  if (verdict == Verdict::kFail) return kDoesNotHold;
  return verdict == Verdict::kUnknown ? kUnknown : kHolds;
}

BitsPerSecond cut(Int128 rate) {
  using Limits = std::numeric_limits<BitsPerSecond>;
  return static_cast<BitsPerSecond>(std::clamp<Int128>(rate, Limits::min(), Limits::max()));
}

Rates cut(const Sum& sum) { return {cut(sum.ul), cut(sum.dl)}; }

std::string link_text(const AuditedLink& link) {
  return link.node.empty() ? "uplink " + link.name : link.name + " of " + link.node;
}

std::string count_text(const SomeNames& names) {
  return (names.more() ? "more than " : "") + std::to_string(names.names().size());
}

// "2 groups discounted, 1 pod unshaped".
std::string assumptions_text(const Assumptions& assumptions) {
  std::string text;
  const auto add = [&](const SomeNames& names, const char* what) {
    if (!names.empty()) text += (text.empty() ? "" : ", ") + count_text(names) + what;
  };
  add(assumptions.discounted_groups, " discounted");
  add(assumptions.unshaped_pods, " unshaped");
  add(assumptions.pods_without_request, " without request");
  return text;
}

// What a pass of the whole takes for granted, a sentence each.
std::vector<std::string> assumed(const AuditReport& report) {
  std::size_t discounted = 0, unshaped = 0, without = 0;
  for (const LinkReport& link : report.links) {
    if (!link.assumptions.discounted_groups.empty()) ++discounted;
    if (!link.assumptions.unshaped_pods.empty()) ++unshaped;
    if (!link.assumptions.pods_without_request.empty()) ++without;
  }
  std::vector<std::string> sentences;
  const auto on = [](std::size_t links) { return " (" + std::to_string(links) + (links == 1 ? " link)" : " links)"); };
  if (discounted != 0) sentences.push_back("groups that meet below a link send nothing over it" + on(discounted));
  if (unshaped != 0) sentences.push_back("pods on the host's network keep to their request" + on(unshaped));
  if (without != 0) sentences.push_back("pods without a request send nothing" + on(without));
  if (report.unreadable != 0) {
    sentences.push_back("what could not be read asks for nothing (" + std::to_string(report.unreadable) + " times)");
  }
  return sentences;
}

// ---- JSON ----

Json rates_json(const Rates& rates) { return {{"ulBitsPerSecond", rates.ul}, {"dlBitsPerSecond", rates.dl}}; }

Json point_json(const Point& point) { return {{"sequence", point.sequence}, {"time", format_rfc3339(point.time, 9)}}; }

void add_link(Json& json, const AuditedLink& link) {
  if (!link.node.empty()) json["node"] = link.node;
  json[link.node.empty() ? "uplink" : "link"] = link.name;
}

Json names_json(const SomeNames& names) { return Json(names.names()); }

Json link_json(const LinkReport& report) {
  Json json = Json::object();
  add_link(json, report.link);
  json["verdict"] = verdict_text(report.verdict);
  json["leastRoom"] = rates_json(cut(report.least_room));
  const Assumptions& assumptions = report.assumptions;
  json["assumptions"] = {{"discountedGroups", names_json(assumptions.discounted_groups)},
                         {"unshapedPods", names_json(assumptions.unshaped_pods)},
                         {"podsWithoutRequest", names_json(assumptions.pods_without_request)}};
  if (assumptions.discounted_groups.more() || assumptions.unshaped_pods.more() ||
      assumptions.pods_without_request.more()) {
    json["assumptions"]["namesOmitted"] = true;
  }
  return json;
}

Json breach_json(const Breach& breach) {
  Json json = Json::object();
  add_link(json, breach.link);
  json["direction"] = breach.direction == Direction::kUl ? "ul" : "dl";
  json["sequence"] = breach.began.sequence;
  json["time"] = format_rfc3339(breach.began.time, 9);
  if (breach.ended) json["until"] = point_json(*breach.ended);
  json["durationMilliseconds"] = breach.duration_ns / kNanosecondsPerMillisecond;
  json["depthBitsPerSecond"] = cut(breach.depth);
  json["deepestSequence"] = breach.deepest;
  json["byDecision"] = breach.by_decision;
  if (!breach.cause_kind.empty()) json["cause"] = {{"kind", breach.cause_kind}, {"subject", breach.cause_subject}};
  json["pods"] = breach.pods;
  if (breach.pods_omitted != 0) json["podsOmitted"] = breach.pods_omitted;
  json["proved"] = breach.proved;
  return json;
}

Json gap_json(const Gap& gap) {
  Json json = {{"stream", gap.stream ? Json(stream_name(*gap.stream)) : Json("all")}, {"since", point_json(gap.since)}};
  if (gap.until) json["until"] = point_json(*gap.until);
  json["reason"] = gap.reason;
  if (gap.stream && gap.until) json["found"] = {{"changed", gap.changed}, {"added", gap.added}, {"gone", gap.gone}};
  return json;
}

void write_json(const AuditReport& report, std::ostream& out) {
  Json json = {{"verdict", verdict_text(report.verdict)},
               {"strict", report.strict},
               {"from", point_json(report.from)},
               {"to", point_json(report.to)},
               {"events", report.events},
               {"assuming", assumed(report)},
               {"links", Json::array()},
               {"breaches", Json::array()},
               {"gaps", Json::array()}};
  for (const LinkReport& link : report.links) json["links"].push_back(link_json(link));
  for (const Breach& breach : report.breaches) json["breaches"].push_back(breach_json(breach));
  for (const Gap& gap : report.gaps) json["gaps"].push_back(gap_json(gap));
  out << json.dump() << "\n";
}

// ---- CSV: the links ----

void write_csv(const AuditReport& report, std::ostream& out) {
  Table table({"node", "link", "verdict", "leastRoomUlBitsPerSecond", "leastRoomDlBitsPerSecond", "breaches",
               "discountedGroups", "unshapedPods", "podsWithoutRequest"});
  for (const LinkReport& link : report.links) {
    const auto breaches = std::ranges::count(report.breaches, link.link, &Breach::link);
    const Rates room = cut(link.least_room);
    table.add({link.link.node, link.link.name, std::string(verdict_text(link.verdict)), std::to_string(room.ul),
               std::to_string(room.dl), std::to_string(breaches), count_text(link.assumptions.discounted_groups),
               count_text(link.assumptions.unshaped_pods), count_text(link.assumptions.pods_without_request)});
  }
  table.write(out, Format::kCsv);
}

// ---- a table for people ----

std::string seconds_text(std::int64_t duration_ns) {
  const std::int64_t milliseconds = duration_ns / kNanosecondsPerMillisecond;
  std::string rest = std::to_string(milliseconds % 1000 + 1000).substr(1);
  return std::to_string(milliseconds / 1000) + "." + rest + " s";
}

void write_breaches(const AuditReport& report, std::ostream& out) {
  if (report.breaches.empty()) return;
  Table table({"OVER", "DIRECTION", "SEQUENCE", "TIME", "DEPTH", "DURATION", "BY", "CAUSE", "PODS", "PROVED"});
  for (const Breach& breach : report.breaches) {
    table.add({link_text(breach.link), breach.direction == Direction::kUl ? "ul" : "dl",
               std::to_string(breach.began.sequence), format_rfc3339(breach.began.time, 3),
               megabits_text(cut(breach.depth)),
               seconds_text(breach.duration_ns) + (breach.ended ? "" : ", to the end"),
               breach.by_decision ? "a decision" : "others",
               breach.cause_kind.empty() ? "before" : breach.cause_kind + " " + breach.cause_subject,
               std::to_string(breach.pods.size() + breach.pods_omitted), breach.proved ? "yes" : "no"});
  }
  out << "\n";
  table.write(out, Format::kTable);
}

void write_gaps(const AuditReport& report, std::ostream& out) {
  if (report.gaps.empty()) return;
  Table table({"BLIND-ON", "SINCE", "UNTIL", "REASON"});
  const auto point_text = [](const Point& point) {
    return std::to_string(point.sequence) + " (" + format_rfc3339(point.time, 3) + ")";
  };
  for (const Gap& gap : report.gaps) {
    table.add({gap.stream ? std::string(stream_name(*gap.stream)) : "all", point_text(gap.since),
               gap.until ? point_text(*gap.until) : "-", gap.reason});
  }
  out << "\n";
  table.write(out, Format::kTable);
}

// The tightest links first, after those that did not pass.
void write_links(const AuditReport& report, std::ostream& out) {
  std::vector<const LinkReport*> links;
  for (const LinkReport& link : report.links) links.push_back(&link);
  const auto tightness = [](const LinkReport* link) {
    return std::pair(-static_cast<int>(link->verdict), std::min(link->least_room.ul, link->least_room.dl));
  };
  std::ranges::stable_sort(links, {}, tightness);
  Table table({"LINK", "VERDICT", "LEAST-ROOM", "ASSUMING"});
  for (std::size_t i = 0; i < links.size() && i < kLinksInTable; ++i) {
    table.add({link_text(links[i]->link), std::string(verdict_text(links[i]->verdict)),
               megabits_text(cut(links[i]->least_room)), assumptions_text(links[i]->assumptions)});
  }
  if (links.empty()) return;
  out << "\n";
  table.write(out, Format::kTable);
  if (links.size() > kLinksInTable) {
    out << "and " << links.size() - kLinksInTable << " links with more room; --output csv shows all\n";
  }
}

void write_table(const AuditReport& report, std::ostream& out) {
  const std::vector<std::string> assuming = assumed(report);
  out << verdict_text(report.verdict);
  if (report.verdict == Verdict::kPass && !assuming.empty()) {
    out << ", assuming that";
    for (std::size_t i = 0; i < assuming.size(); ++i) out << (i == 0 ? "\n  " : ",\n  ") << assuming[i];
  }
  out << "\n"
      << (report.strict ? "strict: every group is charged on all links\n" : "") << "from  " << report.from.sequence
      << " (" << format_rfc3339(report.from.time, 9) << ")\nto    " << report.to.sequence << " ("
      << format_rfc3339(report.to.time, 9) << ")\n"
      << report.events << " events, " << report.links.size() << " links; Mbit/s, ul/dl\n";
  write_breaches(report, out);
  write_gaps(report, out);
  write_links(report, out);
}

}  // namespace

Result<ExitCode> audit(const JournalReader& journal, const AuditOptions& options, Format format, std::ostream& out) {
  const Result<Point> from = find_point(journal, options.from);
  if (!from) return from.error();
  const Result<Point> to = find_point(journal, options.to);
  if (!to) return to.error();
  if (to->time < from->time || to->sequence < from->sequence) {
    return Error{ErrorCode::kInvalid, "--to " + options.to.text + " is before --from " + options.from.text};
  }
  Result<Fold> fold = Fold::begin(journal);
  if (!fold) return fold.error();
  Audit audit(*from, *to, options.strict);
  Touched touched;
  Progress progress(options.progress, "auditing", to->sequence);
  while (audit.wants_more(fold->state())) {
    const Result<bool> more = fold->next();
    if (!more) return more.error();
    if (!*more) break;
    if (options.strict) charge_all_links(fold->event());
    audit.before(fold->state(), fold->event());
    fold->apply_event(&touched);
    audit.after(fold->state(), fold->event(), touched);
    progress.at(fold->state().applied);
  }
  const AuditReport report = audit.report(fold->state());
  if (format == Format::kJson) {
    write_json(report, out);
  } else if (format == Format::kCsv) {
    write_csv(report, out);
  } else {
    write_table(report, out);
  }
  return exit_code_of(report.verdict);
}

}  // namespace bw::replay
