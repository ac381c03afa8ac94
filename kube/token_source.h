// The bearer token, for the .cpp files of kube/ only. The kubelet replaces the file of a bound token long before the
// token ends, so the file is read again from time to time. One thread at a time.
#pragma once

#include <cstdint>
#include <string>

#include "journal/result.h"
#include "journal/types.h"
#include "text_file.h"

namespace bw {

class TokenSource {
 public:
  TokenSource(std::string token, std::string file) : token_(std::move(token)), file_(std::move(file)) {}

  // The token, or "" where there is none. The file is read at most once a minute; where that fails, the last token
  // holds on.
  Result<std::string> token(std::int64_t now_ns) {
    if (file_.empty() || now_ns < read_again_at_ns_) return token_;
    const Result<void> read = reload(now_ns);
    if (!read && token_.empty()) return read.error();
    return token_;
  }

  // Reads the file now: the server has refused the token.
  Result<void> reload(std::int64_t now_ns) {
    constexpr std::int64_t kReadIntervalNs = 60 * kNanosecondsPerSecond;
    Result<std::string> text = read_text_file(file_);
    if (!text) return text.error();
    std::string token = trimmed(*text);
    if (token.empty())
      return Error{ErrorCode::kInvalid, file_ + " holds no token; mount the one of the service account"};
    token_ = std::move(token);
    read_again_at_ns_ = now_ns + kReadIntervalNs;
    return {};
  }

  bool reloadable() const { return !file_.empty(); }

 private:
  std::string token_;
  std::string file_;
  std::int64_t read_again_at_ns_ = INT64_MIN;
};

}  // namespace bw
