#include "tls_context.h"

#include <openssl/ssl.h>
#include <sys/stat.h>

#include <utility>

namespace bw {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using ContextPtr = std::shared_ptr<ssl::context>;

namespace {

Error unusable(std::string_view what, const std::string& file, const error_code& ec) {
  return {ErrorCode::kInvalid, "cannot use " + std::string(what) + " " + file + ": " + ec.message()};
}

// Returns what is wrong, as an error code of `what` and `file`.
Result<ContextPtr> make_context(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // No resumption: connections live long, and a resumed one would not be checked against a new client CA.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);

  error_code ec;
  // Without this an encrypted key would ask for its password on the terminal.
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); }, ec);
  context->use_certificate_chain_file(files.certificate, ec);
  if (ec) return unusable("certificate file", files.certificate, ec);
  context->use_private_key_file(files.key, ssl::context::pem, ec);  // refuses the key of another certificate
  if (ec) return unusable("key file", files.key, ec);

  if (!files.client_ca.empty()) {
    context->load_verify_file(files.client_ca, ec);
    if (ec) return unusable("client CA file", files.client_ca, ec);
    SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(files.client_ca.c_str()));
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

}  // namespace

TlsContext::Signature TlsContext::signature_of(const TlsFiles& files) {
  Signature signature{};
  std::size_t i = 0;
  for (const std::string* file : {&files.certificate, &files.key, &files.client_ca}) {
    struct stat status {};
    if (!file->empty() && ::stat(file->c_str(), &status) == 0) {
      signature[i] = {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
                      static_cast<std::int64_t>(status.st_size), static_cast<std::int64_t>(status.st_mtim.tv_sec),
                      static_cast<std::int64_t>(status.st_mtim.tv_nsec)};
    }
    ++i;
  }
  return signature;
}

Result<TlsContext> TlsContext::load(TlsFiles files) {
  TlsContext tls;
  tls.files_ = std::move(files);
  tls.seen_ = signature_of(tls.files_);  // before reading: a change in between is seen at the next connection
  Result<ContextPtr> context = make_context(tls.files_);
  if (!context) return context.error();
  tls.context_ = *context;
  return tls;
}

ContextPtr TlsContext::current(const std::function<void(const std::string&)>& report) {
  const Signature now = signature_of(files_);
  if (now == seen_) return context_;
  seen_ = now;
  Result<ContextPtr> fresh = make_context(files_);
  if (fresh) {
    context_ = *fresh;
  } else {
    report("the changed certificates are not used: " + fresh.error().message);
  }
  return context_;
}

}  // namespace bw
