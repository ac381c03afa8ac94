// Which replica decides: the Lease, the label that the Service follows, and the steps of a take-over (rule R14). A
// replica that becomes leader by the old one's lease running out
//   1. begins a new term,
//   2. lists consistently: what the old leader bound is known then,
//   3. patches the term on every unbound pod that asks for bandwidth: a Binding that the old leader decided on, and
//      that is still on its way, fails with 409, and the answer to the patch shows a pod that it has bound meanwhile,
//   4. decides.
// One that finds itself to be the holder was only restarted: its reservations are in its journal, and it goes on.
// Sans-io; thread: the state's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/messages.h"
#include "kube/lease_fsm.h"

namespace bw {

struct LeadershipOptions {
  bool elected = false;  // else this replica is the only one, and leads without a Lease
  LeaseOptions lease;
  std::string pod_space, pod_name;  // of our own pod; "": not in a pod, no label is set
};

class Leadership {
 public:
  Leadership(LeadershipOptions options, std::uint64_t seed)
      : options_(std::move(options)), lease_(options_.lease, seed) {}

  enum class Role {
    kUnknown,  // nobody's lease has been read yet
    kFollows,
    kTakesOver,
    kLeads,
  };
  Role role() const { return role_; }

  // What has changed, to be recorded by the caller.
  enum class Change { kNone, kTermBegan, kTermEnded };
  // Called in every step once the cluster is synced: takes part in the election.
  Change run(const Instant& now, RequestId& next_request, Outputs& outputs);
  // The take-over is complete.
  void lead() { role_ = Role::kLeads; }

  bool owns(RequestId request) const { return request_ == request || label_request_ == request; }
  void answered(RequestId request, const Result<ApiResponse>& result, const Instant& now, RequestId& next_request,
                Outputs& outputs);

  // Gives the lease up at an orderly stop.
  void release(const Instant& now, RequestId& next_request, Outputs& outputs);
  bool busy() const { return request_.has_value(); }

  // Whether a Binding may be sent at this very moment.
  bool may_send(std::int64_t now_ns) const { return !options_.elected || lease_.leads(now_ns); }
  std::uint64_t term() const { return options_.elected ? lease_.term() : 0; }
  bool continued() const { return !options_.elected || lease_.continued(); }
  const std::string& identity() const { return options_.lease.identity; }
  const std::string& leader() const { return lease_.holder(); }
  const std::string& previous_leader() const { return lease_.previous_holder(); }
  // The Lease was never read, or is missing: it does not say which terms there were.
  bool may_begin_a_term() const { return role_ == Role::kUnknown || lease_.is_missing(); }
  void set_known_term(std::uint64_t term) { lease_.set_known_term(term); }
  void set_journal_head(std::string head) { lease_.set_journal_head(std::move(head)); }

  std::optional<std::int64_t> wake_at_ns() const;

 private:
  void send(std::optional<ApiRequest> request, RequestId& next_request, Outputs& outputs);
  void label(const std::string& pod, const char* role, RequestId& next_request, Outputs& outputs);

  const LeadershipOptions options_;
  LeaseFsm lease_;
  Role role_ = Role::kUnknown;
  bool started_ = false;
  std::optional<RequestId> request_;        // about the Lease
  std::optional<RequestId> label_request_;  // the last one; its answer is only logged
  std::string trouble_;                     // as last logged
};

}  // namespace bw
