#include "extender/router.h"

#include <gtest/gtest.h>

namespace bw {
namespace {

HttpRequest request(std::string method, std::string path, std::string content_type = "") {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.content_type = std::move(content_type);
  return request;
}

// The status of a refusal; 0 for a match.
int refusal(Door door, const HttpRequest& request) {
  const auto found = find_route(door, request);
  return std::holds_alternative<HttpReply>(found) ? std::get<HttpReply>(found).status : 0;
}

TEST(Router, FindsEveryPathBehindItsDoor) {
  const struct {
    Door door;
    const char* method;
    const char* path;
    Route route;
  } table[] = {
      {Door::kScheduler, "POST", "/scheduler/filter", Route::kFilter},
      {Door::kScheduler, "POST", "/scheduler/prioritize", Route::kPrioritize},
      {Door::kScheduler, "POST", "/scheduler/bind", Route::kBind},
      {Door::kScheduler, "POST", "/scheduler/preempt", Route::kPreempt},
      {Door::kAdmission, "POST", "/admission/validate", Route::kValidate},
      {Door::kAdmission, "POST", "/admission/mutate", Route::kMutate},
      {Door::kOperations, "GET", "/livez", Route::kLive},
      {Door::kOperations, "GET", "/readyz", Route::kReady},
      {Door::kOperations, "GET", "/metrics", Route::kMetrics},
      {Door::kOperations, "GET", "/v1/nodes", Route::kNodes},
      {Door::kOperations, "GET", "/v1/pods", Route::kPods},
      {Door::kOperations, "GET", "/v1/links", Route::kLinks},
      {Door::kOperations, "GET", "/v1/explain/ns/p", Route::kExplain},
      {Door::kOperations, "GET", "/v1/journal", Route::kJournal},
      {Door::kOperations, "POST", "/v1/checkpoint", Route::kCheckpoint},
  };
  for (const auto& row : table) {
    for (const Door door : {Door::kScheduler, Door::kAdmission, Door::kOperations}) {
      const auto found = find_route(door, request(row.method, row.path, "application/json"));
      if (door == row.door) {
        ASSERT_TRUE(std::holds_alternative<RouteMatch>(found)) << row.path;
        EXPECT_EQ(std::get<RouteMatch>(found).route, row.route) << row.path;
      } else {
        EXPECT_EQ(std::get<HttpReply>(found).status, 404) << row.path;
      }
    }
  }
}

TEST(Router, WrongMethodSaysWhichAreAllowed) {
  HttpReply reply = std::get<HttpReply>(find_route(Door::kScheduler, request("GET", "/scheduler/filter")));
  EXPECT_EQ(reply.status, 405);
  ASSERT_EQ(reply.headers.size(), 1u);
  EXPECT_EQ(reply.headers[0], (std::pair<std::string, std::string>("Allow", "POST")));
  reply = std::get<HttpReply>(find_route(Door::kOperations, request("DELETE", "/v1/nodes")));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers[0].second, "GET, HEAD");
}

TEST(Router, HeadMatchesWhereGetDoes) {
  EXPECT_EQ(refusal(Door::kOperations, request("HEAD", "/livez")), 0);
  EXPECT_EQ(refusal(Door::kOperations, request("HEAD", "/v1/checkpoint")), 405);
}

TEST(Router, JsonIsAskedForWhereABodyIsRead) {
  for (const char* good : {"application/json", "application/json; charset=utf-8", "Application/JSON", ""}) {
    EXPECT_EQ(refusal(Door::kScheduler, request("POST", "/scheduler/bind", good)), 0) << good;
  }
  for (const char* bad : {"text/plain", "application/jsonx", "application/vnd.kubernetes.protobuf", "json"}) {
    EXPECT_EQ(refusal(Door::kScheduler, request("POST", "/scheduler/bind", bad)), 415) << bad;
  }
  EXPECT_EQ(refusal(Door::kOperations, request("POST", "/v1/checkpoint", "text/plain")), 0);
}

TEST(Router, ExplainNamesOnePod) {
  const auto found = find_route(Door::kOperations, request("GET", "/v1/explain/my-ns/my.pod-0"));
  ASSERT_TRUE(std::holds_alternative<RouteMatch>(found));
  EXPECT_EQ(std::get<RouteMatch>(found).space, "my-ns");
  EXPECT_EQ(std::get<RouteMatch>(found).pod, "my.pod-0");
  for (const char* path : {"/v1/explain", "/v1/explain/", "/v1/explain/ns", "/v1/explain/ns/", "/v1/explain//p",
                           "/v1/explain/ns/p/x", "/v1/nodes/", "/v1/node", "/", "/scheduler"}) {
    EXPECT_EQ(refusal(Door::kOperations, request("GET", path)), 404) << path;
  }
}

}  // namespace
}  // namespace bw
