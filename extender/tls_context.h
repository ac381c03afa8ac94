// The certificates of a TLS server, kept up to date with their files. Kubernetes replaces mounted secrets under a
// running process, and a restart would interrupt scheduling.
// Thread: that of the server. Private to the server's sources.
#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "extender/http_server.h"
#include "journal/result.h"

namespace bw {

class TlsContext {
 public:
  static Result<TlsContext> load(TlsFiles files);

  // For a new connection. Looks at the files first; a change that cannot be used (files are often replaced one after
  // the other) is reported, once, and the former certificates stay in use.
  std::shared_ptr<boost::asio::ssl::context> current(const std::function<void(const std::string&)>& report);

 private:
  // What stat() says of the three files: another inode, size or time is another content.
  using Signature = std::array<std::array<std::int64_t, 5>, 3>;
  static Signature signature_of(const TlsFiles& files);

  TlsFiles files_;
  Signature seen_{};
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace bw
