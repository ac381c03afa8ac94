#include "kube/pod_annotations.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bw {
namespace {

struct Case {
  std::string text;
  std::optional<BitsPerSecond> rate;
};

TEST(PodAnnotations, ReadQuantitiesFrom1kTo1P) {
  const std::vector<Case> cases{{"1000000", 1'000'000},
                                {"1.5M", 1'500'000},
                                {"500k", 500'000},
                                {"1k", 1'000},
                                {"1P", 1'000'000'000'000'000},
                                {"1Mi", 1'048'576},
                                {"1e6", 1'000'000},
                                {"1000.5", 1'001},
                                {"999.1", 1'000},
                                {"1000500m", 1'001},
                                // Below 1k, above 1P, negative, nothing.
                                {"999", {}},
                                {"0.5k", {}},
                                {"1000.0000001T", {}},
                                {"1000000000000001", {}},
                                {"2P", {}},
                                {"1E", {}},
                                {"1Pi", {}},
                                {"-1M", {}},
                                {"0", {}},
                                {"", {}},
                                {"fast", {}},
                                {"10 M", {}},
                                {" 10M", {}},
                                {"10Mbit", {}}};
  for (const Dialect dialect : {Dialect::kKubernetes, Dialect::kCalico}) {
    for (const Case& one : cases) EXPECT_EQ(parse_request(dialect, one.text), one.rate) << one.text;
  }
}

TEST(PodAnnotations, ReadWholeMegabitsInTheDialectOfKubeOvn) {
  const std::vector<Case> cases{
      {"1", 1'000'000},   {"+3", 3'000'000}, {"007", 7'000'000}, {"1000000000", 1'000'000'000'000'000},
      {"1000000001", {}}, {"0", {}},         {"-1", {}},         {"+-1", {}},
      {"", {}},           {"1.5", {}},       {"1M", {}},         {" 1", {}},
      {"1 ", {}},         {"1_000", {}},     {"0x10", {}},       {"99999999999999999999", {}}};
  for (const Case& one : cases) EXPECT_EQ(parse_request(Dialect::kOvn, one.text), one.rate) << one.text;
}

PodFields fields_of(std::string_view key, std::string_view value) {
  PodFields fields;
  read_pod_annotation(key, value, fields);
  return fields;
}

TEST(PodAnnotations, KeepTheTextOfAnInvalidRequestUpTo64Bytes) {
  const auto text_of = [](std::string_view value) {
    return fields_of("kubernetes.io/egress-bandwidth", value).requests.at(0).text;
  };
  EXPECT_EQ(text_of("fast"), "fast");
  EXPECT_EQ(text_of("10M"), "");
  EXPECT_EQ(text_of(std::string(100, 'x')), std::string(64, 'x'));
  EXPECT_EQ(text_of(std::string(63, 'x') + "\xc3\xa9"), std::string(63, 'x'));
  EXPECT_EQ(text_of(std::string(62, 'x') + "\xc3\xa9"), std::string(62, 'x') + "\xc3\xa9");
}

TEST(PodAnnotations, NeverTakeSomethingWrongInThePodsFavour) {
  const auto charge = [](std::string_view value) {
    return fields_of("networking.vaclab.org/network-charge", value).network_charge;
  };
  EXPECT_EQ(charge("WhenSpread"), NetworkCharge::kWhenSpread);
  EXPECT_EQ(charge("Always"), NetworkCharge::kAlways);
  EXPECT_EQ(charge("whenspread"), NetworkCharge::kAlways);
  EXPECT_EQ(charge(""), NetworkCharge::kAlways);
  EXPECT_FALSE(PodFields{}.network_charge);
  EXPECT_EQ(fields_of("networking.vaclab.org/granted", "ul=1,dl=2").granted, (Rates{1, 2}));
  EXPECT_FALSE(fields_of("networking.vaclab.org/granted", "ul=1").granted);
  EXPECT_EQ(fields_of("networking.vaclab.org/term", "18446744073709551615").term, UINT64_MAX);
  EXPECT_EQ(fields_of("networking.vaclab.org/term", "7x").term, 0U);
  EXPECT_EQ(fields_of("networking.vaclab.org/retry", "12").retry, 12U);
  EXPECT_EQ(fields_of("networking.vaclab.org/retry", "-1").retry, 0U);
  EXPECT_EQ(fields_of("networking.vaclab.org/group", "g").group, "g");
}

TEST(PodAnnotations, PassOverThoseOfOthers) {
  for (const char* key :
       {"egress-bandwidth", "kubernetes.io/egress-bandwidth ", "Kubernetes.io/egress-bandwidth",
        "networking.vaclab.org/other", "networking.vaclab.org/", "mynad.ns.ovn.kubernetes.io/egress_rate"}) {
    EXPECT_EQ(fields_of(key, "100"), PodFields{}) << key;
  }
}

TEST(PodAnnotations, CountNetworksInBothForms) {
  const std::vector<std::pair<std::string, std::uint32_t>> cases{{"", 0},
                                                                 {"a", 1},
                                                                 {"a,b/c@eth1", 2},
                                                                 {" a , b ,c ", 3},
                                                                 {"a,", 1},
                                                                 {",,", 0},
                                                                 {"[]", 0},
                                                                 {R"([{"name":"a"},{"name":"b","namespace":"ns"}])", 2},
                                                                 {" [ {\"name\":\"a\"} ] ", 1},
                                                                 {"[{", 1},
                                                                 {R"({"name":"a"})", 1}};
  for (const auto& [text, count] : cases) {
    EXPECT_EQ(count_networks(text), count) << text;
    EXPECT_EQ(fields_of("k8s.v1.cni.cncf.io/networks", text).interfaces, 1 + count) << text;
  }
}

TEST(PodAnnotations, ANamespaceMaySetTheDefaultAside) {
  EXPECT_EQ(parse_namespace_default("10M"), 10'000'000);
  EXPECT_EQ(parse_namespace_default("0"), 0);
  EXPECT_LT(parse_namespace_default("1"), 0);
  EXPECT_LT(parse_namespace_default("-10M"), 0);
  EXPECT_LT(parse_namespace_default(""), 0);
  EXPECT_LT(parse_namespace_default("much"), 0);
}

}  // namespace
}  // namespace bw
