#include "projections/ledger.h"

#include <algorithm>
#include <utility>

#include "journal/result.h"

namespace bw {
namespace {

Sum to_sum(const Rates& rates) { return {rates.ul, rates.dl}; }

Sum lacking(const Sum& need, const Sum& room) {
  return {std::max<Int128>(0, need.ul - room.ul), std::max<Int128>(0, need.dl - room.dl)};
}

Shortage shortage(const Sum& need, const Sum& room) {
  if (need.ul > room.ul) return Shortage::kUl;
  if (need.dl > room.dl) return Shortage::kDl;
  return Shortage::kNone;
}

}  // namespace

Ledger::Ledger() { places_.emplace_back(); }

PlaceNumber Ledger::add_place(PlaceNumber parent, bool leaf, const Rates& capacity) {
  Place place;
  place.parent = parent;
  place.depth = places_[index_of(parent)].depth + 1;
  place.leaf = leaf;
  place.link.capacity = capacity;
  places_.push_back(place);
  if (leaf) places_[index_of(parent)].node = true;
  return PlaceNumber{static_cast<std::uint32_t>(places_.size() - 1)};
}

void Ledger::set_capacity(PlaceNumber number, const Rates& capacity, const Rates& kept_back) {
  Link& link = places_[index_of(number)].link;
  if (link.capacity == capacity && link.kept_back == kept_back) return;
  const Sum before = link.room();
  link.capacity = capacity;
  link.kept_back = kept_back;
  const Sum after = link.room();
  grown_ |= after.ul > before.ul || after.dl > before.dl;
  changed_.push_back(number);
}

PlaceNumber Ledger::common(PlaceNumber a, PlaceNumber b) const {
  while (a != b) {
    const Place& at_a = place(a);
    const Place& at_b = place(b);
    if (at_a.depth >= at_b.depth) a = at_a.parent;
    if (at_b.depth >= at_a.depth) b = at_b.parent;
  }
  return a;
}

bool Ledger::below(PlaceNumber number, PlaceNumber above) const {
  if (number == above) return false;
  while (place(number).depth > place(above).depth) number = place(number).parent;
  return number == above;
}

PlaceNumber Ledger::above_leaf(PlaceNumber number) const { return place(number).leaf ? place(number).parent : number; }

// The meeting point that the rules give a group, from its counts and from where it met before. `joins`: a member is
// being placed.
PlaceNumber Ledger::target(const GroupCounts& group, PlaceNumber lowest, PlaceNumber meeting, bool joins) const {
  if (group.spread || !group.wanted) return kFabric;
  // The only member: its peers are elsewhere. One that joins another on its way out will be the only one without
  // being asked again, so it is charged for that now. One that is terminating is not charged more because others left.
  const bool alone = joins || (group.live == 1 && group.terminating == 0);
  if (*group.wanted <= 1 && alone) return kFabric;
  // A restart must find its room again, so the point falls only while all that are wanted live.
  if (*group.wanted >= 2 && group.live >= *group.wanted) return lowest;
  return common(meeting, lowest);
}

PlaceNumber Ledger::meeting_with(std::optional<GroupNumber> number, PlaceNumber leaf, const GroupTerms& terms) const {
  return number ? meeting_with(group(*number), leaf, terms) : kFabric;
}

PlaceNumber Ledger::meeting_with(const Group* present, PlaceNumber leaf, const GroupTerms& terms) const {
  const PlaceNumber here = above_leaf(leaf);
  if (present == nullptr) return target({1, 0, terms.wanted, terms.spread}, here, here, true);
  const GroupCounts after{present->live + 1, present->terminating, terms.wanted, present->spread};
  return target(after, common(present->lowest, here), present->meeting, true);
}

void Ledger::use(PlaceNumber number, const Sum& more, const Sum& less, Sequence at) {
  Place& changed = places_[index_of(number)];
  const Sum before = changed.link.used;
  changed.link.used += more;
  changed.link.used -= less;
  if (changed.link.used == before) return;
  check(changed.link.used.ul >= 0 && changed.link.used.dl >= 0, "a link carries less than nothing", at);
  grown_ |= changed.link.used.ul < before.ul || changed.link.used.dl < before.dl;
  changed_.push_back(number);
}

void Ledger::set_meeting(Group& group, PlaceNumber meeting, Sequence at) {
  // Only the places between the old and the new point change sides: below both, or above both, nothing does.
  if (meeting == group.meeting) return;
  const bool rises = place(meeting).depth < place(group.meeting).depth;
  PlaceNumber from = rises ? group.meeting : meeting;
  const PlaceNumber to = rises ? meeting : group.meeting;
  for (; from != to; from = place(from).parent) {
    const auto found = group.below.find(from);
    if (found == group.below.end()) continue;
    if (rises) {
      use(from, found->second.sum, {}, at);
    } else {
      use(from, {}, found->second.sum, at);
    }
  }
  group.meeting = meeting;
}

PlaceNumber Ledger::lowest_of(const Group& group) const {
  auto member = group.below.begin();  // climb from a leaf: a place further up may be above the lowest one
  while (!place(member->first).leaf) ++member;
  PlaceNumber lowest = above_leaf(member->first);
  while (lowest != kFabric && group.below.at(lowest).members < group.live) lowest = place(lowest).parent;
  return lowest;
}

void Ledger::settle(GroupNumber number, Group& group, Sequence at) {
  group.lowest = lowest_of(group);
  set_meeting(group, target(group, group.lowest, group.meeting, false), at);
  note_growth(number, group);
}

void Ledger::note_growth(GroupNumber number, const Group& group) {
  if (place(group.meeting).node && group.wanted && group.live < *group.wanted) {
    growing_.insert(number);
  } else {
    growing_.erase(number);
  }
}

void Ledger::add(const Charge& charge, const GroupTerms& terms, Sequence at) {
  PlaceNumber top = kFabric;
  if (charge.group) {
    const PlaceNumber here = above_leaf(charge.leaf);
    Group* const present = groups_.find(*charge.group);
    Group& group = present != nullptr ? *present : groups_.create(*charge.group);
    if (present == nullptr) {
      group.spread = terms.spread;
      group.lowest = group.meeting = here;
    } else {
      group.lowest = common(group.lowest, here);
    }
    group.wanted = terms.wanted;
    ++group.live;
    if (charge.terminating) ++group.terminating;
    // The others first, as they stand without the new member; then the new member up to where it meets them.
    set_meeting(group, target(group, group.lowest, group.meeting, true), at);
    top = enrol(group, charge);
    note_growth(*charge.group, group);
  }
  for (PlaceNumber number = charge.leaf; number != top; number = place(number).parent) {
    use(number, to_sum(charge.rates), {}, at);
  }
}

// Adds a member to the sums of its group. Gives the place up to which it is charged.
PlaceNumber Ledger::enrol(Group& group, const Charge& charge) {
  for (PlaceNumber number = charge.leaf; number != kFabric; number = place(number).parent) {
    Group::Below& below_here = group.below[number];
    ++below_here.members;
    if (!charge.all_links) below_here.sum += charge.rates;
  }
  return charge.all_links ? kFabric : group.meeting;
}

void Ledger::put_group(GroupNumber number, std::optional<std::uint32_t> wanted, bool spread, PlaceNumber meeting) {
  Group& group = groups_.create(number);
  group.wanted = wanted;
  group.spread = spread;
  group.meeting = meeting;
}

void Ledger::put(const Charge& charge) {
  PlaceNumber top = kFabric;
  if (charge.group) {
    Group& group = groups_.at(*charge.group);
    const PlaceNumber here = above_leaf(charge.leaf);
    group.lowest = group.live == 0 ? here : common(group.lowest, here);
    ++group.live;
    if (charge.terminating) ++group.terminating;
    top = enrol(group, charge);
    note_growth(*charge.group, group);
  }
  for (PlaceNumber number = charge.leaf; number != top; number = place(number).parent) {
    use(number, to_sum(charge.rates), {}, 0);
  }
}

void Ledger::remove(const Charge& charge, std::optional<std::uint32_t> wanted, Sequence at) {
  PlaceNumber top = kFabric;
  if (charge.group && !charge.all_links) top = groups_.at(*charge.group).meeting;
  for (PlaceNumber number = charge.leaf; number != top; number = place(number).parent) {
    use(number, {}, to_sum(charge.rates), at);
  }
  if (!charge.group) return;
  Group& group = groups_.at(*charge.group);
  for (PlaceNumber number = charge.leaf; number != kFabric; number = place(number).parent) {
    const auto found = group.below.find(number);
    if (!charge.all_links) found->second.sum -= charge.rates;
    if (--found->second.members == 0) group.below.erase(found);
  }
  --group.live;
  if (charge.terminating) --group.terminating;
  if (group.live == 0) {
    groups_.erase(*charge.group);
    growing_.erase(*charge.group);
    return;
  }
  group.wanted = wanted;
  settle(*charge.group, group, at);
}

void Ledger::change_rates(const Charge& charge, const Rates& rates, Sequence at) {
  PlaceNumber top = kFabric;
  Group* group = charge.group && !charge.all_links ? &groups_.at(*charge.group) : nullptr;
  if (group != nullptr) top = group->meeting;
  for (PlaceNumber number = charge.leaf; number != top; number = place(number).parent) {
    use(number, to_sum(rates), to_sum(charge.rates), at);
  }
  if (group == nullptr) return;
  for (PlaceNumber number = charge.leaf; number != kFabric; number = place(number).parent) {
    Group::Below& below_here = group->below.at(number);
    below_here.sum += rates;
    below_here.sum -= charge.rates;
  }
}

void Ledger::set_terminating(GroupNumber number, Sequence at) {
  Group& group = groups_.at(number);
  ++group.terminating;
  settle(number, group, at);
}

void Ledger::set_wanted(GroupNumber number, std::optional<std::uint32_t> wanted, Sequence at) {
  Group* const present = groups_.find(number);
  if (present == nullptr || present->wanted == wanted) return;
  present->wanted = wanted;
  settle(number, *present, at);
}

std::vector<GroupNumber> Ledger::move(PlaceNumber moved, PlaceNumber parent, Sequence at) {
  std::vector<GroupNumber> numbers;
  if (place(moved).parent == parent) return numbers;
  // Charges of groups are taken off as a whole and put back; what remains on the link below is charged on all links.
  std::vector<Group*> touched;
  const auto charge_all = [&](Group& group, bool on) {
    for (const auto& [number, below_here] : group.below) {
      if (!below(number, group.meeting)) continue;
      use(number, on ? below_here.sum : Sum{}, on ? Sum{} : below_here.sum, at);
    }
  };
  groups_.for_each([&](GroupNumber number, const Group& group) {
    if (group.below.contains(moved)) numbers.push_back(number);
  });
  for (const GroupNumber number : numbers) {
    touched.push_back(&groups_.at(number));
    charge_all(*touched.back(), false);
  }
  const Sum direct = place(moved).link.used;
  const auto carry = [&](bool on) {
    for (PlaceNumber above = place(moved).parent; above != kFabric; above = place(above).parent) {
      use(above, on ? direct : Sum{}, on ? Sum{} : direct, at);
      for (Group* group : touched) {
        const Group::Below carried = group->below.at(moved);
        Group::Below& there = group->below[above];
        there.members = on ? there.members + carried.members : there.members - carried.members;
        there.sum += on ? carried.sum : Sum{};
        there.sum -= on ? Sum{} : carried.sum;
        if (there.members == 0) group->below.erase(above);
      }
    }
  };
  carry(false);
  places_[index_of(moved)].parent = parent;
  places_[index_of(moved)].depth = place(parent).depth + 1;
  for (Place& leaf : places_) {
    if (leaf.leaf && leaf.parent == moved) leaf.depth = place(moved).depth + 1;
  }
  carry(true);
  for (Group* group : touched) {
    group->lowest = lowest_of(*group);
    group->meeting = target(*group, group->lowest, common(group->meeting, group->lowest), false);
    charge_all(*group, true);
  }
  for (std::size_t i = 0; i < touched.size(); ++i) note_growth(numbers[i], *touched[i]);
  return numbers;
}

Ledger::Reach Ledger::reach(const Charge& charge, const GroupTerms& terms) const {
  const Group* present = charge.group ? group(*charge.group) : nullptr;
  const PlaceNumber meeting = charge.group ? meeting_with(present, charge.leaf, terms) : kFabric;
  const bool rises = present != nullptr && place(meeting).depth < place(present->meeting).depth;
  return {charge.all_links ? kFabric : meeting, meeting, rises ? present : nullptr};
}

Misfit Ledger::misfit(const Charge& charge, const GroupTerms& terms, const std::vector<Sum>* claims) const {
  const Reach reach_of = reach(charge, terms);
  const Group* raised = reach_of.raised;
  const PlaceNumber raised_from = raised == nullptr ? reach_of.meeting : raised->meeting;
  const Sum need = to_sum(charge.rates);
  const auto room_at = [&](PlaceNumber number) {
    Sum room = place(number).link.room();
    if (claims != nullptr) room -= (*claims)[index_of(number)];
    return room;
  };
  // The others as well as the newcomer, where both would come to the link.
  const auto need_above = [&](PlaceNumber number) {
    Sum sum = charged_if_above(*raised, number);
    if (sum != Sum{} && below(charge.leaf, number)) sum += need;
    return sum;
  };
  for (PlaceNumber number = charge.leaf; number != reach_of.top; number = place(number).parent) {
    if (!place(number).link.overcommitted()) continue;
    return {Shortage::kOvercommitted, number, false, lacking(need, room_at(number))};
  }
  for (PlaceNumber number = raised_from; number != reach_of.meeting; number = place(number).parent) {
    const Sum sum = need_above(number);
    if (sum == Sum{} || !place(number).link.overcommitted()) continue;
    return {Shortage::kOvercommitted, number, true, lacking(sum, room_at(number))};
  }
  for (PlaceNumber number = charge.leaf; number != reach_of.top; number = place(number).parent) {
    const Sum room = room_at(number);
    const Shortage here = shortage(need, room);
    if (here != Shortage::kNone) return {here, number, false, lacking(need, room)};
  }
  for (PlaceNumber number = raised_from; number != reach_of.meeting; number = place(number).parent) {
    const Sum sum = need_above(number);
    if (sum == Sum{}) continue;
    const Sum room = room_at(number);
    const Shortage here = shortage(sum, room);
    if (here != Shortage::kNone) return {here, number, true, lacking(sum, room)};
  }
  return {};
}

void Ledger::claim(const Charge& charge, const GroupTerms& terms, std::vector<Sum>& claims) const {
  const Reach reach_of = reach(charge, terms);
  for (PlaceNumber number = charge.leaf; number != reach_of.top; number = place(number).parent) {
    claims[index_of(number)] += charge.rates;
  }
  if (reach_of.raised == nullptr) return;
  for (PlaceNumber number = reach_of.raised->meeting; number != reach_of.meeting; number = place(number).parent) {
    claims[index_of(number)] += charged_if_above(*reach_of.raised, number);
  }
}

Sum Ledger::charged(GroupNumber number, PlaceNumber at) const {
  const Group* present = group(number);
  if (present == nullptr || !below(at, present->meeting)) return {};
  return charged_if_above(*present, at);
}

Sum Ledger::charged_if_above(const Group& group, PlaceNumber at) {
  const auto found = group.below.find(at);
  return found == group.below.end() ? Sum{} : found->second.sum;
}

std::vector<PlaceNumber> Ledger::take_changed() {
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  return std::exchange(changed_, {});
}

}  // namespace bw
