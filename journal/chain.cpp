#include "journal/chain.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <span>

namespace bw {
namespace {

// Fetched once: a fetch searches OpenSSL's providers, which costs more than the hash of an event.
const EVP_MD* sha256_method() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  check(method != nullptr, "OpenSSL has no SHA-256");
  return method;
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool parse_hex(std::string_view hex, std::span<std::uint8_t> bytes) {
  if (hex.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

Error not_hex(std::string_view what, std::string_view hex, std::size_t digits) {
  return {ErrorCode::kInvalid, "'" + std::string(hex) + "' is not " + std::string(what) + ": give " +
                                   std::to_string(digits) + " hexadecimal digits"};
}

}  // namespace

struct Chain::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();

  Context() { check(evp != nullptr && EVP_DigestInit_ex2(evp, sha256_method(), nullptr) == 1, "SHA-256 cannot start"); }
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

Chain::Chain(Head head) : head_(head), context_(std::make_unique<Context>()) {}
Chain::~Chain() = default;
Chain::Chain(Chain&&) noexcept = default;
Chain& Chain::operator=(Chain&&) noexcept = default;

const Head& Chain::extend(std::string_view bytes) {
  head_.sequence += 1;
  std::array<std::uint8_t, sizeof(Sha256) + sizeof(Sequence)> prefix;
  std::copy(head_.hash.begin(), head_.hash.end(), prefix.begin());
  for (std::size_t i = 0; i < sizeof(Sequence); ++i) {
    prefix[sizeof(Sha256) + i] = static_cast<std::uint8_t>(head_.sequence >> (56 - 8 * i));
  }
  EVP_MD_CTX* const evp = context_->evp;
  const bool hashed = EVP_DigestInit_ex2(evp, nullptr, nullptr) == 1 &&  // again, with the same method
                      EVP_DigestUpdate(evp, prefix.data(), prefix.size()) == 1 &&
                      EVP_DigestUpdate(evp, bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(evp, head_.hash.data(), nullptr) == 1;
  check(hashed, "SHA-256 failed", head_.sequence);
  return head_;
}

Sha256 sha256(std::string_view bytes) {
  Sha256 hash;
  check(EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, sha256_method(), nullptr) == 1, "SHA-256 failed");
  return hash;
}

std::string to_hex(const Sha256& hash) { return hex_of(hash); }
std::string to_hex(const JournalId& id) { return hex_of(id.bytes); }

Result<Sha256> sha256_from_hex(std::string_view hex) {
  Sha256 hash;
  if (!parse_hex(hex, hash)) return not_hex("a hash", hex, 2 * hash.size());
  return hash;
}

Result<JournalId> journal_id_from_hex(std::string_view hex) {
  JournalId id;
  if (!parse_hex(hex, id.bytes)) return not_hex("a journal id", hex, 2 * id.bytes.size());
  return id;
}

}  // namespace bw
