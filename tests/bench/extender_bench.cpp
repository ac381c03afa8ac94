// Times filter and prioritize calls as kube-scheduler makes them: one keep-alive connection per target, one call at a
// time, another pod each time. The targets take turns call by call, so that what else the machine does falls on all.
// Beside it, without HTTP: what reading a request and writing the replies take in this process.
//
//   extender_bench --target ours=127.0.0.1:9443 --target go=127.0.0.1:9555
//
// Writes one JSON object, times in microseconds. A reply other than 200 ends it with exit code 1.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "extender/http.h"
#include "extender/listen_address.h"
#include "extender/protocol.h"

namespace bw {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

// About 4 KB, as the scheduler sends it. %08u is the number of the pod.
constexpr const char* kPod =
    R"({"metadata":{"name":"nodes-%08u","generateName":"nodes-","namespace":"experiment-7","uid":"3f2a9c58-1d07-4b6e-9a41-0000%08u",)"
    R"("resourceVersion":"1%08u","creationTimestamp":"2026-03-01T10:00:00Z","labels":{"app":"nodes",)"
    R"("apps.kubernetes.io/pod-index":"17","controller-revision-hash":"nodes-6c9bd7f4d8","statefulset.kubernetes.io/pod-name":"nodes-17"},)"
    R"("annotations":{"kubernetes.io/egress-bandwidth":"10M","kubernetes.io/ingress-bandwidth":"10M","prometheus.io/scrape":"true",)"
    R"("prometheus.io/port":"8008"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"nodes",)"
    R"("uid":"7d1c3f0a-52be-4c39-8f52-6f0f5d6f9c11","controller":true,"blockOwnerDeletion":true}]},)"
    R"("spec":{"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data-nodes-17"}},{"name":"config","configMap":{"name":"nodes",)"
    R"("items":[{"key":"start.sh","path":"start.sh"},{"key":"peers.txt","path":"peers.txt"}],"defaultMode":493}},{"name":"kube-api-access-x7k2p",)"
    R"("projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt",)"
    R"("items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1",)"
    R"("fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}}],"initContainers":[{"name":"wait-for-peers","image":)"
    R"("registry.example.org/tools/dns-wait:v1.4.2","command":["/bin/sh","-c","until nslookup bootstrap; do sleep 2; done"],"resources":{)"
    R"("limits":{"cpu":"50m","memory":"32Mi"},"requests":{"cpu":"50m","memory":"32Mi"}},"volumeMounts":[{"name":"kube-api-access-x7k2p",)"
    R"("readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"terminationMessagePath":"/dev/termination-log",)"
    R"("terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"containers":[{"name":"node","image":)"
    R"("registry.example.org/experiments/node:v0.34.0","command":["/scripts/start.sh"],"args":["--relay=true","--max-connections=150",)"
    R"("--rest-address=0.0.0.0","--metrics-server=true","--nat=extip:auto","--shard=0","--log-level=INFO"],"ports":[{"name":"p2p",)"
    R"("containerPort":60000,"protocol":"TCP"},{"name":"rest","containerPort":8645,"protocol":"TCP"},{"name":"metrics","containerPort":8008,)"
    R"("protocol":"TCP"}],"env":[{"name":"POD_IP","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}},{"name":"POD_NAME",)"
    R"("valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"BOOTSTRAP","value":"bootstrap.experiment-7.svc"},)"
    R"({"name":"SEED","value":"421337"}],"resources":{"limits":{"cpu":"400m","memory":"600Mi"},"requests":{"cpu":"150m","memory":"64Mi"}},)"
    R"("volumeMounts":[{"name":"data","mountPath":"/data"},{"name":"config","mountPath":"/scripts"},{"name":"kube-api-access-x7k2p",)"
    R"("readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"readinessProbe":{"httpGet":{"path":"/health","port":8008,)"
    R"("scheme":"HTTP"},"initialDelaySeconds":5,"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},)"
    R"("terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],)"
    R"("restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default",)"
    R"("serviceAccount":"default","securityContext":{"runAsUser":1000,"fsGroup":1000},"hostname":"nodes-17","subdomain":"nodes","affinity":{)"
    R"("nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"role","operator":)"
    R"("In","values":["experiments"]}]}]}}},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready",)"
    R"("operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists",)"
    R"("effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},)"
    R"("status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","lastProbeTime":null,)"
    R"("lastTransitionTime":"2026-03-01T10:00:01Z","reason":"Unschedulable","message":"0/3 nodes are available"}],"qosClass":"Burstable"}})";

std::string pod_text(unsigned number) {
  std::string text(8192, '\0');
  text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), kPod, number, number, number)));
  return text;
}

// ExtenderArgs as Go encodes them.
std::string request_body(unsigned pod, const std::vector<std::string>& names) {
  std::string body = R"({"Pod":)" + pod_text(pod) + R"(,"Nodes":null,"NodeNames":[)";
  for (const std::string& name : names) body += '"' + name + "\",";
  if (!names.empty()) body.pop_back();
  return body + "]}";
}

// 40 characters each, unless a file gives them.
std::vector<std::string> node_names(std::size_t count, const std::string& file) {
  std::vector<std::string> names;
  if (file.empty()) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      names.push_back("node-" + std::string(7 - number.size(), '0') + number + ".workers.cluster.example.net");
    }
    return names;
  }
  std::ifstream lines(file);
  for (std::string line; names.size() < count && std::getline(lines, line);) names.push_back(line);
  if (names.size() < count) throw std::runtime_error(file + " holds fewer than " + std::to_string(count) + " names");
  return names;
}

class Samples {
 public:
  void add(Clock::duration time) { times_.push_back(std::chrono::duration<double, std::micro>(time).count()); }

  Json summary() {
    std::sort(times_.begin(), times_.end());
    return {{"p50", at(50)}, {"p99", at(99)}};
  }

 private:
  double at(std::size_t percent) const {
    return std::round(times_[std::min(times_.size() - 1, times_.size() * percent / 100)] * 10) / 10;
  }

  std::vector<double> times_;
};

template <class Work>
Clock::duration timed(Work work) {
  const Clock::time_point begin = Clock::now();
  work();
  return Clock::now() - begin;
}

// ---- over HTTP ------------------------------------------------------------------------------------------------

class Target {
 public:
  Target(asio::io_context& io, const std::string& spec) : socket_(io) {
    const std::size_t equals = spec.find('=');
    const Result<ListenAddress> address = parse_listen_address(spec.substr(equals + 1));
    if (equals == std::string::npos || !address) throw std::runtime_error("--target takes NAME=IP:PORT, not " + spec);
    name_ = spec.substr(0, equals);
    boost::system::error_code ec;
    socket_.connect({asio::ip::make_address(address->ip), address->port}, ec);
    if (ec) throw std::runtime_error("cannot connect to " + spec + ": " + ec.message());
    socket_.set_option(asio::ip::tcp::no_delay(true));
  }

  const std::string& name() const { return name_; }

  // Bytes of the reply.
  std::size_t call(const char* verb, const std::string& body, Samples& samples) {
    http::request<http::string_body> request(http::verb::post, "/scheduler/" + std::string(verb), 11, body);
    request.set(http::field::host, "extender");
    request.set(http::field::content_type, "application/json");
    request.prepare_payload();
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    samples.add(timed([&] {
      http::write(socket_, request);
      http::read(socket_, buffer_, parser);
    }));
    if (parser.get().result() != http::status::ok) {
      throw std::runtime_error(name_ + " answered " + verb + " with " + std::to_string(parser.get().result_int()) +
                               ": " + parser.get().body());
    }
    return parser.get().body().size();
  }

 private:
  std::string name_;
  asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

// What one target did with one number of nodes.
struct Series {
  Samples filter, prioritize, both;
  std::size_t filter_reply_bytes = 0;
  std::size_t prioritize_reply_bytes = 0;
};

void call_pair(Target& target, const std::string& body, Series& series) {
  series.both.add(timed([&] {
    series.filter_reply_bytes = target.call("filter", body, series.filter);
    series.prioritize_reply_bytes = target.call("prioritize", body, series.prioritize);
  }));
}

Json over_http(std::vector<Target>& targets, const std::vector<std::string>& names, unsigned calls, unsigned& pod) {
  constexpr unsigned kWarmUp = 20;
  std::vector<Series> all(targets.size());
  for (unsigned call = 0; call < kWarmUp + calls; ++call) {
    if (call == kWarmUp) all.assign(targets.size(), {});
    const std::string body = request_body(++pod, names);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const std::size_t turn = (i + call) % targets.size();  // nobody is always behind the same other
      call_pair(targets[turn], body, all[turn]);
    }
  }
  Json results = Json::object();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    results[targets[i].name()] = {{"filter", all[i].filter.summary()},
                                  {"prioritize", all[i].prioritize.summary()},
                                  {"both", all[i].both.summary()},
                                  {"filterReplyBytes", all[i].filter_reply_bytes},
                                  {"prioritizeReplyBytes", all[i].prioritize_reply_bytes}};
  }
  return results;
}

// ---- in this process ------------------------------------------------------------------------------------------

Json in_process(const std::vector<std::string>& names, unsigned calls) {
  ExtenderArgs args;
  std::string body = request_body(1, names), out;
  body.reserve(body.size() + kBodyPadding);
  std::vector<std::uint32_t> all(names.size());
  std::iota(all.begin(), all.end(), 0u);
  std::vector<NodeRefusal> refused;
  for (const std::uint32_t node : all) refused.push_back({node, "insufficient network uplink bandwidth"});
  const std::vector<std::int64_t> scores(names.size(), 7);
  Samples parse, keep_all, refuse_all, score_all;
  for (unsigned call = 0; call < calls; ++call) {
    parse.add(timed([&] { check(args.parse(body).has_value(), "the benchmark's request is well formed"); }));
    keep_all.add(timed([&] { write_filter_result(args.nodes(), all, {}, out); }));
    refuse_all.add(timed([&] { write_filter_result(args.nodes(), {}, refused, out); }));
    score_all.add(timed([&] { write_priorities(args.nodes().names, scores, out); }));
  }
  return {{"requestBytes", body.size()},
          {"parse", parse.summary()},
          {"writeFilterKeepingAll", keep_all.summary()},
          {"writeFilterRefusingAll", refuse_all.summary()},
          {"writePriorities", score_all.summary()}};
}

struct Options {
  std::vector<std::string> targets;
  std::vector<std::size_t> counts{100, 1000, 5000};
  unsigned calls = 300;
  std::string names_file;
};

Json run(const Options& options) {
  asio::io_context io;
  std::vector<Target> targets;
  for (const std::string& spec : options.targets) targets.emplace_back(io, spec);
  unsigned pod = 0;
  Json results = Json::array();
  for (const std::size_t count : options.counts) {
    const std::vector<std::string> names = node_names(count, options.names_file);
    results.push_back({{"nodes", count},
                       {"calls", options.calls},
                       {"targets", over_http(targets, names, options.calls, pod)},
                       {"inProcess", in_process(names, options.calls)}});
  }
  return {{"unit", "microseconds"}, {"results", results}};
}

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  CLI::App app{"Times filter and prioritize calls of a scheduler extender"};
  bw::Options options;
  std::string json_file;
  app.add_option("--target", options.targets, "NAME=IP:PORT of an extender; may be given more than once");
  app.add_option("--nodes", options.counts, "numbers of node names")->delimiter(',');
  app.add_option("--calls", options.calls, "calls per target and number of nodes")->check(CLI::PositiveNumber);
  app.add_option("--names", options.names_file, "file with one node name per line, instead of made-up names");
  app.add_option("--json", json_file, "file to write to, instead of standard output");
  CLI11_PARSE(app, argc, argv);
  try {
    const std::string text = bw::run(options).dump(2) + "\n";
    if (json_file.empty()) {
      std::cout << text;
    } else if (!(std::ofstream(json_file) << text << std::flush)) {
      throw std::runtime_error("cannot write " + json_file);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "extender_bench: " << error.what() << '\n';
    return 1;
  }
}
