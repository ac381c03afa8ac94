#include "tests/support/blocking_api.h"

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "kube/api_client.h"
#include "kube/kubeconfig.h"
#include "kube/line_splitter.h"

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

Result<void> BlockingApi::watch(const ApiRequest& request, std::chrono::seconds deadline,
                                const std::function<void()>& opened,
                                const std::function<bool(std::string_view line)>& take) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  LineSplitter lines;
  std::optional<Result<void>> outcome;
  StreamCallbacks callbacks;
  callbacks.opened = [&](ApiResponse head) {
    if (head.status == 200) return opened();
    outcome =
        Error{ErrorCode::kInvalid, "GET " + request.target + ": " + std::to_string(head.status) + " " + head.body};
  };
  callbacks.data = [&](std::string_view bytes) {
    lines.append(bytes);
    while (!outcome) {
      const std::optional<std::string_view> line = lines.next();
      if (!line) break;
      if (!take(*line)) outcome = Result<void>();
    }
  };
  callbacks.ended = [&](std::optional<Error> error) {
    if (!outcome) outcome = Error{ErrorCode::kUnavailable, error ? error->message : "the server ended the watch"};
  };
  const std::uint64_t stream = client_->http->open_stream(request, std::move(callbacks));
  while (!outcome) {
    if (client_->io.stopped()) client_->io.restart();
    client_->io.run_one_for(std::chrono::milliseconds(100));
    if (!outcome && std::chrono::steady_clock::now() > end) {
      outcome = Error{ErrorCode::kUnavailable, "not so after " + std::to_string(deadline.count()) + " s"};
    }
  }
  client_->http->close_stream(stream);
  return *outcome;
}

Result<void> expect_success(const ApiRequest& request, const Result<ApiResponse>& response) {
  constexpr const char* kVerbs[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  const std::string what = std::string(kVerbs[static_cast<int>(request.method)]) + " " + request.target + ": ";
  if (!response) return Error{response.error().code, what + response.error().message};
  if (response->status >= 200 && response->status < 300) return {};
  return Error{ErrorCode::kInvalid, what + std::to_string(response->status) + " " + response->body.substr(0, 1000)};
}

}  // namespace bw
