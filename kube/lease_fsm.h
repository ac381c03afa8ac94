// Elects one leader among replicas by a Lease (coordination.k8s.io/v1), as client-go's leaderelection does: whoever
// renews it leads; a lease is taken only when its record has not changed for its duration by our own clock, so no
// clocks are compared. A leader stops leading at its renew deadline, which lies well before the lease can be taken.
// Each change of leader makes a new term; a process that finds itself to be the holder (it was restarted) goes on in
// the same term. A lease that is missing although there were terms was deleted, and is not free at once: whoever held
// it last, seen by us or not, may still be sending. The holder makes it again; another does when it has been missing
// for its duration, with a higher term. Sans-io; thread: the state's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kube/api.h"
#include "kube/backoff.h"

namespace bw {

struct LeaseOptions {
  std::string space;  // namespace
  std::string name = "bandwidth-controller";
  std::string identity;  // of this replica; the same after a restart on the same journal, and of no other
  std::int64_t duration_ns = 15 * kNanosecondsPerSecond;
  std::int64_t renew_deadline_ns = 10 * kNanosecondsPerSecond;
  std::int64_t retry_ns = 2 * kNanosecondsPerSecond;
};

// Read once per input: the monotonic clock for what we measure, the wall clock for what others read.
struct LeaseClock {
  std::int64_t monotonic_ns = 0;
  Timestamp wall;
};

class LeaseFsm {
 public:
  LeaseFsm(LeaseOptions options, std::uint64_t seed) : options_(std::move(options)), jitter_(seed) {}

  // The request to send now, if there is one; its outcome comes by answered(). At most one is under way.
  std::optional<ApiRequest> start(const LeaseClock& now) { return read(now); }
  std::optional<ApiRequest> answered(const LeaseClock& now, const Result<ApiResponse>& result);
  std::optional<ApiRequest> tick(const LeaseClock& now);
  // Gives the lease up, so that another need not wait for it. Nothing is asked for after it.
  std::optional<ApiRequest> release(const LeaseClock& now);

  // Whether Bindings may be sent at this moment.
  bool leads(std::int64_t now_ns) const { return now_ns < leads_until_ns_; }
  std::uint64_t term() const { return std::uint64_t{transitions_} + 1; }  // while it leads
  bool continued() const { return continued_; }  // the term was begun before this process started
  // Who leads, as last read: the identity; "" if nobody is known.
  const std::string& holder() const { return seen_.holder; }
  // Who held it before this replica took it; "" if nobody did.
  const std::string& previous_holder() const { return previous_holder_; }
  // It was not there when it was last asked for.
  bool is_missing() const { return missing_since_ns_.has_value(); }
  // Why the last attempt failed; "" if it did not.
  const std::string& trouble() const { return trouble_; }

  // Of all terms that the journal and the pods of the cluster tell of, the highest; a new one is above it, also where
  // the lease was deleted.
  void set_known_term(std::uint64_t term) { known_term_ = term; }

  // Shown to others with each renewal: the head of our journal.
  void set_journal_head(std::string head) { journal_head_ = std::move(head); }
  // As the lease showed it when it was last read, whoever wrote it.
  const std::string& seen_journal_head() const { return seen_.journal_head; }

  std::optional<std::int64_t> wake_at_ns() const;

 private:
  enum class Asked { kNothing, kRead, kCreate, kTake, kRenew, kRelease };

  // What the lease says.
  struct Record {
    std::string resource_version;
    std::string holder;
    std::string acquire_time, renew_time;
    std::string journal_head;
    std::uint32_t transitions = 0;
    bool operator==(const Record&) const = default;
  };

  std::optional<ApiRequest> read(const LeaseClock& now);
  std::optional<ApiRequest> write(const LeaseClock& now, Asked what);
  std::optional<ApiRequest> consider(const LeaseClock& now);
  bool was_seen() const { return !seen_.resource_version.empty(); }
  std::uint32_t transitions_after_seen() const;
  bool parse(const std::string& body, Record& record);
  void lead(std::int64_t asked_at_ns);
  void wait(const LeaseClock& now);

  const LeaseOptions options_;
  Jitter jitter_;
  Asked asked_ = Asked::kNothing;
  std::int64_t asked_at_ns_ = 0;
  std::int64_t next_at_ns_ = 0;
  std::int64_t leads_until_ns_ = 0;
  Record seen_;  // last; the lease may have been deleted since
  std::uint64_t known_term_ = 0;
  std::int64_t seen_at_ns_ = 0;  // when this record was first seen
  std::optional<std::int64_t> missing_since_ns_;
  std::uint32_t transitions_ = 0;
  bool continued_ = false;
  bool held_ = false;  // this process has held it since it was last someone else's
  std::string previous_holder_;
  std::string acquire_time_;
  std::string journal_head_;
  std::string trouble_;
};

}  // namespace bw
