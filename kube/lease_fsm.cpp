#include "kube/lease_fsm.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kube/effect_request.h"
#include "projections/time_text.h"

namespace bw {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kHeadAnnotation[] = "networking.vaclab.org/journal";

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string problem_of(const Result<ApiResponse>& result) {
  if (!result) return result.error().message;
  return "HTTP " + std::to_string(result->status) + ": " + result->body.substr(0, 200);
}

}  // namespace

bool LeaseFsm::parse(const std::string& body, Record& record) {
  try {
    const Json json = Json::parse(body);
    const Json& metadata = json.at("metadata");
    record.resource_version = text_at(metadata, "resourceVersion");
    if (metadata.contains("annotations")) record.journal_head = text_at(metadata["annotations"], kHeadAnnotation);
    const Json spec = json.value("spec", Json::object());
    record.holder = text_at(spec, "holderIdentity");
    record.acquire_time = text_at(spec, "acquireTime");
    record.renew_time = text_at(spec, "renewTime");
    record.transitions = spec.value("leaseTransitions", 0U);
  } catch (const Json::exception&) {
    return false;
  }
  return !record.resource_version.empty();
}

std::optional<ApiRequest> LeaseFsm::read(const LeaseClock& now) {
  asked_ = Asked::kRead;
  asked_at_ns_ = now.monotonic_ns;
  Result<ApiRequest> request = get_lease(options_.space, options_.name);
  if (!request) {
    trouble_ = request.error().message;
    wait(now);
    return std::nullopt;
  }
  return *request;
}

std::optional<ApiRequest> LeaseFsm::write(const LeaseClock& now, Asked what) {
  asked_ = what;
  asked_at_ns_ = now.monotonic_ns;
  const std::string time = format_rfc3339(now.wall, 6);
  std::uint32_t transitions = transitions_;
  if (what == Asked::kTake) {
    const bool again = seen_.holder == options_.identity && !held_;
    transitions = again ? seen_.transitions : transitions_after_seen();
    acquire_time_ = again ? seen_.acquire_time : time;
  }
  // Whoever leads and finds its lease deleted goes on in its term.
  if (what == Asked::kCreate && !leads(now.monotonic_ns)) {
    transitions = transitions_after_seen();
    acquire_time_ = time;
  }
  Json metadata = {{"name", options_.name}, {"namespace", options_.space}};
  if (what != Asked::kCreate) metadata["resourceVersion"] = seen_.resource_version;
  if (!journal_head_.empty()) metadata["annotations"] = {{kHeadAnnotation, journal_head_}};
  const bool gives_up = what == Asked::kRelease;
  const Json lease = {{"apiVersion", "coordination.k8s.io/v1"},
                      {"kind", "Lease"},
                      {"metadata", std::move(metadata)},
                      {"spec",
                       {{"holderIdentity", gives_up ? "" : options_.identity},
                        {"leaseDurationSeconds", gives_up ? 1 : options_.duration_ns / kNanosecondsPerSecond},
                        {"acquireTime", acquire_time_},
                        {"renewTime", time},
                        {"leaseTransitions", transitions}}}};
  Result<ApiRequest> request = what == Asked::kCreate ? create_lease(options_.space, lease.dump())
                                                      : replace_lease(options_.space, options_.name, lease.dump());
  if (!request) {
    trouble_ = request.error().message;
    wait(now);
    return std::nullopt;
  }
  request->timeout_ms = options_.retry_ns / kNanosecondsPerMillisecond;
  return *request;
}

// Above those of all terms that are known: what an earlier leader sends late must not pass for the new term's.
std::uint32_t LeaseFsm::transitions_after_seen() const {
  const std::uint64_t after_seen = was_seen() ? std::uint64_t{seen_.transitions} + 1 : 0;
  return static_cast<std::uint32_t>(std::max(after_seen, known_term_));
}

// What to do about the record that was just read, or about there being none.
std::optional<ApiRequest> LeaseFsm::consider(const LeaseClock& now) {
  const auto for_its_duration = [&](std::int64_t since_ns) {
    return now.monotonic_ns - since_ns >= options_.duration_ns;
  };
  bool free = seen_.holder.empty() || seen_.holder == options_.identity || for_its_duration(seen_at_ns_);
  if (missing_since_ns_) {
    const bool never_was = !was_seen() && known_term_ == 0;
    free = leads(now.monotonic_ns) || never_was || for_its_duration(*missing_since_ns_);
  }
  if (free) return write(now, missing_since_ns_ ? Asked::kCreate : Asked::kTake);
  held_ = false;
  wait(now);
  return std::nullopt;
}

void LeaseFsm::lead(std::int64_t asked_at_ns) { leads_until_ns_ = asked_at_ns + options_.renew_deadline_ns; }

void LeaseFsm::wait(const LeaseClock& now) {
  asked_ = Asked::kNothing;
  // A leader renews steadily; those who follow do not all ask at the same moment.
  const std::int64_t spread = leads(now.monotonic_ns) ? 0 : jitter_.below(options_.retry_ns * 6 / 5);
  next_at_ns_ = now.monotonic_ns + options_.retry_ns + spread;
}

std::optional<ApiRequest> LeaseFsm::answered(const LeaseClock& now, const Result<ApiResponse>& result) {
  const Asked asked = std::exchange(asked_, Asked::kNothing);
  const int status = result ? result->status : 0;
  trouble_.clear();
  if (asked == Asked::kRelease || asked == Asked::kNothing) return std::nullopt;
  Record record;
  const bool readable = (status == 200 || status == 201) && parse(result->body, record);
  if (asked == Asked::kRead) {
    if (status == 404) {
      if (!missing_since_ns_) missing_since_ns_ = now.monotonic_ns;
      return consider(now);
    }
    if (!readable) {
      trouble_ = problem_of(result);
      wait(now);
      return std::nullopt;
    }
    missing_since_ns_.reset();
    if (record != seen_) {
      seen_ = record;
      seen_at_ns_ = now.monotonic_ns;
    }
    if (seen_.holder != options_.identity) leads_until_ns_ = 0;
    return consider(now);
  }
  if (readable) {
    if (asked == Asked::kRenew && leads_until_ns_ == 0) return read(now);  // too late: another may have begun to wait
    if (asked == Asked::kTake || asked == Asked::kCreate) {
      continued_ = was_seen() && record.transitions == seen_.transitions;
      previous_holder_ = seen_.holder;
    }
    missing_since_ns_.reset();
    held_ = true;
    transitions_ = record.transitions;
    seen_ = record;
    seen_at_ns_ = now.monotonic_ns;
    lead(asked_at_ns_);
    wait(now);
    return std::nullopt;
  }
  trouble_ = problem_of(result);
  if (status == 409 || status == 404) return read(now);  // somebody else was faster, or it was deleted
  wait(now);
  return std::nullopt;
}

std::optional<ApiRequest> LeaseFsm::tick(const LeaseClock& now) {
  if (!leads(now.monotonic_ns)) leads_until_ns_ = 0;  // its time is over, whatever the answer under way will say
  if (asked_ != Asked::kNothing || now.monotonic_ns < next_at_ns_) return std::nullopt;
  return leads(now.monotonic_ns) ? write(now, Asked::kRenew) : read(now);
}

std::optional<ApiRequest> LeaseFsm::release(const LeaseClock& now) {
  const bool ours = leads(now.monotonic_ns);
  leads_until_ns_ = 0;
  next_at_ns_ = std::numeric_limits<std::int64_t>::max();
  if (!ours) return std::nullopt;
  return write(now, Asked::kRelease);
}

std::optional<std::int64_t> LeaseFsm::wake_at_ns() const {
  if (leads_until_ns_ != 0 && asked_ != Asked::kNothing) return leads_until_ns_;
  if (asked_ != Asked::kNothing) return std::nullopt;
  return leads_until_ns_ != 0 ? std::min(next_at_ns_, leads_until_ns_) : next_at_ns_;
}

}  // namespace bw
