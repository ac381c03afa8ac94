// HTTP/1.1 to the API server, over TLS or plain, on the caller's io_context. Moves bytes and nothing else: what to
// ask, when to try again and what an answer means is decided elsewhere. Two things it does by itself, since they are
// part of moving bytes: a 401 is answered once by reading the token file anew, and a connection that the server had
// already given up is replaced where nothing can have happened twice (GET, or not a byte was sent).
//
// All calls and all callbacks on the thread of the io_context; a callback is never called from within a call. Each
// read is asked for as soon as the last one was delivered, so a slow callback is felt by the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "journal/result.h"
#include "kube/api.h"
#include "kube/kubeconfig.h"

namespace boost::asio {
class io_context;
}

namespace bw {

struct ApiClientOptions {
  std::size_t connections = 32;  // most that send() has open; further requests wait. Streams have one each, beside them
  std::size_t answer_bytes = std::size_t{256} << 20;  // most in the body of one answer
  std::string user_agent = "bwcontroller";
};

// The life of one stream: `opened` once, then `data` any number of times, then `ended`. Where the status is not 200,
// `opened` has the whole answer and is the last call; where there was no answer, `ended` is the only one.
struct StreamCallbacks {
  std::function<void(ApiResponse)> opened;
  std::function<void(std::string_view)> data;       // valid during the call
  std::function<void(std::optional<Error>)> ended;  // without an error: the server ended it in good order
};

class ApiClient {
 public:
  // Checks certificates, keys and the token file, so that a mistake there is said at once. `io` outlives the client.
  static Result<std::unique_ptr<ApiClient>> create(boost::asio::io_context& io, ClusterAccess access,
                                                   ApiClientOptions options = {});

  // Ends everything; no callback is called any more.
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  // One answer or one error, within request.timeout_ms from now. See api.h for what an error says.
  void send(ApiRequest request, std::function<void(Result<ApiResponse>)> on_answer);

  // request.timeout_ms is the time until the status; a stream may then last for ever. The number is for close_stream().
  std::uint64_t open_stream(ApiRequest request, StreamCallbacks callbacks);

  // No callback of this stream is called any more. A number that is not open any more is no error.
  void close_stream(std::uint64_t stream);

 private:
  class Impl;
  explicit ApiClient(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;
};

}  // namespace bw
