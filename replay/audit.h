// Whether links carried more than their capacity in a stretch of history: folded from events, in one pass, in memory
// that depends on the links and on what is found, not on the length of the history. A verdict is one of three: where
// the recorder was blind nothing passes, and a breach that was seen only there is not proved. Pure; one thread at a
// time.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "projections/state.h"
#include "replay/gaps.h"

namespace bw::replay {

enum class Verdict : std::uint8_t { kPass, kUnknown, kFail };

struct AuditedLink {
  std::string node;  // "" of an uplink
  std::string name;  // local, network, or the uplink's
  bool operator==(const AuditedLink&) const = default;
};

// Names of which the first are kept.
class SomeNames {
 public:
  void add(const std::string& name);
  void add(const SomeNames& others);
  const std::set<std::string>& names() const { return names_; }
  bool more() const { return more_; }
  bool empty() const { return names_.empty(); }

 private:
  static constexpr std::size_t kMost = 100;
  std::set<std::string> names_;
  bool more_ = false;
};

// What a pass takes for granted.
struct Assumptions {
  SomeNames discounted_groups;     // whose members are not charged here, since they meet below
  SomeNames unshaped_pods;         // on the host's network: nothing holds them to their request
  SomeNames pods_without_request;  // that ask for nothing, whatever they send
  bool empty() const { return discounted_groups.empty() && unshaped_pods.empty() && pods_without_request.empty(); }
};

struct LinkReport {
  AuditedLink link;
  Verdict verdict = Verdict::kPass;
  Sum least_room;  // capacity - kept back - used, per direction the least that was seen
  Assumptions assumptions;
};

// A direction of a link carried more than its capacity.
struct Breach {
  AuditedLink link;
  Direction direction = Direction::kUl;
  Point began;                   // the event that did it; it may be before the stretch
  std::optional<Point> ended;    // absent: not by the end of the stretch
  std::int64_t duration_ns = 0;  // within the stretch
  Int128 depth = 0;              // most above capacity within the stretch, bit/s
  Sequence deepest = 0;
  std::string cause_kind;         // of the fact that began it; "": it was before what was read
  std::string cause_subject;      // what that fact is about: a pod, a node, a workload
  bool by_decision = false;       // a decision, of this term or another, began or deepened it
  std::vector<std::string> pods;  // charged on the link when it began, or when the stretch did
  std::size_t pods_omitted = 0;
  bool proved = true;  // false: seen only where the recorder was blind
};

struct AuditReport {
  Verdict verdict = Verdict::kPass;
  bool strict = false;
  Point from, to;
  std::uint64_t events = 0;       // in the stretch
  std::vector<LinkReport> links;  // by node and name; uplinks last
  std::vector<Breach> breaches;   // by their beginning
  std::vector<Gap> gaps;          // that reach into the stretch, by their beginning
  std::uint64_t unreadable = 0;   // objects that count for nothing, since they could not be read
};

class Audit {
 public:
  // Of the states after `from.sequence` up to the one after `to.sequence`, as long as they lasted. `strict`: every
  // group is charged on all links; the events have been changed by charge_all_links().
  Audit(Point from, Point to, bool strict) : from_(from), to_(to), strict_(strict) {}

  // Around apply(), for every event in order. Events behind the stretch are to be shown as long as wants_more().
  void before(const State& state, const Event& event);
  void after(const State& state, const Event& event, const Touched& touched);
  bool wants_more(const State& state) const { return !ended_ || !gaps_.settled(state, to_.sequence); }

  // `state`: the last one.
  AuditReport report(const State& state) const;

 private:
  struct Watched {
    LinkReport report;
    bool seen = false;             // in the stretch
    std::optional<Breach> ul, dl;  // open
  };

  bool watching() const { return begun_ && !ended_; }
  void begin_reading(const State& state);
  void begin(const State& state);
  void end(const State& state);
  void look_at_all(const State& state);
  void look_at_node(const State& state, const Node& node, const Event* event);
  void look_at_link(const State& state, PlaceNumber place, const Event* event);
  void look_at_direction(const State& state, PlaceNumber place, Direction direction, const Event* event);
  void look_at_pod(const State& state, const Pod& pod);
  void look_at_group(const State& state, GroupNumber group);
  void name_pods(const State& state, PlaceNumber place, Breach& breach) const;
  Watched& watched(PlaceNumber place);
  std::vector<LinkReport> link_reports() const;

  const Point from_;
  const Point to_;
  const bool strict_;
  bool reading_ = false;
  bool begun_ = false;
  bool ended_ = false;
  GapFinder gaps_;
  std::vector<Watched> links_;  // by place
  std::vector<Breach> closed_;  // in the stretch
  std::string gone_;            // the pod that the event says is gone
  std::uint64_t events_ = 0;
  std::uint64_t unreadable_ = 0;
  Timestamp last_event_;  // of the stretch
};

// For a strict audit: the same event, with every group charged on all links.
void charge_all_links(Event& event);

}  // namespace bw::replay
