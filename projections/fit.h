// Does a pod fit on a node, and if not, why? One FitCheck per pod and state: what does not depend on the node is
// worked out once. Pure; borrows the state, and the claims, for its own life.
#pragma once

#include "projections/state.h"

namespace bw {

struct Fit {
  Reason reason = Reason::kFits;
  Misfit misfit;  // which link lacks how much; only for shortages of links
};

// The reason for which `node` does not take what lacks room as `misfit` says.
Reason reason_of(const State& state, const Node& node, const Misfit& misfit);

// What pods that have been woken are about to take, by place and by node; sized for the state.
struct Claims {
  explicit Claims(const State& state) : links(state.ledger.place_count()), interfaces(state.nodes.end_number()) {}
  std::vector<Sum> links;
  std::vector<std::uint64_t> interfaces;
};

class FitCheck {
 public:
  FitCheck(const State& state, const Pod& pod, const Claims* claims = nullptr);

  // A pod that asks for nothing fits everywhere; one whose outcome is not known fits only where it is reserved.
  Fit on(NodeNumber node) const;

  const Request& request() const { return request_; }
  const GroupRef& group() const { return group_; }
  bool all_links() const { return terms_.all_links; }
  const PodTerms& terms() const { return terms_; }

  // Adds what the pod would take on `node`.
  void claim(NodeNumber node, Claims& claims) const;

 private:
  const State& state_;
  const Pod& pod_;
  const Claims* const claims_;
  const Request request_;
  const GroupRef group_;
  const PodTerms terms_;
};

}  // namespace bw
