#include "extender/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "extender/http.h"
#include "extender/json_text.h"

namespace bw {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPod =
    R"({"metadata":{"name":"p","namespace":"ns","uid":"u-1","resourceVersion":"42","annotations":{"a":"b"}},)"
    R"("spec":{"containers":[{"name":"c","image":"i"}]},"status":{}})";

std::string args_body(const std::string& nodes, const std::string& names, const std::string& pod = kPod) {
  return R"({"Pod":)" + pod + R"(,"Nodes":)" + nodes + R"(,"NodeNames":)" + names + "}";
}

std::string error_of(ExtenderArgs& args, std::string body) {
  const Result<void> parsed = args.parse(body);
  return parsed ? "" : parsed.error().message;
}

// ---- filter and prioritize requests ---------------------------------------------------------------------------

TEST(ExtenderArgs, GivesThePodAndTheNodeNames) {
  std::string body = args_body("null", R"(["n1","n2"])");
  ExtenderArgs args;
  ASSERT_TRUE(args.parse(body));
  EXPECT_EQ(args.pod().uid, "u-1");
  EXPECT_EQ(args.pod().space, "ns");
  EXPECT_EQ(args.pod().name, "p");
  EXPECT_EQ(args.pod().resource_version, 42u);
  EXPECT_EQ(args.pod().json, kPod);
  EXPECT_THAT(args.nodes().names, ElementsAre("n1", "n2"));
  EXPECT_FALSE(args.nodes().as_objects);
}

TEST(ExtenderArgs, NamesAreNotCopiedOutOfTheBody) {
  std::string body = args_body("null", R"(["n1"])");
  ExtenderArgs args;
  ASSERT_TRUE(args.parse(body));
  const char* const name = args.nodes().names.at(0).data();
  EXPECT_GE(name, body.data());
  EXPECT_LT(name, body.data() + body.size());
}

TEST(ExtenderArgs, KeysComeInAnyOrderAndAnyCaseAndUnknownOnesAreIgnored) {
  std::string body = R"( { "nodenames" : [ "n1" , "n2"
    ] , "Extra": {"Pod": [1, {"x": null}], "NodeNames": 3}, "NODES" : null, "\u0050od" :
      {"status": {"metadata": 1}, "METADATA" : {"UID" : "u-1" ,"Name":"p","nameSpace":"ns"} }  } )";
  ExtenderArgs args;
  ASSERT_EQ(error_of(args, body), "");
  ASSERT_TRUE(args.parse(body));
  EXPECT_EQ(args.pod().uid, "u-1");
  EXPECT_EQ(args.pod().space, "ns");
  EXPECT_EQ(args.pod().resource_version, 0u);
  EXPECT_EQ(json::parse(args.pod().json)["METADATA"]["Name"], "p");
  EXPECT_EQ(args.pod().json.back(), '}');
  EXPECT_THAT(args.nodes().names, ElementsAre("n1", "n2"));
}

TEST(ExtenderArgs, TheLastOfRepeatedKeysCounts) {
  std::string body = R"({"NodeNames":["old"],"Pod":{"metadata":{"name":"old"}},"Nodes":{"items":[{"metadata":)"
                     R"({"name":"x"}}]},"Nodes":null,"NodeNames":["new"],"Pod":)" +
                     std::string(kPod) + "}";
  ExtenderArgs args;
  ASSERT_TRUE(args.parse(body));
  EXPECT_EQ(args.pod().name, "p");
  EXPECT_THAT(args.nodes().names, ElementsAre("new"));
}

TEST(ExtenderArgs, NodeObjectsGiveTheirNamesAndThemselves) {
  const std::string n1 =
      R"({"metadata":{"labels":{"name":"not this"},"name":"n1"},"status":{"images":[{"names":["i"]}]}})";
  const std::string n2 = R"({"spec":{},"metadata":{"name":"n2"}})";
  std::string body = args_body(R"({"metadata":{},"items":[)" + n1 + " , " + n2 + " ]}", "null");
  ExtenderArgs args;
  ASSERT_TRUE(args.parse(body));
  EXPECT_TRUE(args.nodes().as_objects);
  EXPECT_THAT(args.nodes().names, ElementsAre("n1", "n2"));
  EXPECT_THAT(args.nodes().objects, ElementsAre(n1, n2));
  EXPECT_EQ(args.pod().json, kPod);
}

TEST(ExtenderArgs, ListsMayBeNullOrAbsent) {
  ExtenderArgs args;
  for (std::string body : {args_body("null", "null"), R"({"Pod":)" + std::string(kPod) + "}", args_body("null", "[]"),
                           args_body(R"({"items":null})", "null")}) {
    ASSERT_EQ(error_of(args, body), "") << body;
    EXPECT_THAT(args.nodes().names, IsEmpty());
  }
}

TEST(ExtenderArgs, NamesWinWhereBothListsAreSent) {
  std::string body =
      R"({"NodeNames":["a"],"Nodes":{"items":[{"metadata":{"name":"b"}}]},"Pod":)" + std::string(kPod) + "}";
  ExtenderArgs args;
  ASSERT_TRUE(args.parse(body));
  EXPECT_FALSE(args.nodes().as_objects);
  EXPECT_THAT(args.nodes().names, ElementsAre("a"));
}

TEST(ExtenderArgs, EscapesAreDecoded) {
  std::string body = args_body("null", R"(["a\"b","\u00e9\\", "plain"])",
                               R"({"metadata":{"name":"\u0070","namespace":"n\/s","uid":"u"}})");
  ExtenderArgs args;
  ASSERT_TRUE(args.parse(body));
  EXPECT_EQ(args.pod().name, "p");
  EXPECT_EQ(args.pod().space, "n/s");
  EXPECT_THAT(args.nodes().names, ElementsAre("a\"b", "\u00e9\\", "plain"));
}

TEST(ExtenderArgs, MalformedBodiesAreRefusedWithThePlace) {
  ExtenderArgs args;
  const auto pod_with = [](const std::string& metadata) {
    return args_body("null", "null", R"({"metadata":)" + metadata + "}");
  };
  const std::pair<std::string, const char*> cases[] = {
      {"", "malformed ExtenderArgs: "},
      {" \n", "malformed ExtenderArgs: "},
      {"[]", "malformed ExtenderArgs at byte 0: "},
      {"null", "malformed ExtenderArgs at byte 0: "},
      {"7", "malformed ExtenderArgs"},
      {"{}", "Pod is missing"},
      {"{\"Pod\":\"\xff\"}", "UTF-8"},
      {args_body("null", "null") + "x", "malformed ExtenderArgs"},
      {args_body("null", "null") + args_body("null", "null"), "malformed ExtenderArgs"},
      {args_body("null", "null", "null"), "Pod is missing"},
      {args_body("null", "null", "[]"), "in Pod at byte 7"},
      {pod_with("{}"), "Pod.metadata.uid is missing"},
      {pod_with("null"), "Pod.metadata.uid is missing"},
      {pod_with(R"({"uid":null})"), "Pod.metadata.uid is missing"},
      {pod_with(R"({"uid":"u"})"), "Pod.metadata.namespace is missing"},
      {pod_with(R"({"uid":"u","namespace":"ns"})"), "Pod.metadata.name is missing"},
      {pod_with(R"({"uid":7})"), "in Pod at byte 26"},
      {pod_with(R"({"resourceVersion":"12x"})"), "in Pod"},
      {pod_with(R"({"resourceVersion":"99999999999999999999"})"), "in Pod"},
      {args_body("null", R"("n1")"), "in NodeNames"},
      {args_body("null", R"({"a":"b"})"), "in NodeNames"},
      {args_body("null", R"(["n1",7])"), "in NodeNames"},
      {args_body("null", R"(["n1",null])"), "in NodeNames"},
      {args_body("null", R"(["n1" "n2"])"), "in NodeNames"},
      {args_body("null", R"(["n1"x])"), "in NodeNames"},
      {args_body("null", R"(["\x"])"), "in NodeNames"},
      {args_body("[]", "null"), "in Nodes at byte"},
      {args_body(R"({"items":{}})", "null"), "in Nodes.items"},
      {args_body(R"({"items":[null]})", "null"), "in Nodes.items"},
      {args_body(R"({"items":[{"metadata":{}}]})", "null"), "in Nodes.items"},
  };
  for (const auto& [body, expected] : cases) EXPECT_THAT(error_of(args, body), HasSubstr(expected)) << body;
}

TEST(ExtenderArgs, NoBeginningOfABodyIsTakenForAWholeOne) {
  ExtenderArgs args;
  for (const std::string& whole : {args_body("null", R"(["n1","n2"])"),
                                   args_body(R"({"metadata":{},"items":[{"metadata":{"name":"n"}}]})", "null")}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_NE(error_of(args, whole.substr(0, length)), "") << whole.substr(0, length);
    }
  }
}

TEST(ExtenderArgs, AFailureLeavesNothingAndTheNextCallIsServed) {
  ExtenderArgs args;
  std::string good = args_body("null", R"(["n1"])");
  ASSERT_TRUE(args.parse(good));
  EXPECT_NE(error_of(args, args_body("null", R"(["n1",7])")), "");
  EXPECT_THAT(args.nodes().names, IsEmpty());
  EXPECT_EQ(args.pod().json, "");
  ASSERT_TRUE(args.parse(good));
  EXPECT_THAT(args.nodes().names, ElementsAre("n1"));
}

// Bytes changed at random: never a crash, and where a strict parser agrees that it is JSON, the same names.
TEST(ExtenderArgs, AgreesWithAStrictParserOnDamagedBodies) {
  constexpr std::string_view kBytes = "{}[]\",:\\ntu0-e. xN";
  const std::string whole = R"({"Pod":{"metadata":{"name":"p","namespace":"ns","uid":"u"}},"Nodes":null,)"
                            R"("NodeNames":["n1","n2","n3"]})";
  std::mt19937 random(7);
  ExtenderArgs args;
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = whole;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      body[random() % body.size()] = kBytes[random() % kBytes.size()];
    }
    const std::string copy = body;
    if (!args.parse(body)) continue;
    ++accepted;
    const json strict = json::parse(copy, nullptr, false);
    if (strict.is_discarded() || !strict.contains("NodeNames") || !strict["NodeNames"].is_array()) continue;
    std::vector<std::string> expected = strict["NodeNames"];
    EXPECT_THAT(args.nodes().names, ::testing::ElementsAreArray(expected)) << copy;
  }
  EXPECT_GT(accepted, 100);
}

// ---- filter and prioritize replies ----------------------------------------------------------------------------

TEST(FilterResult, KeepsNamesOnly) {
  const OfferedNodes offered{{"n1", "n2", "n3"}, false, {}};
  const std::uint32_t kept[] = {2, 0};
  std::string out = "old";
  write_filter_result(offered, kept, {}, out);
  EXPECT_EQ(
      out, R"({"Nodes":null,"NodeNames":["n3","n1"],"FailedNodes":null,"FailedAndUnresolvableNodes":null,"Error":""})");
}

TEST(FilterResult, GivesEachRefusedNodeItsReason) {
  const OfferedNodes offered{{"n1", "n2", "n3"}, false, {}};
  const NodeRefusal refused[] = {{0, "link is overcommitted"}, {2, "a \"b\""}};
  std::string out;
  write_filter_result(offered, {}, refused, out);
  EXPECT_EQ(out, R"({"Nodes":null,"NodeNames":[],"FailedNodes":null,"FailedAndUnresolvableNodes":)"
                 R"({"n1":"link is overcommitted","n3":"a \"b\""},"Error":""})");
}

TEST(FilterResult, HandsObjectsBackAsTheyCame) {
  const OfferedNodes offered{{"n1", "n2"}, true, {R"({"metadata":{"name":"n1"}})", R"({ "metadata": {"name":"n2"} })"}};
  const std::uint32_t kept[] = {1};
  const NodeRefusal refused[] = {{0, "r"}};
  std::string out;
  write_filter_result(offered, kept, refused, out);
  EXPECT_EQ(out, R"({"Nodes":{"metadata":{},"items":[{ "metadata": {"name":"n2"} }]},"NodeNames":null,)"
                 R"("FailedNodes":null,"FailedAndUnresolvableNodes":{"n1":"r"},"Error":""})");
}

TEST(FilterResult, OfNoNodesIsAnEmptyList) {
  std::string out;
  write_filter_result({}, {}, {}, out);
  EXPECT_EQ(out, R"({"Nodes":null,"NodeNames":[],"FailedNodes":null,"FailedAndUnresolvableNodes":null,"Error":""})");
}

TEST(FilterResult, SaysAnError) {
  std::string out;
  write_filter_error("not synced\n", out);
  EXPECT_EQ(
      out,
      R"({"Nodes":null,"NodeNames":null,"FailedNodes":null,"FailedAndUnresolvableNodes":null,"Error":"not synced\n"})");
}

TEST(Priorities, AreABareArray) {
  const std::string_view names[] = {"n1", "n2"};
  const std::int64_t scores[] = {10, 0};
  std::string out;
  write_priorities(names, scores, out);
  EXPECT_EQ(out, R"([{"Host":"n1","Score":10},{"Host":"n2","Score":0}])");
  write_priorities({}, {}, out);
  EXPECT_EQ(out, "[]");
}

// ---- bind -----------------------------------------------------------------------------------------------------

TEST(Binding, IsReadInAnyOrder) {
  std::string body = R"({"PodUID":"u","Node":"n1","podname":"p","PodNamespace":"ns","More":[]})";
  const Result<BindingArgs> args = parse_binding_args(body);
  ASSERT_TRUE(args);
  EXPECT_EQ(*args, (BindingArgs{{"ns", "p", "u"}, "n1"}));
}

TEST(Binding, NeedsAllFourFields) {
  const std::pair<std::string, const char*> cases[] = {
      {R"({"PodNamespace":"ns","PodUID":"u","Node":"n"})", "PodName is missing"},
      {R"({"PodName":"p","PodNamespace":"ns","PodUID":null,"Node":"n"})", "PodUID is missing"},
      {R"({"PodName":"p","PodNamespace":"ns","PodUID":"u","Node":7})", "in Node at byte"},
      {"", "malformed ExtenderBindingArgs"},
  };
  for (auto [body, expected] : cases) {
    const Result<BindingArgs> args = parse_binding_args(body);
    ASSERT_FALSE(args) << body;
    EXPECT_THAT(args.error().message, HasSubstr(expected));
  }
}

TEST(Binding, ResultIsOneKey) {
  std::string out;
  write_binding_result("", out);
  EXPECT_EQ(out, R"({"Error":""})");
  write_binding_result("link is overcommitted", out);
  EXPECT_EQ(out, R"({"Error":"link is overcommitted"})");
}

// ---- preempt --------------------------------------------------------------------------------------------------

TEST(Preemption, HandsMetaVictimsBackByteForByte) {
  const std::string victims =
      R"({"n1":{"Pods":[{"UID":"u-2"},{"UID":"u-3"}],"NumPDBViolations":1},"n2":{"Pods":[{"UID":"u-4"}],"NumPDBViolations":0}})";
  std::string body =
      R"({"Pod":)" + std::string(kPod) + R"(,"NodeNameToVictims":null,"NodeNameToMetaVictims":)" + victims + "}";
  const Result<PreemptionArgs> args = parse_preemption_args(body);
  ASSERT_TRUE(args) << args.error().message;
  EXPECT_EQ(args->pod, (PodIdentity{"ns", "p", "u-1"}));
  std::string out;
  write_preemption_result(args->nodes, out);
  EXPECT_EQ(out, R"({"NodeNameToMetaVictims":)" + victims + "}");
}

TEST(Preemption, WholeVictimsComeBackByUid) {
  const std::string victim = R"({"metadata":{"name":"v","namespace":"ns","uid":"u-9"},"spec":{"x":[1,2]}})";
  std::string body = R"({"NodeNameToVictims":{"n1":{"NumPDBViolations":2,"Pods":[)" + victim +
                     R"(]}},"NodeNameToMetaVictims":null,"Pod":)" + std::string(kPod) + "}";
  const Result<PreemptionArgs> args = parse_preemption_args(body);
  ASSERT_TRUE(args) << args.error().message;
  EXPECT_THAT(args->nodes, ElementsAre(OfferedVictims{"n1", {"u-9"}, 2}));
}

TEST(Preemption, OfNothingHandsNothingBack) {
  for (std::string body :
       {R"({"Pod":)" + std::string(kPod) + "}",
        R"({"Pod":)" + std::string(kPod) + R"(,"NodeNameToVictims":{},"NodeNameToMetaVictims":{}})"}) {
    const Result<PreemptionArgs> args = parse_preemption_args(body);
    ASSERT_TRUE(args) << args.error().message;
    std::string out;
    write_preemption_result(args->nodes, out);
    EXPECT_EQ(out, R"({"NodeNameToMetaVictims":{}})");
  }
}

TEST(Preemption, AVictimWithoutUidIsMalformed) {
  for (const char* victims : {R"({"n1":{"Pods":[{}]}})", R"({"n1":{"Pods":[7]}})", R"({"n1":[]})", R"([])",
                              R"({"n1":{"NumPDBViolations":"x"}})"}) {
    std::string body = R"({"Pod":)" + std::string(kPod) + R"(,"NodeNameToMetaVictims":)" + victims + "}";
    const Result<PreemptionArgs> args = parse_preemption_args(body);
    ASSERT_FALSE(args) << victims;
    EXPECT_THAT(args.error().message, HasSubstr("in NodeNameToMetaVictims"));
  }
}

// ---- text -----------------------------------------------------------------------------------------------------

TEST(JsonText, EscapesWhatJsonDemandsAtEveryPosition) {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t length = 1; length < 20; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(c);
        std::string out;
        append_json_string(out, text);
        ASSERT_EQ(json::parse(out).get<std::string>(), text);
        ASSERT_EQ(out.size() == length + 2, c >= 0x20 && c != '"' && c != '\\') << c;
      }
    }
  }
}

TEST(JsonText, LeavesOtherCharactersAlone) {
  std::string out;
  append_json_string(out, "h\u00e9llo \u2028 <&> \x7f /");
  EXPECT_EQ(out, "\"h\u00e9llo \u2028 <&> \x7f /\"");
}

TEST(JsonText, WritesNumbers) {
  std::string out;
  for (const std::int64_t number : {std::int64_t{0}, INT64_MIN, INT64_MAX}) {
    append_json_number(out, number);
    out += ' ';
  }
  EXPECT_EQ(out, "0 -9223372036854775808 9223372036854775807 ");
}

}  // namespace
}  // namespace bw
