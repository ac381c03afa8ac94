// Decides again what the journal says was decided, on the state as it was before (rule R16). Thread: one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "projections/state.h"

namespace bw::replay {

enum class Redecided { kNoDecision, kSame, kDiffers };

class Redecider {
 public:
  // `state` is the one before `event`; every event must be shown, in order.
  Redecided check(const State& state, const Event& event);

 private:
  // What repeated filter calls and prioritize calls refer to.
  struct LastFilter {
    NodeSet offered;
    std::vector<std::string> unknown_names;
    NodeSet named;
  };
  std::map<PodNumber, LastFilter> last_;
};

}  // namespace bw::replay
