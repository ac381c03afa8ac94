// Does a pod fit on a node, and if not, why? One FitCheck per pod and state: what does not depend on the node is
// worked out once. Pure; borrows the state for its own life.
#pragma once

#include "projections/state.h"

namespace bw {

struct Fit {
  Reason reason = Reason::kFits;
  Misfit misfit;  // which link lacks how much; only for shortages of links
};

class FitCheck {
 public:
  FitCheck(const State& state, const Pod& pod);

  // A pod that asks for nothing fits everywhere; one whose outcome is not known fits only where it is reserved.
  Fit on(NodeNumber node) const;

  const Request& request() const { return request_; }
  const GroupRef& group() const { return group_; }
  bool all_links() const { return terms_.all_links; }
  const PodTerms& terms() const { return terms_; }

 private:
  const State& state_;
  const Pod& pod_;
  const Request request_;
  const GroupRef group_;
  const PodTerms terms_;
};

}  // namespace bw
