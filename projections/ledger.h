// What every link has, keeps back and carries: a tree of links with the sums of each group below each place, so
// that a change of a group's meeting point costs places, not pods (rules R6 to R11).
//
// A place is a point of the tree that hangs on its parent by one link. Pods hang on leaves. A node is two places:
// its leaf, whose link is the virtual switch (`local`), and above it the node itself, whose link is the primary
// NIC (`network`). Above nodes come racks, zones and so on, each with its uplink; the root is the fabric and has no
// link. The ledger does not know which is which: it charges a pod on every link from its leaf up to the meeting
// point of its group, the lowest place above leaves that holds all its members, or up to the root.
//
// Sums are exact: 128 bits hold more requests of 1P than there can be pods. Values only; one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "journal/types.h"
#include "projections/tables.h"

namespace bw {

__extension__ typedef __int128 Int128;

enum class PlaceNumber : std::uint32_t {};
enum class GroupNumber : std::uint32_t {};

constexpr PlaceNumber kFabric{0};

struct Sum {
  Int128 ul = 0;
  Int128 dl = 0;
  Sum& operator+=(const Rates& rates) { return *this += Sum{rates.ul, rates.dl}; }
  Sum& operator-=(const Rates& rates) { return *this -= Sum{rates.ul, rates.dl}; }
  Sum& operator+=(const Sum& sum) {
    ul += sum.ul;
    dl += sum.dl;
    return *this;
  }
  Sum& operator-=(const Sum& sum) {
    ul -= sum.ul;
    dl -= sum.dl;
    return *this;
  }
  friend bool operator==(const Sum&, const Sum&) = default;
};

struct Link {
  Rates capacity;
  Rates kept_back;
  Sum used;

  // capacity - kept back - used; negative where what we did not decide took more.
  Sum room() const {
    return {Int128{capacity.ul} - kept_back.ul - used.ul, Int128{capacity.dl} - kept_back.dl - used.dl};
  }
  bool overcommitted() const { return used.ul > capacity.ul || used.dl > capacity.dl; }
};

struct Place {
  PlaceNumber parent = kFabric;
  std::uint32_t depth = 0;  // of the root 0
  bool leaf = false;
  bool node = false;  // leaves hang on it
  Link link;          // up to the parent
};

// What of a group decides, with its places, where it meets.
struct GroupCounts {
  std::uint32_t live = 0;
  std::uint32_t terminating = 0;        // of the live ones
  std::optional<std::uint32_t> wanted;  // absent: not known
  bool spread = false;                  // judged, when its first member was placed, not to fit on one node
};

// A group of pods that meet. Members are pods that ask for bandwidth and are reserved or bound.
struct Group : GroupCounts {
  PlaceNumber lowest = kFabric;   // lowest place above leaves that holds all members
  PlaceNumber meeting = kFabric;  // at or above `lowest`: what members are charged up to
  struct Below {
    std::uint32_t members = 0;
    Sum sum;  // of members that are not charged on all links anyway
  };
  std::map<PlaceNumber, Below> below;  // places, leaves included, that hold members
};

// How a pod is to be charged.
struct Charge {
  PlaceNumber leaf = kFabric;
  Rates rates;
  std::optional<GroupNumber> group;
  bool all_links = false;  // even if the group meets lower
  bool terminating = false;
};

// What the first placement of a group says about it.
struct GroupTerms {
  std::optional<std::uint32_t> wanted;  // as of after the placement
  bool spread = false;                  // only for the first member: its wanted members do not fit on this node
};

enum class Shortage : std::uint8_t { kNone, kOvercommitted, kUl, kDl };

// The first link that does not take a placement.
struct Misfit {
  Shortage shortage = Shortage::kNone;
  PlaceNumber place = kFabric;  // whose link it is
  bool raised = false;          // it lacks room for members that the placement would charge on it anew
  Sum lacking;                  // what the placement needs above the room there is, per direction; 0 where enough
  bool fits() const { return shortage == Shortage::kNone; }
};

class Ledger {
 public:
  Ledger();

  // ---- places ----
  PlaceNumber add_place(PlaceNumber parent, bool leaf, const Rates& capacity);
  void set_capacity(PlaceNumber place, const Rates& capacity, const Rates& kept_back);
  const Place& place(PlaceNumber number) const { return places_[index_of(number)]; }
  std::size_t place_count() const { return places_.size(); }
  // The lowest place that is at or above both.
  PlaceNumber common(PlaceNumber a, PlaceNumber b) const;

  // ---- groups; numbers are given by the caller and free again when the last member has left ----
  const Group* group(GroupNumber number) const { return groups_.find(number); }
  // Groups that are all on one node and want more members than live: what they want is promised there. Ascending.
  const std::set<GroupNumber>& growing() const { return growing_; }
  // Where the group would meet with one more member at `leaf`.
  PlaceNumber meeting_with(std::optional<GroupNumber> group, PlaceNumber leaf, const GroupTerms& terms) const;

  // ---- changes; `at` is the sequence of the event that causes them ----
  void add(const Charge& charge, const GroupTerms& terms, Sequence at);
  void remove(const Charge& charge, std::optional<std::uint32_t> wanted, Sequence at);
  void change_rates(const Charge& charge, const Rates& rates, Sequence at);
  void set_terminating(GroupNumber group, Sequence at);
  void set_wanted(GroupNumber group, std::optional<std::uint32_t> wanted, Sequence at);
  // Hangs a node (the parent of a leaf) elsewhere; the charges of its pods move with it. Returns the groups of which
  // it holds members.
  std::vector<GroupNumber> move(PlaceNumber place, PlaceNumber parent, Sequence at);

  // ---- from a snapshot: groups as they were, each at or above all its members; then the members ----
  void put_group(GroupNumber number, std::optional<std::uint32_t> wanted, bool spread, PlaceNumber meeting);
  void put(const Charge& charge);

  // ---- questions ----
  // The first link that would not take `charge`, from the leaf up, then those on which other members of its group
  // would be charged anew. Exactly what add() would charge. `claims`, by place, is taken from the room as well.
  Misfit misfit(const Charge& charge, const GroupTerms& terms, const std::vector<Sum>* claims = nullptr) const;
  // Adds what `charge` would take from each link, members charged anew included, to `claims`.
  void claim(const Charge& charge, const GroupTerms& terms, std::vector<Sum>& claims) const;
  // Sum of what the placed members of the group add to `place`'s link now.
  Sum charged(GroupNumber group, PlaceNumber place) const;
  // True if `place` is strictly below `above`.
  bool below(PlaceNumber place, PlaceNumber above) const;

  // Places whose link changed since the last call, ascending and without repetition.
  std::vector<PlaceNumber> take_changed();
  // True if a link has got more room since the last call.
  bool take_grown() { return std::exchange(grown_, false); }

 private:
  // What a placement is charged on: itself up to `top`, and, if the meeting point of its group rises to `meeting`,
  // the other members of `raised` from their old point up to there.
  struct Reach {
    PlaceNumber top = kFabric;
    PlaceNumber meeting = kFabric;
    const Group* raised = nullptr;
  };

  void use(PlaceNumber place, const Sum& more, const Sum& less, Sequence at);
  PlaceNumber enrol(Group& group, const Charge& charge);
  void settle(GroupNumber number, Group& group, Sequence at);
  void note_growth(GroupNumber number, const Group& group);
  void set_meeting(Group& group, PlaceNumber meeting, Sequence at);
  PlaceNumber lowest_of(const Group& group) const;
  PlaceNumber target(const GroupCounts& group, PlaceNumber lowest, PlaceNumber meeting, bool joins) const;
  Reach reach(const Charge& charge, const GroupTerms& terms) const;
  PlaceNumber meeting_with(const Group* present, PlaceNumber leaf, const GroupTerms& terms) const;
  PlaceNumber above_leaf(PlaceNumber place) const;
  static Sum charged_if_above(const Group& group, PlaceNumber at);

  std::vector<Place> places_;
  NumberedTable<GroupNumber, Group> groups_;
  std::set<GroupNumber> growing_;
  std::vector<PlaceNumber> changed_;
  bool grown_ = false;
};

}  // namespace bw
