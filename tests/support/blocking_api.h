// The API server called in the plain way of a test: ask, wait, look at the answer. It moves its bytes with the client
// of kube/, on the calling thread. One thread at a time; give each thread its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/result.h"
#include "kube/api.h"

namespace bw {

class BlockingApi {
 public:
  // As the user of that kubeconfig.
  static Result<std::unique_ptr<BlockingApi>> connect(const std::filesystem::path& kubeconfig);
  ~BlockingApi();
  BlockingApi(const BlockingApi&) = delete;
  BlockingApi& operator=(const BlockingApi&) = delete;

  // The answer, whatever its status.
  Result<ApiResponse> call(const ApiRequest& request);

  // Many requests, `at_once` of them under way at any time; answers in the order of the requests.
  std::vector<Result<ApiResponse>> call_all(const std::vector<ApiRequest>& requests, std::size_t at_once = 32);

  // The body of a 200 answer to GET; otherwise an error with the words of the server.
  Result<std::string> get(const std::string& target);

  // Opens a watch, calls `opened`, then `take` with each line that comes, until it returns false. kUnavailable when the
  // deadline passes first or the server ends the watch.
  Result<void> watch(const ApiRequest& request, std::chrono::seconds deadline, const std::function<void()>& opened,
                     const std::function<bool(std::string_view line)>& take);

 private:
  struct Client;
  explicit BlockingApi(std::unique_ptr<Client> client);

  std::unique_ptr<Client> client_;
};

// 2xx, or an error that names the request and repeats the answer.
Result<void> expect_success(const ApiRequest& request, const Result<ApiResponse>& response);

}  // namespace bw
