#include "connection.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <vector>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bw {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;

std::string address_of(const ClusterAccess& access) { return access.host + ":" + access.port; }

Error unreachable(const ClusterAccess& access, const std::string& what) {
  return {ErrorCode::kUnavailable, address_of(access) + ": " + what};
}

std::string name_of(const PemSource& source, const char* what) {
  return source.text.empty() ? source.file : std::string("the ") + what + " in the kubeconfig";
}

// Loads PEM text with `use`, and says of which source it was wrong.
template <class Use>
Result<void> load_pem(const PemSource& source, const char* what, Use&& use) {
  if (source.empty()) return {};
  const Result<std::string> text = read_pem(source);
  if (!text) return text.error();
  error_code ec;
  use(asio::buffer(*text), ec);
  if (!ec) return {};
  return Error{ErrorCode::kInvalid, name_of(source, what) + " is not a usable " + what + " in PEM: " + ec.message()};
}

// A peer that vanished without a word is noticed after about half a minute; a watch may be silent for longer.
void tune(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const auto set = [&](int option, int value) {
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
  };
  set(TCP_KEEPIDLE, 15);
  set(TCP_KEEPINTVL, 5);
  set(TCP_KEEPCNT, 3);
  set(TCP_USER_TIMEOUT, 30'000);
}

// An address needs no resolver, and so no thread of it.
asio::awaitable<std::vector<tcp::endpoint>> resolve(tcp::resolver& resolver, const ClusterAccess& access,
                                                    error_code& ec) {
  std::vector<tcp::endpoint> endpoints;
  error_code no_address;
  const asio::ip::address address = asio::ip::make_address(access.host, no_address);
  unsigned short port = 0;
  const auto [end, bad] = std::from_chars(access.port.data(), access.port.data() + access.port.size(), port);
  if (!no_address && bad == std::errc{} && end == access.port.data() + access.port.size()) {
    endpoints.emplace_back(address, port);
    co_return endpoints;
  }
  const auto found =
      co_await resolver.async_resolve(access.host, access.port, asio::redirect_error(asio::use_awaitable, ec));
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

// The name that the certificate must bear, and the one we ask for: RFC 6066 knows names only, no addresses.
void expect_name(SSL* handle, const std::string& name) {
  error_code not_an_address;
  asio::ip::make_address(name, not_an_address);
  if (not_an_address) {
    SSL_set1_host(handle, name.c_str());
    SSL_set_tlsext_host_name(handle, name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), name.c_str());
  }
}

std::string handshake_problem(SSL* handle, const error_code& ec) {
  const long verified = SSL_get_verify_result(handle);
  if (verified == X509_V_OK) return "the TLS handshake failed: " + ec.message();
  return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verified) +
         "; check certificate-authority and tls-server-name";
}

}  // namespace

Result<ssl::context> tls_context(const ClusterAccess& access) {
  ssl::context context(ssl::context::tls_client);
  error_code ec;
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, ec);
  context.set_verify_mode(access.skip_tls_verify ? ssl::verify_none : ssl::verify_peer, ec);
  if (access.authority.empty()) context.set_default_verify_paths(ec);
  if (ec) return Error{ErrorCode::kInvalid, "TLS cannot be set up: " + ec.message()};
  const Result<void> loads[] = {
      load_pem(access.authority, "certificate authority",
               [&](const auto& pem, error_code& e) { context.add_certificate_authority(pem, e); }),
      load_pem(access.certificate, "client certificate",
               [&](const auto& pem, error_code& e) { context.use_certificate_chain(pem, e); }),
      load_pem(access.key, "client key",
               [&](const auto& pem, error_code& e) { context.use_private_key(pem, ssl::context::pem, e); }),
  };
  for (const Result<void>& load : loads) {
    if (!load) return load.error();
  }
  return context;
}

void Connection::close() {
  error_code ignored;
  resolver_.cancel();
  socket_.close(ignored);
}

bool Connection::is_stale() {
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

asio::awaitable<Result<void>> connect(Connection& connection, const ClusterAccess& access) {
  error_code ec;
  const std::vector<tcp::endpoint> endpoints = co_await resolve(connection.resolver_, access, ec);
  if (ec) co_return unreachable(access, "the name cannot be resolved: " + ec.message());
  co_await asio::async_connect(connection.socket_, endpoints, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return unreachable(access, ec.message());
  tune(connection.socket_);
  if (!access.tls) co_return Result<void>();

  Result<ssl::context> context = tls_context(access);
  if (!context) co_return unreachable(access, context.error().message);
  connection.tls_.emplace(connection.socket_, *context);
  SSL* const handle = connection.tls_->native_handle();
  expect_name(handle, access.tls_server_name.empty() ? access.host : access.tls_server_name);
  co_await connection.tls_->async_handshake(ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return unreachable(access, handshake_problem(handle, ec));
  co_return Result<void>();
}

}  // namespace bw
