// Defects of the system that this one replaces, by the numbers of docs/accounting.md: those that are about what an
// annotation says.
#include <gtest/gtest.h>

#include "kube/observe.h"
#include "kube/pod_annotations.h"

namespace bw {
namespace {

PodFields read(std::string_view key, std::string_view value) {
  PodFields fields;
  read_pod_annotation(key, value, fields);
  return fields;
}

std::optional<BitsPerSecond> egress(std::string_view value) {
  return read("kubernetes.io/egress-bandwidth", value).requests.at(0).rate;
}

TEST(PeerDefects, D08_NegativeAndHugeNumbersAreNoRates) {
  for (const char* text : {"-20", "-20M", "1001T", "9223372036854775808", "1E", "-9223372036854775808"}) {
    EXPECT_EQ(egress(text), std::nullopt) << text;
    EXPECT_EQ(read("ovn.kubernetes.io/egress_rate", text).requests.at(0).rate, std::nullopt) << text;
  }
}

TEST(PeerDefects, D18_APlainNumberIsInTheUnitOfItsDialect) {
  EXPECT_EQ(egress("1000000"), 1'000'000);
  EXPECT_EQ(read("ovn.kubernetes.io/egress_rate", "100").requests.at(0).rate, 100'000'000);
  EXPECT_EQ(read("qos.projectcalico.org/egressBandwidth", "1000000").requests.at(0).rate, 1'000'000);
}

TEST(PeerDefects, D19_FractionsAreExactAndWhatIsTooSmallIsRefusedAndNot0) {
  EXPECT_EQ(egress("500k"), 500'000);
  EXPECT_EQ(egress("1.5M"), 1'500'000);
  EXPECT_EQ(egress("1000.5"), 1'001) << "rounded up: never in the pod's favour";
  EXPECT_EQ(egress("100m"), std::nullopt) << "a tenth of a bit";
  EXPECT_EQ(egress("999"), std::nullopt);
}

TEST(PeerDefects, D20_EveryDialectIsRead) {
  PodFields fields;
  read_pod_annotation("kubernetes.io/egress-bandwidth", "100M", fields);
  read_pod_annotation("ovn.kubernetes.io/ingress_rate", "50", fields);
  read_pod_annotation("qos.projectcalico.org/ingressBandwidth", "50M", fields);
  EXPECT_EQ(fields.requests.size(), 3U);
}

TEST(PeerDefects, D21_WhatCannotBeReadIsKeptAsInvalidWithItsText) {
  for (const char* text : {"", "lots", "100 M", "1e", "0x10", "0"}) {
    const PodFields fields = read("kubernetes.io/egress-bandwidth", text);
    ASSERT_EQ(fields.requests.size(), 1U) << text;
    EXPECT_EQ(fields.requests[0].rate, std::nullopt) << text;
    EXPECT_EQ(fields.requests[0].text, text);
  }
}

TEST(PeerDefects, D26_AnObjectThatCouldNotBeReadIsReadAgain) {
  ObjectReader reader;
  const auto seen = [&](std::string_view capacity) {
    return reader.observe(
        Stream::kBandwidths,
        R"({"metadata":{"name":"n1","uid":"u","resourceVersion":"7"},"spec":{"capacity":{"network":{"ulMbps":)" +
            std::string(capacity) + "}}}}" + std::string(64, ' '));
  };
  EXPECT_TRUE(std::holds_alternative<UnreadableSeen>(seen("-1")));
  const ObjectSeen good = seen("10");
  ASSERT_TRUE(std::holds_alternative<BandwidthSeen>(good));
  EXPECT_EQ(std::get<BandwidthSeen>(good).network_ul, 10'000'000);
}

}  // namespace
}  // namespace bw
