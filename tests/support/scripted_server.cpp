#include "scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <csignal>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "journal/result.h"

namespace bw {
namespace {

void reset_socket(int socket) {
  const linger now{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::shutdown(socket, SHUT_RD);
}

class PlainPeer : public ScriptedPeer {
 public:
  explicit PlainPeer(int socket) : socket_(socket) {}
  void reset() override { reset_socket(socket_); }

 protected:
  long receive(char* data, std::size_t size) override { return ::recv(socket_, data, size, 0); }
  long transmit(const char* data, std::size_t size) override { return ::send(socket_, data, size, MSG_NOSIGNAL); }

 private:
  int socket_;
};

class TlsPeer : public ScriptedPeer {
 public:
  TlsPeer(SSL* tls, int socket) : tls_(tls), socket_(socket) {}
  void reset() override {
    was_reset_ = true;
    reset_socket(socket_);
  }
  bool was_reset() const { return was_reset_; }

 protected:
  long receive(char* data, std::size_t size) override { return SSL_read(tls_, data, static_cast<int>(size)); }
  long transmit(const char* data, std::size_t size) override { return SSL_write(tls_, data, static_cast<int>(size)); }

 private:
  SSL* tls_;
  int socket_;
  bool was_reset_ = false;
};

template <class Read>
auto from_pem(const std::string& pem, Read&& read) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  auto* object = read(bio);
  BIO_free(bio);
  check(object != nullptr, "OpenSSL reads PEM");
  return object;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// The head up to its empty line; the body is read later.
ScriptedRequest parse_head(std::string_view head) {
  ScriptedRequest request;
  const std::size_t first_end = head.find("\r\n");
  const std::string_view first = head.substr(0, first_end);
  const std::size_t space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  head.remove_prefix(std::min(head.size(), first_end + 2));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) {
      request.headers[lower(std::string(line.substr(0, colon)))] = line.substr(colon + 2);
    }
    head.remove_prefix(std::min(head.size(), line.size() + 2));
  }
  return request;
}

}  // namespace

// ---- a connection -------------------------------------------------------------------------------------------

bool ScriptedPeer::fill() {
  std::array<char, 16384> buffer;
  const long got = receive(buffer.data(), buffer.size());
  if (got <= 0) return false;
  unread_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<ScriptedRequest> ScriptedPeer::read() {
  std::size_t head_end = 0;
  while ((head_end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  ScriptedRequest request = parse_head(std::string_view(unread_).substr(0, head_end));
  unread_.erase(0, head_end + 4);
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (unread_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  request.body = unread_.substr(0, size);
  unread_.erase(0, size);
  return request;
}

bool ScriptedPeer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = transmit(bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 20));
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool ScriptedPeer::answer(int status, std::string_view body, std::string_view headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n";
  text.append(headers).append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return write(text);
}

bool ScriptedPeer::begin_chunks(int status) {
  return write("HTTP/1.1 " + std::to_string(status) +
               " X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool ScriptedPeer::chunk(std::string_view bytes) {
  std::array<char, 16> size;
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  return write(std::string(size.data(), end).append("\r\n").append(bytes).append("\r\n"));
}

// ---- the server ---------------------------------------------------------------------------------------------

struct ScriptedServer::TlsContext {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  ~TlsContext() { SSL_CTX_free(context); }

  explicit TlsContext(const Tls& tls) {
    X509* certificate =
        from_pem(tls.certificate_pem, [](BIO* b) { return PEM_read_bio_X509(b, nullptr, nullptr, nullptr); });
    EVP_PKEY* key = from_pem(tls.key_pem, [](BIO* b) { return PEM_read_bio_PrivateKey(b, nullptr, nullptr, nullptr); });
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (tls.client_authority_pem.empty()) return;
    X509* authority =
        from_pem(tls.client_authority_pem, [](BIO* b) { return PEM_read_bio_X509(b, nullptr, nullptr, nullptr); });
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    X509_free(authority);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
};

ScriptedServer::ScriptedServer(Script script, std::optional<Tls> tls) : script_(std::move(script)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  if (tls) tls_ = std::make_unique<TlsContext>(*tls);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0, "a port of 127.0.0.1 is free");
  check(::listen(listener_, 64) == 0, "a test can listen");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& script : scripts_) script.join();
  ::close(listener_);
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int number = ++accepted_;
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
    }
    scripts_.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void ScriptedServer::serve(int socket, int number) {
  if (!tls_) {
    PlainPeer peer(socket);
    script_(peer, number);
  } else {
    SSL* const tls = SSL_new(tls_->context);
    SSL_set_fd(tls, socket);
    if (SSL_accept(tls) == 1) {
      TlsPeer peer(tls, socket);
      script_(peer, number);
      if (!peer.was_reset()) SSL_shutdown(tls);
    }
    ERR_clear_error();
    SSL_free(tls);
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, socket);
  ::close(socket);
}

}  // namespace bw
