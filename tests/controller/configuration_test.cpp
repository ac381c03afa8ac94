#include "controller/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/configuration_keys.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kHead = "apiVersion: config.networking.vaclab.org/v1alpha1\nkind: BandwidthControllerConfiguration\n";

Result<Configuration> parse(const std::string& body) { return parse_configuration(kHead + body, "f.yaml"); }

std::string error_of(const std::string& body) {
  const Result<Configuration> parsed = parse(body);
  return parsed ? "no error" : parsed.error().message;
}

// Every key of the design, with a value that is not the default.
constexpr const char* kEverything = R"(capacity:
  local:   {ulMbps: 10000, dlMbps: 11000}
  network: {ulMbps: 500, dlMbps: 600}
topology:
  levels:
  - {label: rack, uplink: {ulMbps: 2000, dlMbps: 3000}, values: {r1: {ulMbps: 1, dlMbps: 0}}}
  - {label: topology.kubernetes.io/zone, uplink: {ulMbps: 40000, dlMbps: 40000}}
requests:
  dialects: [ovn.kubernetes.io, kubernetes.io]
  default: {ulMbps: 5, dlMbps: 7}
  write: ovn.kubernetes.io
colocation: {networkCharge: Always}
interfaces: {max: 32}
scoring:
  seed: 9
  plugins: [{name: FreeBandwidth, weight: 3}, {name: MeasuredBandwidth, weight: 1, threshold: 80}]
journal: {path: /j}
kube: {namespace: bandwidth}
extender:   {listen: 127.0.0.1:1, candidates: 50, certFile: c, keyFile: k, clientCAFile: a, insecure: true}
admission:  {listen: 127.0.0.1:2, certFile: c, keyFile: k}
operations: {listen: 127.0.0.1:3, tokenFile: t}
leaderElection: {enabled: false}
)";

TEST(Configuration, AnEmptyFileIsTheDefaults) {
  const Result<Configuration> parsed = parse("");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->policy, Policy{});
  EXPECT_EQ(parsed->journal_path, "/var/lib/bandwidth/journal");
  EXPECT_TRUE(parsed->leader_election);
  EXPECT_EQ(to_text(parsed->extender.listen), "127.0.0.1:9443");
  EXPECT_EQ(to_text(parsed->operations), "0.0.0.0:9440");
}

TEST(Configuration, EveryKeyIsAccepted) {
  const Result<Configuration> parsed = parse(kEverything);
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Policy& policy = parsed->policy;
  EXPECT_EQ(policy.default_local_capacity, (Rates{10'000'000'000, 11'000'000'000}));
  EXPECT_EQ(policy.default_network_capacity, (Rates{500'000'000, 600'000'000}));
  ASSERT_EQ(policy.levels.size(), 2U);
  EXPECT_EQ(policy.levels[0].label, "rack");
  EXPECT_THAT(policy.levels[0].by_value, ElementsAre(std::pair<std::string, Rates>("r1", {1'000'000, 0})));
  EXPECT_THAT(policy.dialects, ElementsAre(Dialect::kOvn, Dialect::kKubernetes));
  EXPECT_EQ(policy.default_request, (Rates{5'000'000, 7'000'000}));
  EXPECT_EQ(policy.write_dialect, Dialect::kOvn);
  EXPECT_TRUE(policy.always_charge_network);
  EXPECT_EQ(policy.max_interfaces, 32U);
  EXPECT_EQ(policy.scoring_seed, 9U);
  EXPECT_EQ(policy.candidates, 50U);
  ASSERT_EQ(policy.plugins.size(), 2U);
  EXPECT_EQ(policy.plugins[1].threshold, 80);
  EXPECT_EQ(parsed->journal_path, "/j");
  EXPECT_EQ(parsed->kube_namespace, "bandwidth");
  EXPECT_FALSE(parsed->leader_election);
  EXPECT_EQ(parsed->operations_token_file, "t");
}

TEST(Configuration, WhatIsWrittenReadsBackTheSame) {
  for (const char* body : {"", kEverything}) {
    const Result<Configuration> parsed = parse(body);
    ASSERT_TRUE(parsed);
    const std::string text = format_configuration(*parsed);
    const Result<Configuration> again = parse_configuration(text, "again.yaml");
    ASSERT_TRUE(again) << again.error().message << "\n" << text;
    EXPECT_EQ(again->policy, parsed->policy);
    EXPECT_EQ(format_configuration(*again), text);
  }
}

TEST(Configuration, EveryKeyHasATypeASentenceAndReadsItsDefault) {
  for (const ConfigurationKey& key : configuration_keys()) {
    EXPECT_NE(key.type, "") << key.path;
    EXPECT_THAT(key.sentence, testing::EndsWith(".")) << key.path;
    EXPECT_THAT(configuration_reference(), HasSubstr("`" + key.path + "`"));
  }
}

TEST(Configuration, AnErrorNamesLineAndColumn) {
  const std::vector<std::pair<const char*, const char*>> table{
      {"capacity:\n  network: {ulMbps: 5, upMbps: 7}\n",
       "f.yaml:4:24: unknown key capacity.network.upMbps; known here: "},
      {"capacitty: {}\n", "f.yaml:3:1: unknown key capacitty; known here: capacity, topology, "},
      {"capacity:\n  local:\n    ulMbps: -1\n",
       "f.yaml:5:13: capacity.local.ulMbps is \"-1\": a whole number from 0 to "},
      {"capacity: {local: {ulMbps: 1.5}}\n", "f.yaml:3:28: capacity.local.ulMbps is \"1.5\""},
      {"capacity: 7\n", "f.yaml:3:11: capacity must be a mapping of keys"},
      {"requests: {dialects: [kubernetes.io, linux.org]}\n",
       "f.yaml:3:38: requests.dialects[1] is \"linux.org\": one of "},
      {"requests: {dialects: []}\n", "f.yaml:3:22: requests.dialects is empty"},
      {"requests: {dialects: [kubernetes.io, kubernetes.io]}\n", "f.yaml:3:38: requests.dialects repeats itself"},
      {"topology: {levels: [{label: rack}]}\n", "f.yaml:3:21: topology.levels[0] needs label and uplink"},
      {"topology: {levels: [{label: r, uplink: {ulMbps: 1}}]}\n",
       "f.yaml:3:40: topology.levels[0].uplink needs ulMbps and dlMbps"},
      {"scoring: {plugins: [{name: Best, weight: 1}]}\n", "f.yaml:3:28: "},
      {"scoring: {plugins: [{name: Colocation, threshold: 80}]}\n",
       "f.yaml:3:51: scoring.plugins[0].threshold is only for ActiveFlows and MeasuredBandwidth"},
      {"colocation: {networkCharge: Never}\n",
       "f.yaml:3:29: colocation.networkCharge is \"Never\": one of WhenSpread, Always"},
      {"leaderElection: {enabled: maybe}\n", "f.yaml:3:27: leaderElection.enabled is \"maybe\": true or false"},
      {"extender: {candidates: 0}\n", "f.yaml:3:24: extender.candidates is \"0\": a whole number from 1 to "},
      {"extender: {listen: nowhere}\n", "f.yaml:3:20: extender.listen: "},
      {"journal: {path: /a}\njournal: {path: /b}\n", "f.yaml:4:1: journal is given twice"},
      {"kube: {namespace: [a]}\n", "f.yaml:3:19: kube.namespace must be text"},
      {"capacity: {\n", "f.yaml:4:1: not YAML: "},
  };
  for (const auto& [body, message] : table) EXPECT_THAT(error_of(body), StartsWith(message)) << body;
}

TEST(Configuration, AnotherKindOrVersionIsRefused) {
  EXPECT_THAT(parse_configuration("kind: X\n", "f.yaml").error().message, HasSubstr("apiVersion is missing"));
  EXPECT_THAT(parse_configuration("apiVersion: v1\nkind: X\n", "f.yaml").error().message,
              StartsWith("f.yaml:1:13: apiVersion is \"v1\""));
  EXPECT_THAT(parse_configuration("[]\n", "f.yaml").error().message, HasSubstr("not a mapping"));
  EXPECT_THAT(load_configuration("/nonexistent/f.yaml").error().message, HasSubstr("cannot be read"));
}

TEST(Configuration, DoorsThatWouldBeOpenToEverybodyAreRefused) {
  EXPECT_THAT(error_of("extender: {listen: 0.0.0.0:9443}\n"),
              StartsWith("f.yaml:3:20: extender.listen is not a loopback address"));
  EXPECT_EQ(error_of("extender: {listen: 0.0.0.0:9443, insecure: true}\n"), "no error");
  EXPECT_EQ(error_of("extender: {listen: 0.0.0.0:9443, certFile: c, keyFile: k}\n"), "no error");
  EXPECT_THAT(error_of("extender: {certFile: c}\n"), StartsWith("f.yaml:3:22: extender.certFile and "));
  EXPECT_THAT(error_of("admission: {keyFile: k}\n"), StartsWith("f.yaml:3:22: admission.certFile and "));
  EXPECT_THAT(error_of("extender: {clientCAFile: a}\n"), StartsWith("f.yaml:3:26: extender.clientCAFile needs "));
}

TEST(Configuration, AKeyWithoutEffectYetIsSaidToBeOne) {
  const Result<Configuration> parsed = parse(kEverything);
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->without_effect, ElementsAre("scoring.plugins.MeasuredBandwidth", "admission.listen",
                                                  "admission.certFile", "admission.keyFile"));
  EXPECT_THAT(parse("journal: {path: /j}\n")->without_effect, IsEmpty());
}

}  // namespace
}  // namespace bw
