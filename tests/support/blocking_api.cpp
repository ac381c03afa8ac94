#include "tests/support/blocking_api.h"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "kube/api_client.h"
#include "kube/kubeconfig.h"

namespace bw {

struct BlockingApi::Client {
  boost::asio::io_context io{1};
  std::unique_ptr<ApiClient> http;

  void run_until(const std::function<bool()>& done) {
    while (!done()) {
      if (io.stopped()) io.restart();
      check(io.run_one() > 0, "the API client forgot a request");
    }
  }
};

Result<std::unique_ptr<BlockingApi>> BlockingApi::connect(const std::filesystem::path& kubeconfig) {
  const Result<ClusterAccess> access = read_kubeconfig({kubeconfig.string()});
  if (!access) return access.error();
  auto client = std::make_unique<Client>();
  Result<std::unique_ptr<ApiClient>> http = ApiClient::create(client->io, *access, {.user_agent = "tests"});
  if (!http) return http.error();
  client->http = std::move(*http);
  return std::unique_ptr<BlockingApi>(new BlockingApi(std::move(client)));
}

BlockingApi::BlockingApi(std::unique_ptr<Client> client) : client_(std::move(client)) {}
BlockingApi::~BlockingApi() = default;

Result<ApiResponse> BlockingApi::call(const ApiRequest& request) { return call_all({request}).front(); }

std::vector<Result<ApiResponse>> BlockingApi::call_all(const std::vector<ApiRequest>& requests, std::size_t at_once) {
  std::vector<std::optional<Result<ApiResponse>>> answers(requests.size());
  std::size_t sent = 0;
  std::size_t answered = 0;
  // Not all at once: the time-out of a request runs from send().
  while (sent < requests.size()) {
    client_->run_until([&] { return sent - answered < at_once; });
    client_->http->send(requests[sent], [&answers, &answered, index = sent](Result<ApiResponse> answer) {
      answers[index] = std::move(answer);
      ++answered;
    });
    ++sent;
  }
  client_->run_until([&] { return answered == requests.size(); });

  std::vector<Result<ApiResponse>> results;
  results.reserve(answers.size());
  for (std::optional<Result<ApiResponse>>& answer : answers) results.push_back(std::move(*answer));
  return results;
}

Result<std::string> BlockingApi::get(const std::string& target) {
  const ApiRequest request{.target = target, .accept = "", .content_type = "", .body = ""};
  Result<ApiResponse> response = call(request);
  if (const auto answered = expect_success(request, response); !answered) return answered.error();
  return std::move(response->body);
}

Result<void> expect_success(const ApiRequest& request, const Result<ApiResponse>& response) {
  constexpr const char* kVerbs[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  const std::string what = std::string(kVerbs[static_cast<int>(request.method)]) + " " + request.target + ": ";
  if (!response) return Error{response.error().code, what + response.error().message};
  if (response->status >= 200 && response->status < 300) return {};
  return Error{ErrorCode::kInvalid, what + std::to_string(response->status) + " " + response->body.substr(0, 1000)};
}

}  // namespace bw
