#include "projections/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/event_builder.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Request resolve(const std::vector<RequestEntry>& entries, const NamespaceDefaults& defaults = {},
                const Policy& policy = {}) {
  return resolve_request(entries, defaults, policy);
}

std::vector<RequestEntry> joined(std::vector<RequestEntry> a, const std::vector<RequestEntry>& b) {
  for (const RequestEntry& entry : b) set_request(a, entry);
  return a;
}

Policy with_default(Rates rates, Dialect write = Dialect::kKubernetes) {
  Policy policy;
  policy.default_request = rates;
  policy.write_dialect = write;
  return policy;
}

// ---- R2: dialects ----

TEST(Request, ReadsEachDialectInItsOwnUnit) {
  EXPECT_EQ(resolve(requests("1000000", Dialect::kKubernetes)).rates, both(1));
  EXPECT_EQ(resolve(requests("1.5M", Dialect::kKubernetes)).rates, (Rates{1'500'000, 1'500'000}));
  EXPECT_EQ(resolve(requests("500k", Dialect::kKubernetes)).rates, (Rates{500'000, 500'000}));
  EXPECT_EQ(resolve(requests("100", Dialect::kOvn)).rates, both(100));
  EXPECT_EQ(resolve(requests("100M", Dialect::kCalico)).rates, both(100));
}

TEST(Request, TakesDialectsThatAgreeForOne) {
  const Request request = resolve(joined(requests("100M"), requests("100", Dialect::kOvn)));
  EXPECT_TRUE(request.valid());
  EXPECT_EQ(request.rates, both(100));
  EXPECT_FALSE(request.default_ul);
  EXPECT_FALSE(request.default_dl);
}

TEST(Request, RefusesDialectsThatDisagreeAndNamesBoth) {
  const Request request = resolve(joined(requests("100M"), requests("/101", Dialect::kOvn)));
  EXPECT_FALSE(request.valid());
  EXPECT_THAT(request.problem, HasSubstr("kubernetes.io/ingress-bandwidth"));
  EXPECT_THAT(request.problem, HasSubstr("ovn.kubernetes.io/ingress_rate"));
  EXPECT_THAT(request.problem, HasSubstr("100000000 and 101000000"));
}

TEST(Request, AddsUpDialectsThatNameDifferentDirections) {
  const Request request = resolve(joined(requests("100M/"), requests("/50", Dialect::kOvn)));
  EXPECT_EQ(request.rates, (Rates{megabits(100), megabits(50)}));
}

TEST(Request, DoesNotReadADialectThatIsNotListed) {
  Policy policy;
  policy.dialects = {Dialect::kOvn};
  EXPECT_FALSE(resolve(requests("100M"), {}, policy).asks());
  EXPECT_TRUE(resolve(requests("-1"), {}, policy).valid()) << "what is not read cannot be wrong";
  EXPECT_EQ(resolve(requests("100", Dialect::kOvn), {}, policy).rates, both(100));
}

// ---- R3: invalid requests ----

TEST(Request, IsInvalidAndNeverZeroForWhatIsNoRate) {
  for (const char* text : {"-20", "0", "999", "1001T", "fast", "-1M", "9999999999999999999999"}) {
    const Request request = resolve(requests(text));
    EXPECT_FALSE(request.valid()) << text;
    EXPECT_TRUE(request.asks()) << text << " must not pass for a pod that asks for nothing";
    EXPECT_THAT(request.problem, HasSubstr('"' + std::string(text) + '"'));
  }
  EXPECT_FALSE(resolve({{Dialect::kKubernetes, Direction::kUl, {}, ""}}).valid()) << "an empty text";
}

TEST(Request, AllowsTheWholeRangeFrom1kTo1P) {
  EXPECT_EQ(resolve(requests("1k/1P")).rates, (Rates{1'000, 1'000'000'000'000'000}));
  EXPECT_EQ(resolve(requests("1000/1000T")).rates, (Rates{1'000, 1'000'000'000'000'000}));
}

TEST(Request, OneWrongDirectionMakesTheWholeRequestInvalid) {
  EXPECT_FALSE(resolve(requests("100M/-5")).valid());
  EXPECT_FALSE(resolve(requests("-5/100M")).valid());
}

// ---- R12: defaults ----

TEST(Request, TakesTheDefaultOfTheNamespaceBeforeThatOfTheConfiguration) {
  const Policy policy = with_default({megabits(5), megabits(6)});
  EXPECT_EQ(resolve({}, {}, policy).rates, (Rates{megabits(5), megabits(6)}));
  const Request request = resolve({}, {megabits(20), {}}, policy);
  EXPECT_EQ(request.rates, (Rates{megabits(20), megabits(6)})) << "per direction";
  EXPECT_TRUE(request.default_ul);
  EXPECT_TRUE(request.default_dl);
}

TEST(Request, ADirectionThatIsNotNamedTakesTheDefault) {
  const Request request = resolve(requests("100M/"), {}, with_default(both(5)));
  EXPECT_EQ(request.rates, (Rates{megabits(100), megabits(5)}));
  EXPECT_FALSE(request.default_ul);
  EXPECT_TRUE(request.default_dl);
}

TEST(Request, ADefaultOfZeroSetsTheConfiguredOneAside) {
  EXPECT_FALSE(resolve({}, {0, 0}, with_default(both(5))).asks());
}

TEST(Request, AsksForNothingWithoutAnnotationsAndDefaults) {
  EXPECT_TRUE(resolve({}).valid());
  EXPECT_FALSE(resolve({}).asks());
}

TEST(Request, AWrongDefaultOfANamespaceIsAnInvalidRequestOfPodsThatNeedIt) {
  const Request request = resolve(requests("100M/"), {{}, -1});
  EXPECT_FALSE(request.valid());
  EXPECT_THAT(request.problem, HasSubstr("networking.vaclab.org/default-ingress-bandwidth"));
  EXPECT_TRUE(resolve(requests("100M"), {-1, -1}).valid()) << "this pod names both directions";
}

TEST(Request, ADefaultThatIsWrittenInMegabitsIsRoundedUpToThem) {
  const Request request = resolve({}, {1'500'000, 2'000'000}, with_default({}, Dialect::kOvn));
  EXPECT_EQ(request.rates, both(2)) << "what is charged is what the CNI is told";
}

// ---- R5: what the Binding restates ----

TEST(GrantedAnnotations, RestateEachDirectionInThePodsOwnDialects) {
  const auto entries = joined(requests("100M/"), requests("100/50", Dialect::kOvn));
  EXPECT_THAT(granted_annotations(entries, {megabits(100), megabits(50)}, false, false, Policy()),
              ElementsAre(Pair("kubernetes.io/egress-bandwidth", "100M"), Pair("ovn.kubernetes.io/egress_rate", "100"),
                          Pair("ovn.kubernetes.io/ingress_rate", "50"),
                          Pair("networking.vaclab.org/granted", "ul=100000000,dl=50000000")));
}

TEST(GrantedAnnotations, WriteADefaultInTheConfiguredDialect) {
  const Policy policy = with_default(both(20), Dialect::kOvn);
  EXPECT_THAT(granted_annotations(requests("100M/"), {megabits(100), megabits(20)}, false, true, policy),
              ElementsAre(Pair("kubernetes.io/egress-bandwidth", "100M"), Pair("ovn.kubernetes.io/ingress_rate", "20"),
                          Pair("networking.vaclab.org/granted", "ul=100000000,dl=20000000")));
}

TEST(GrantedAnnotations, SayNothingWhereNothingWasGranted) {
  EXPECT_THAT(granted_annotations({}, {}, true, true, Policy()), IsEmpty());
  EXPECT_THAT(granted_annotations(requests("100M/"), {megabits(100), 0}, false, true, Policy()),
              ElementsAre(Pair("kubernetes.io/egress-bandwidth", "100M"),
                          Pair("networking.vaclab.org/granted", "ul=100000000,dl=0")));
}

TEST(GrantedAnnotations, AreWrittenWhereThePodHasLostItsOwnMeanwhile) {
  EXPECT_THAT(
      granted_annotations({}, both(100), false, false, Policy()),
      ElementsAre(Pair("kubernetes.io/egress-bandwidth", "100M"), Pair("kubernetes.io/ingress-bandwidth", "100M"),
                  Pair("networking.vaclab.org/granted", "ul=100000000,dl=100000000")))
      << "what is charged must be shaped";
}

TEST(GrantedAnnotations, RestateWhatWasGrantedAndNotWhatThePodSaysNow) {
  EXPECT_THAT(granted_annotations(requests("300M/"), {megabits(100), 0}, false, true, Policy()),
              ElementsAre(Pair("kubernetes.io/egress-bandwidth", "100M"),
                          Pair("networking.vaclab.org/granted", "ul=100000000,dl=0")));
}

TEST(Granted, ReadsWhatItWrites) {
  for (const Rates rates : {Rates{}, both(100), Rates{1, kLargestRequest}, Rates{1'234'567, 0}}) {
    EXPECT_EQ(parse_granted(format_granted(rates)), rates);
  }
  EXPECT_EQ(format_granted({megabits(100), megabits(50)}), "ul=100000000,dl=50000000");
}

TEST(Granted, RefusesWhatItDidNotWrite) {
  for (const char* text :
       {"", "ul=1", "ul=1,dl=", "dl=1,ul=1", "ul=-1,dl=1", "ul=1,dl=1 ", " ul=1,dl=1", "ul=1,dl=1,x=1", "ul=1.5,dl=1",
        "ul=1000000000000001,dl=1", "ul=99999999999999999999,dl=1", "ul=+1,dl=1"}) {
    EXPECT_EQ(parse_granted(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bw
