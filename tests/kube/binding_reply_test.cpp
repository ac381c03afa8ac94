#include "kube/binding_reply.h"

#include <vector>

#include <gtest/gtest.h>

namespace bw {
namespace {

using Kind = BindingReply::Kind;

BindingReply reply(int status, const std::string& body = "", std::optional<std::int64_t> retry_after_s = std::nullopt) {
  return classify_binding(ApiResponse{status, body, retry_after_s});
}

TEST(BindingReplyMeaning, FollowsFromTheStatus) {
  struct Case {
    int status;
    Kind kind;
    bool settled;
  };
  const std::vector<Case> cases{
      {201, Kind::kConfirmed, true},  {200, Kind::kConfirmed, true},  {404, Kind::kGone, true},
      {409, Kind::kConflict, true},   {400, Kind::kRefused, true},    {403, Kind::kRefused, true},
      {422, Kind::kRefused, true},    {401, Kind::kUncertain, true},  {429, Kind::kUncertain, true},
      {500, Kind::kUncertain, false}, {502, Kind::kUncertain, false}, {503, Kind::kUncertain, false},
      {504, Kind::kUncertain, false}, {302, Kind::kUncertain, false}, {418, Kind::kUncertain, false}};
  for (const Case& one : cases) {
    EXPECT_EQ(reply(one.status).kind, one.kind) << one.status;
    EXPECT_EQ(reply(one.status).settled, one.settled) << one.status;
    EXPECT_EQ(reply(one.status).status, one.status);
  }
}

TEST(BindingReplyMeaning, WithoutAnAnswerDependsOnWhetherItWasSent) {
  const BindingReply unsent = classify_binding(Error{ErrorCode::kUnavailable, "refused"});
  EXPECT_EQ(unsent, (BindingReply{Kind::kUncertain, 0, "refused", {}, true}));
  const BindingReply sent = classify_binding(Error{ErrorCode::kIo, "no answer"});
  EXPECT_EQ(sent, (BindingReply{Kind::kUncertain, 0, "no answer", {}, false}));
  EXPECT_FALSE(classify_binding(Error{ErrorCode::kInvalid, "not HTTP"}).settled);
}

TEST(BindingReplyMeaning, RepeatsWhatTheServerSays) {
  const BindingReply conflict =
      reply(409, R"({"kind":"Status","reason":"Conflict","message":"pod p is already assigned to node n"})");
  EXPECT_EQ(conflict.message, "pod p is already assigned to node n");
  EXPECT_EQ(reply(429, "Too many requests", 3), (BindingReply{Kind::kUncertain, 429, "Too many requests", 3, true}));
  EXPECT_EQ(reply(503, R"({"kind":"Status","message":"m","details":{"retryAfterSeconds":5}})").retry_after_s, 5);
}

}  // namespace
}  // namespace bw
