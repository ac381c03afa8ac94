// An ApiClient on an io_context of its own, run by the test until something has happened. One thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "kube/api_client.h"
#include "tests/support/scripted_server.h"

namespace bw {

// What came of a stream.
struct StreamLog {
  std::optional<ApiResponse> opened;
  std::string data;
  bool ended = false;
  std::optional<Error> error;
};

class ApiClientDriver {
 public:
  explicit ApiClientDriver(ClusterAccess access, ApiClientOptions options = {}) {
    Result<std::unique_ptr<ApiClient>> client = ApiClient::create(io_, std::move(access), std::move(options));
    if (!client) {
      ADD_FAILURE() << client.error().message;
      return;
    }
    client_ = std::move(*client);
  }

  static ClusterAccess plain(const ScriptedServer& server) {
    ClusterAccess access;
    access.tls = false;
    access.host = "127.0.0.1";
    access.port = std::to_string(server.port());
    return access;
  }

  // Runs the loop until `happened`, or 10 s have passed.
  void run_until(const std::function<bool()>& happened) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!happened() && std::chrono::steady_clock::now() < limit) io_.run_one_for(std::chrono::milliseconds(5));
    EXPECT_TRUE(happened()) << "nothing happened for 10 s";
  }

  void run_for(std::chrono::milliseconds time) { io_.run_for(time); }

  Result<ApiResponse> call(ApiRequest request) {
    std::optional<Result<ApiResponse>> answer;
    client_->send(std::move(request), [&](Result<ApiResponse> result) { answer.emplace(std::move(result)); });
    EXPECT_FALSE(answer) << "called back from within send()";
    run_until([&] { return answer.has_value(); });
    return answer ? *answer : Error{ErrorCode::kIo, "no callback"};
  }

  Result<ApiResponse> get(const std::string& target) { return call(get_request(target)); }

  static ApiRequest get_request(const std::string& target, std::int64_t timeout_ms = 5'000) {
    return {Method::kGet, target, "", "", "", timeout_ms};
  }

  static ApiRequest post(const std::string& target, const std::string& body, std::int64_t timeout_ms = 5'000) {
    return {Method::kPost, target, "", "application/json", body, timeout_ms};
  }

  // `log` outlives the stream.
  std::uint64_t open(const std::string& target, StreamLog& log, std::int64_t timeout_ms = 5'000) {
    StreamCallbacks callbacks;
    callbacks.opened = [&log](ApiResponse response) { log.opened = std::move(response); };
    callbacks.data = [&log](std::string_view bytes) { log.data.append(bytes); };
    callbacks.ended = [&log](std::optional<Error> error) {
      EXPECT_FALSE(log.ended) << "ended twice";
      log.ended = true;
      log.error = std::move(error);
    };
    return client_->open_stream(get_request(target, timeout_ms), std::move(callbacks));
  }

  ApiClient& client() { return *client_; }
  void destroy_client() { client_.reset(); }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_ = boost::asio::make_work_guard(io_);
  std::unique_ptr<ApiClient> client_;
};

}  // namespace bw
