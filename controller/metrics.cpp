#include "controller/metrics.h"

#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "projections/node_view.h"
#include "projections/reason.h"

namespace bw {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Family {
 public:
  Family(std::string name, std::string help, MetricType type) {
    family_ = {std::move(name), std::move(help), type, {}};
  }

  Family& add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (family_.type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family_.metric.push_back(std::move(metric));
    return *this;
  }

  MetricFamily take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

double number(std::uint64_t value) { return static_cast<double>(value); }
double number(BitsPerSecond value) { return static_cast<double>(value); }

void add_decisions(const Controller& controller, std::vector<MetricFamily>& families) {
  const DecisionCounts& counts = controller.decisions();
  families.push_back(
      Family("bandwidth_decisions_total", "Calls of the scheduler that were decided.", MetricType::Counter)
          .add({{"verb", "filter"}}, number(counts.filters))
          .add({{"verb", "prioritize"}}, number(counts.prioritizes))
          .add({{"verb", "bind"}}, number(counts.binds))
          .add({{"verb", "preempt"}}, number(counts.preempts))
          .take());
  Family refusals("bandwidth_filter_refusals_total", "Filter calls that no node fitted, by the first node's reason.",
                  MetricType::Counter);
  for (std::size_t reason = 1; reason < kReasonCount; ++reason) {
    refusals.add({{"reason", std::string(reason_text(static_cast<Reason>(reason)))}}, number(counts.refusals[reason]));
  }
  families.push_back(refusals.take());
  families.push_back(Family("bandwidth_bind_refusals_total", "Bind calls refused by the ledger.", MetricType::Counter)
                         .add({}, number(counts.binds_refused))
                         .take());
  families.push_back(Family("bandwidth_bad_requests_total", "Calls that could not be read.", MetricType::Counter)
                         .add({}, number(counts.bad_requests))
                         .take());
  families.push_back(
      Family("bandwidth_bindings_total", "Bindings sent to the API server, by outcome.", MetricType::Counter)
          .add({{"outcome", "confirmed"}}, number(controller.bindings().confirmed()))
          .add({{"outcome", "refused"}}, number(controller.bindings().refused()))
          .add({{"outcome", "uncertain"}}, number(controller.bindings().uncertain()))
          .take());
  families.push_back(
      Family("bandwidth_status_writes_total", "Statuses of Bandwidth objects written.", MetricType::Counter)
          .add({}, number(controller.statuses().written()))
          .take());
  families.push_back(Family("bandwidth_nodes_offered", "Nodes offered in the last filter call.", MetricType::Gauge)
                         .add({}, number(counts.offered))
                         .take());
}

void add_links(const State& state, std::vector<MetricFamily>& families) {
  Family capacity("bandwidth_link_capacity_bits_per_second", "Capacity in force.", MetricType::Gauge);
  Family used("bandwidth_link_used_bits_per_second", "Charged to pods.", MetricType::Gauge);
  Family available("bandwidth_link_available_bits_per_second", "Capacity less what is kept back and used.",
                   MetricType::Gauge);
  Family overcommitted("bandwidth_link_overcommitted", "1 where used is above capacity.", MetricType::Gauge);
  const auto add = [&](const Labels& link, const LinkView& view) {
    overcommitted.add(link, view.overcommitted ? 1 : 0);
    const auto both = [&](Family& family, const Rates& rates) {
      Labels ul = link;
      ul.push_back({"direction", "ul"});
      Labels dl = link;
      dl.push_back({"direction", "dl"});
      family.add(std::move(ul), number(rates.ul)).add(std::move(dl), number(rates.dl));
    };
    both(capacity, view.capacity);
    both(used, view.used);
    both(available, view.available);
  };
  state.nodes.for_each([&](NodeNumber, const Node& node) {
    if (!node.present && node.pods.empty()) return;
    add({{"node", node.name}, {"link", "local"}}, view_link(state.ledger.place(node.leaf).link));
    add({{"node", node.name}, {"link", "network"}}, view_link(state.ledger.place(node.place).link));
  });
  for (const UplinkView& uplink : view_uplinks(state)) {
    add({{"node", ""}, {"link", uplink.name}}, uplink.link);
  }
  for (Family* family : {&capacity, &used, &available, &overcommitted}) families.push_back(family->take());
}

void add_history(const Controller& controller, std::vector<MetricFamily>& families) {
  const HistoryFsm& history = controller.history();
  const AuditProgress& progress = history.progress();
  const auto add = [&](const char* name, const char* help, MetricType type, std::uint64_t value) {
    families.push_back(Family(name, help, type).add({}, number(value)).take());
  };
  add("bandwidth_audit_sequence", "Last event whose chain and fold the auditor has checked.", MetricType::Gauge,
      progress.checked_up_to);
  add("bandwidth_audit_unchecked_events", "Older events whose chain it has not checked since the start.",
      MetricType::Gauge, progress.unchecked);
  add("bandwidth_audit_differs", "1 once the live state and the journal differ, or its chain does not hold.",
      MetricType::Gauge, history.difference().empty() ? 0 : 1);
  add("bandwidth_audit_warnings_total", "Snapshots and cuts that did not succeed.", MetricType::Counter,
      history.warnings());
  add("bandwidth_journal_first_sequence", "First event that the journal holds.", MetricType::Gauge, progress.first);
  const SpaceFsm& space = controller.space();
  add("bandwidth_journal_free_bytes", "Free on the journal's disk, beside the reserve.", MetricType::Gauge,
      space.free_bytes());
  add("bandwidth_journal_reserve_held", "1 while room is set aside beside the journal.", MetricType::Gauge,
      space.reserve_held() ? 1 : 0);
  add("bandwidth_decisions_suspended", "1 while the disk is too full to decide.", MetricType::Gauge,
      space.suspended_because().empty() ? 0 : 1);
  add("bandwidth_journal_bytes", "Bytes of events on disk, roughly.", MetricType::Gauge, progress.journal_bytes);
  add("bandwidth_snapshot_sequence", "Event that the newest snapshot stands at.", MetricType::Gauge, progress.snapshot);
  add("bandwidth_snapshots_total", "Snapshots taken since the start.", MetricType::Counter, history.snapshots_taken());
}

// They count with the default: what they really use nobody knows.
std::size_t count_unaccounted(const State& state) {
  std::size_t count = 0;
  state.pods.for_each([&](PodNumber, const Pod& pod) {
    const bool foreign = pod.placement && pod.placement->by == PlacedBy::kForeign;
    if (foreign && !requested(state, pod).valid()) ++count;
  });
  return count;
}

void add_state(const Controller& controller, std::vector<MetricFamily>& families) {
  const State& state = controller.state();
  families.push_back(Family("bandwidth_ready", "1 once synced, whether it leads or follows.", MetricType::Gauge)
                         .add({}, controller.ready() ? 1 : 0)
                         .take());
  families.push_back(Family("bandwidth_journal_durable_sequence", "Last event that is on disk.", MetricType::Gauge)
                         .add({}, number(controller.durable()))
                         .take());
  families.push_back(Family("bandwidth_serving", "1 while filter and bind are answered: it leads.", MetricType::Gauge)
                         .add({}, controller.serves() ? 1 : 0)
                         .take());
  families.push_back(Family("bandwidth_nodes", "Nodes that pods can be scheduled to.", MetricType::Gauge)
                         .add({}, number(state.schedulable.size()))
                         .take());
  families.push_back(
      Family("bandwidth_pods", "Pods that are known.", MetricType::Gauge).add({}, number(state.pods.size())).take());
  families.push_back(Family("bandwidth_pods_refused", "Pods that no node took and that wait.", MetricType::Gauge)
                         .add({}, number(state.refused.size()))
                         .take());
  families.push_back(
      Family("bandwidth_bindings_unsettled", "Reservations whose Binding is not confirmed.", MetricType::Gauge)
          .add({}, number(state.unsettled.size()))
          .take());
  families.push_back(
      Family("bandwidth_wake_ups_total", "Refused pods that were woken since the start.", MetricType::Counter)
          .add({}, number(controller.wake_ups()))
          .take());
  families.push_back(
      Family("bandwidth_pods_unaccounted", "Pods placed by others whose request is invalid.", MetricType::Gauge)
          .add({}, number(count_unaccounted(state)))
          .take());
  Family unreadable("bandwidth_unreadable_objects_total", "Objects that could not be read.", MetricType::Counter);
  Family gaps("bandwidth_stream_blind", "1 while a stream cannot be followed.", MetricType::Gauge);
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    const Stream stream = static_cast<Stream>(i);
    unreadable.add({{"stream", std::string(stream_name(stream))}}, number(state.stream(stream).unreadable));
    gaps.add({{"stream", std::string(stream_name(stream))}}, state.stream(stream).gap ? 1 : 0);
  }
  families.push_back(unreadable.take());
  families.push_back(gaps.take());
}

constexpr std::pair<Route, const char*> kVerbs[] = {{Route::kFilter, "filter"},
                                                    {Route::kPrioritize, "prioritize"},
                                                    {Route::kBind, "bind"},
                                                    {Route::kPreempt, "preempt"}};

}  // namespace

struct Metrics::Latencies {
  prometheus::Registry registry;
  std::map<Route, prometheus::Histogram*> by_route;
};

Metrics::Metrics() : latencies_(std::make_unique<Latencies>()) {
  auto& family = prometheus::BuildHistogram()
                     .Name("bandwidth_decision_duration_seconds")
                     .Help("From a call of the scheduler to its answer.")
                     .Register(latencies_->registry);
  const prometheus::Histogram::BucketBoundaries bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                       0.01,   0.025,   0.05,   0.1,   0.5,    2.5};
  for (const auto& [route, verb] : kVerbs) latencies_->by_route[route] = &family.Add({{"verb", verb}}, bounds);
}

Metrics::~Metrics() = default;

void Metrics::answered(Route route, double seconds) {
  const auto found = latencies_->by_route.find(route);
  if (found != latencies_->by_route.end()) found->second->Observe(seconds);
}

std::string Metrics::text(const Controller& controller) const {
  std::vector<MetricFamily> families = latencies_->registry.Collect();
  add_decisions(controller, families);
  add_state(controller, families);
  add_history(controller, families);
  add_links(controller.state(), families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace bw
