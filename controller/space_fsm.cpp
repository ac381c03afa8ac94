#include "controller/space_fsm.h"

namespace bw {
namespace {

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

void SpaceFsm::measured(const SpaceMeasured& space, Outputs& outputs) {
  space_ = space;
  if (space.problem != problem_) {
    problem_ = space.problem;
    if (!problem_.empty()) outputs.emplace_back(LogLine{LogLevel::kWarning, problem_});
  }
  const bool room_for_reserve = space.free_bytes >= limits_.resume_above + limits_.reserve;
  if (space.reserve_held && space.free_bytes < limits_.give_up_below) {
    outputs.emplace_back(KeepReserve{false});
    outputs.emplace_back(LogLine{LogLevel::kWarning, "the journal's disk has " + mebibytes(space.free_bytes) +
                                                         " left: the reserve of " + mebibytes(limits_.reserve) +
                                                         " is given up"});
  } else if (!space.reserve_held && room_for_reserve) {
    outputs.emplace_back(KeepReserve{true});
  }
  // Where the reserve is gone, there is room again only once it can be set aside anew.
  const bool short_of_room = space.reserve_held ? space.free_bytes < limits_.suspend_below : !room_for_reserve;
  const bool enough = space.reserve_held ? space.free_bytes >= limits_.resume_above : room_for_reserve;
  if (because_.empty() ? short_of_room : !enough) {
    const std::uint64_t wanted = limits_.resume_above + (space.reserve_held ? 0 : limits_.reserve);
    because_ = "not now: the journal's disk has " + mebibytes(space.free_bytes) + " free, and " + mebibytes(wanted) +
               " are needed before pods are placed again";
  } else {
    because_.clear();
  }
}

std::vector<Fact> SpaceFsm::owed(const State& state, Outputs& outputs) const {
  if (!space_ || state.suspended == !because_.empty()) return {};
  if (because_.empty()) {
    outputs.emplace_back(LogLine{LogLevel::kInfo, "the journal's disk has room again: decisions go on"});
    return {DecisionsResumed{}};
  }
  outputs.emplace_back(LogLine{LogLevel::kError, because_});
  return {DecisionsSuspended{because_}};
}

}  // namespace bw
