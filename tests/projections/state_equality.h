// Whether two states are equal in all that they hold, places by their names. Every structure is taken apart member by
// member: one that has a member more does not compile here until somebody has decided how it is compared, and how
// projections/snapshot.h brings it back.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "projections/state.h"

namespace bw {

class StateEquality {
 public:
  StateEquality(const State& a, const State& b) : a_(a), b_(b) { compare(); }

  // "" if they are; else the first differences, one a line.
  const std::string& differences() const { return differences_; }

 private:
  void compare() {
    const auto& [applied, time, journal, cluster, term, term_began, taking_over, epoch, binary, digest, not_understood,
                 suspended, policy, streams, nodes, pods, workloads, namespaces, node_numbers, pod_numbers,
                 workload_numbers, buried, called_only, schedulable, last_offered, ledger, uplinks, node_of_place,
                 group_numbers, groups, overcommitted, announced_overcommitted, grew_at, unsettled, objects_to_create,
                 objects_to_delete, to_fence, to_wake, refused, drift_changed, deadlines, changed_nodes] = a_;
    same("applied", applied, b_.applied);
    same("time", time, b_.time);
    same("journal", journal, b_.journal);
    same("cluster", cluster, b_.cluster);
    same("term", term, b_.term);
    same("term_began", term_began, b_.term_began);
    same("taking_over", taking_over, b_.taking_over);
    same("epoch", epoch, b_.epoch);
    same("binary", binary, b_.binary);
    same("digest", digest, b_.digest);
    same("not_understood", not_understood, b_.not_understood);
    same("suspended", suspended, b_.suspended);
    same("policy", policy, b_.policy);
    for (std::size_t i = 0; i < streams.size(); ++i) stream(i, streams[i], b_.streams[i]);
    table("node", nodes, b_.nodes, [this](const Node& x, const Node& y) { return node(x, y); });
    table("pod", pods, b_.pods, [](const Pod& x, const Pod& y) { return pod(x, y); });
    table("workload", workloads, b_.workloads, [](const Workload& x, const Workload& y) { return workload(x, y); });
    same("namespaces", spaces(namespaces), spaces(b_.namespaces));
    same("node_numbers", node_numbers, b_.node_numbers);
    pods.for_each([&](PodNumber number, const Pod& one) {
      same("pod_numbers", a_.find_pod(one.identity.uid), std::optional(number));
      same("pod_numbers", b_.find_pod(one.identity.uid), std::optional(number));
    });
    static_cast<void>(pod_numbers);
    same("workload_numbers", workload_numbers, b_.workload_numbers);
    same("buried", buried, b_.buried);
    same("called_only", called_only, b_.called_only);
    same("schedulable", schedulable, b_.schedulable);
    same("last_offered", last_offered, b_.last_offered);
    compare_links();
    static_cast<void>(ledger);
    same("uplinks", uplink_texts(a_, uplinks), uplink_texts(b_, b_.uplinks));
    static_cast<void>(node_of_place);
    same("group_numbers", group_texts(group_numbers), group_texts(b_.group_numbers));
    table("group", groups, b_.groups, [](const GroupMembers& x, const GroupMembers& y) { return members(x, y); });
    groups.for_each([&](GroupNumber number, const GroupMembers&) { compare_group(number); });
    same("overcommitted", names(a_, overcommitted), names(b_, b_.overcommitted));
    same("announced_overcommitted", names(a_, announced_overcommitted), names(b_, b_.announced_overcommitted));
    same("grew_at", grew_at, b_.grew_at);
    same("unsettled", unsettled, b_.unsettled);
    same("objects_to_create", objects_to_create, b_.objects_to_create);
    same("objects_to_delete", objects_to_delete, b_.objects_to_delete);
    same("to_fence", to_fence, b_.to_fence);
    same("to_wake", to_wake, b_.to_wake);
    same("refused", refused, b_.refused);
    same("drift_changed", drift_changed, b_.drift_changed);
    same("deadlines", deadlines, b_.deadlines);
    same("changed_nodes", changed_nodes, b_.changed_nodes);
  }

  template <class T>
  void same(const std::string& what, const T& a, const T& b) {
    if (!(a == b)) differences_ += what + "\n";
  }

  void stream(std::size_t i, const StreamState& x, const StreamState& y) {
    const auto& [resource_version, settled, synced, resync_began, restored, gap, seen_at, seen_sequence, changed, added,
                 gone, unreadable] = x;
    same("stream " + std::to_string(i),
         std::tie(resource_version, settled, synced, resync_began, restored, gap, seen_at, seen_sequence, changed,
                  added, gone, unreadable),
         std::tie(y.resource_version, y.settled, y.synced, y.resync_began, y.restored, y.gap, y.seen_at,
                  y.seen_sequence, y.changed, y.added, y.gone, y.unreadable));
  }

  template <class Number, class Thing, class Same>
  void table(const std::string& what, const NumberedTable<Number, Thing>& a, const NumberedTable<Number, Thing>& b,
             Same are_same) {
    same("number of things like " + what, a.size(), b.size());
    same("next number of " + what, a.next(), b.next());
    a.for_each([&](Number number, const Thing& one) {
      const Thing* const other = b.find(number);
      if (other == nullptr || !are_same(one, *other)) {
        differences_ += what + " " + std::to_string(index_of(number)) + "\n";
      }
    });
  }

  static bool same_object(const std::optional<BandwidthObject>& a, const std::optional<BandwidthObject>& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    const auto& [uid, resource_version, generation, local_ul, local_dl, network_ul, network_dl, max_interfaces,
                 kept_back] = *a;
    return std::tie(uid, resource_version, generation, local_ul, local_dl, network_ul, network_dl, max_interfaces,
                    kept_back) == std::tie(b->uid, b->resource_version, b->generation, b->local_ul, b->local_dl,
                                           b->network_ul, b->network_dl, b->max_interfaces, b->kept_back);
  }

  bool node(const Node& x, const Node& y) const {
    const auto& [name, present, uid, resource_version, unschedulable, allocatable_pods, level_values, absent_since,
                 object, place, leaf, pods, interfaces_used, changed_at, eased_at, readiness, readiness_since,
                 overcommitted, overcommitted_since, deadline, listed_at, object_listed_at, hash] = x;
    return std::tie(name, present, uid, resource_version, unschedulable, allocatable_pods, level_values, absent_since,
                    pods, interfaces_used, changed_at, eased_at, readiness, readiness_since, overcommitted,
                    overcommitted_since, deadline, listed_at, object_listed_at,
                    hash) == std::tie(y.name, y.present, y.uid, y.resource_version, y.unschedulable, y.allocatable_pods,
                                      y.level_values, y.absent_since, y.pods, y.interfaces_used, y.changed_at,
                                      y.eased_at, y.readiness, y.readiness_since, y.overcommitted,
                                      y.overcommitted_since, y.deadline, y.listed_at, y.object_listed_at, y.hash) &&
           same_object(object, y.object) && link_name(a_, place) == link_name(b_, y.place) &&
           link_name(a_, leaf) == link_name(b_, y.leaf);
  }

  static bool same_placement(const std::optional<Placement>& a, const std::optional<Placement>& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    const auto& [node, granted, charged, default_ul, default_dl, all_links, group, group_number, top, by, settled,
                 terminating, reserved_at, term, settled_at] = *a;
    return std::tie(node, granted, charged, default_ul, default_dl, all_links, group, group_number, top, by, settled,
                    terminating, reserved_at, term, settled_at) ==
           std::tie(b->node, b->granted, b->charged, b->default_ul, b->default_dl, b->all_links, b->group,
                    b->group_number, b->top, b->by, b->settled, b->terminating, b->reserved_at, b->term, b->settled_at);
  }

  static bool same_refusal(const std::optional<Refusal>& a, const std::optional<Refusal>& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    const auto& [attempted_at, offered, woken_at, woken_time] = *a;
    const bool same_offered =
        offered == nullptr || b->offered == nullptr ? offered == b->offered : *offered == *b->offered;
    return same_offered &&
           std::tie(attempted_at, woken_at, woken_time) == std::tie(b->attempted_at, b->woken_at, b->woken_time);
  }

  static bool pod(const Pod& x, const Pod& y) {
    const auto& [identity, resource_version, fields, attempts, last_filter, last_verdict, last_named_hash, placement,
                 refusal, retry, behind, drifts, listed_at, hash] = x;
    return std::tie(identity, resource_version, fields, attempts, last_filter, last_verdict, last_named_hash, retry,
                    behind, drifts, listed_at, hash) == std::tie(y.identity, y.resource_version, y.fields, y.attempts,
                                                                 y.last_filter, y.last_verdict, y.last_named_hash,
                                                                 y.retry, y.behind, y.drifts, y.listed_at, y.hash) &&
           same_placement(placement, y.placement) && same_refusal(refusal, y.refusal);
  }

  static bool workload(const Workload& x, const Workload& y) {
    const auto& [kind, kind_name, space, name, uid, observed, gone, resource_version, controller, wanted, references,
                 listed_at, hash] = x;
    return std::tie(kind, kind_name, space, name, uid, observed, gone, resource_version, controller, wanted, references,
                    listed_at, hash) == std::tie(y.kind, y.kind_name, y.space, y.name, y.uid, y.observed, y.gone,
                                                 y.resource_version, y.controller, y.wanted, y.references, y.listed_at,
                                                 y.hash);
  }

  static std::map<std::string,
                  std::tuple<ResourceVersion, std::optional<BitsPerSecond>, std::optional<BitsPerSecond>, Sequence>>
  spaces(const std::map<std::string, Namespace, std::less<>>& namespaces) {
    std::map<std::string,
             std::tuple<ResourceVersion, std::optional<BitsPerSecond>, std::optional<BitsPerSecond>, Sequence>>
        out;
    for (const auto& [name, space] : namespaces) {
      const auto& [resource_version, defaults, listed_at] = space;
      out[name] = {resource_version, defaults.ul, defaults.dl, listed_at};
    }
    return out;
  }

  static bool members(const GroupMembers& x, const GroupMembers& y) {
    const auto& [key, pods, workloads, hash] = x;
    return key.ref == y.key.ref && key.space == y.key.space &&
           std::tie(pods, workloads, hash) == std::tie(y.pods, y.workloads, y.hash);
  }

  static std::vector<std::string> group_texts(const std::map<GroupKey, GroupNumber>& groups) {
    std::vector<std::string> texts;
    for (const auto& [key, number] : groups) {
      texts.push_back(std::to_string(static_cast<int>(key.ref.kind)) + "/" +
                      std::to_string(index_of(key.ref.workload)) + "/" + key.space + "/" + key.ref.name + "=" +
                      std::to_string(index_of(number)));
    }
    return texts;
  }

  // ---- places ----

  static std::string name(const State& state, PlaceNumber place) {
    const LinkName name = link_name(state, place);
    return std::to_string(static_cast<int>(name.kind)) + "/" + std::to_string(index_of(name.node)) + "/" + name.uplink;
  }

  template <class Places>
  static std::vector<std::string> names(const State& state, const Places& places) {  // in their order
    std::vector<std::string> names;
    for (const PlaceNumber place : places) names.push_back(name(state, place));
    return names;
  }

  static std::map<std::string, std::string> uplink_texts(const State& state,
                                                         const std::map<std::string, Uplink, std::less<>>& uplinks) {
    std::map<std::string, std::string> texts;
    for (const auto& [key, one] : uplinks) {
      const auto& [uplink, place, level] = one;
      texts[key] = uplink + " at " + name(state, place) + " of level " + std::to_string(level);
    }
    return texts;
  }

  // Every place that has a name, in the order of their numbers, with what hangs there and what its link carries.
  static std::vector<std::string> links(const State& state) {
    std::vector<std::string> texts;
    for (std::size_t i = 1; i < state.ledger.place_count(); ++i) {
      const PlaceNumber number{static_cast<std::uint32_t>(i)};
      if (name(state, number) == name(state, kFabric)) continue;
      const Place& place = state.ledger.place(number);
      const auto& [parent, depth, leaf, node, link] = place;
      const auto& [capacity, kept_back, used] = link;
      std::string text = name(state, number) + " on " + name(state, parent) + " depth " + std::to_string(depth) +
                         (leaf   ? " leaf"
                          : node ? " node"
                                 : "");
      for (const Int128 value :
           {Int128{capacity.ul}, Int128{capacity.dl}, Int128{kept_back.ul}, Int128{kept_back.dl}, used.ul, used.dl}) {
        text += " " + std::to_string(static_cast<std::int64_t>(value));
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }

  void compare_links() {
    const std::vector<std::string> ours = links(a_), theirs = links(b_);
    if (ours == theirs) return;
    for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
      const std::string x = i < ours.size() ? ours[i] : "none", y = i < theirs.size() ? theirs[i] : "none";
      if (x != y) differences_ += "link " + x + " / " + y + "\n";
    }
  }

  static std::map<std::string, std::pair<std::uint32_t, std::pair<std::int64_t, std::int64_t>>> below_by_name(
      const State& state, const Group& group) {
    std::map<std::string, std::pair<std::uint32_t, std::pair<std::int64_t, std::int64_t>>> out;
    for (const auto& [place, below] : group.below) {
      const auto& [members, sum] = below;
      out[name(state, place)] = {members, {static_cast<std::int64_t>(sum.ul), static_cast<std::int64_t>(sum.dl)}};
    }
    return out;
  }

  void compare_group(GroupNumber number) {
    const Group* const x = a_.ledger.group(number);
    const Group* const y = b_.ledger.group(number);
    const std::string what = "ledger's group " + std::to_string(index_of(number));
    same(what, x == nullptr, y == nullptr);
    if (x == nullptr || y == nullptr) return;
    const GroupCounts& counts = *x;
    const auto& [live, terminating, wanted, spread] = counts;
    struct Compared : GroupCounts {
      PlaceNumber lowest, meeting;
      decltype(Group::below) below;
    };
    static_assert(sizeof(Group) == sizeof(Compared), "a member of Group is not compared");
    same(what, std::tie(live, terminating, wanted, spread), std::tie(y->live, y->terminating, y->wanted, y->spread));
    same(what + " growing", a_.ledger.growing().contains(number), b_.ledger.growing().contains(number));
    same(what + " lowest", name(a_, x->lowest), name(b_, y->lowest));
    same(what + " meeting", name(a_, x->meeting), name(b_, y->meeting));
    same(what + " sums", below_by_name(a_, *x), below_by_name(b_, *y));
  }

  const State& a_;
  const State& b_;
  std::string differences_;
};

// For EXPECT_TRUE.
inline testing::AssertionResult states_equal(const State& a, const State& b) {
  const std::string differences = StateEquality(a, b).differences();
  if (differences.empty()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "states differ in\n" << differences.substr(0, 2000);
}

}  // namespace bw
