// The hash chain: h(N) = SHA-256(h(N-1), N as 8 big-endian bytes, stored bytes of event N), h(0) all zero. It is
// implied by the stored bytes, not stored with each; any change, removal or reordering of events 1..N shows
// against a head N that is known from elsewhere. Values only; one Chain per thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "journal/result.h"
#include "journal/types.h"

namespace bw {

class Chain {
 public:
  explicit Chain(Head head = {});
  ~Chain();
  Chain(Chain&&) noexcept;
  Chain& operator=(Chain&&) noexcept;

  // Appends the stored bytes of event `head().sequence + 1`.
  const Head& extend(std::string_view bytes);

  const Head& head() const { return head_; }

 private:
  struct Context;  // of OpenSSL, reused from event to event
  Head head_;
  std::unique_ptr<Context> context_;
};

Sha256 sha256(std::string_view bytes);

std::string to_hex(const Sha256& hash);
std::string to_hex(const JournalId& id);
Result<Sha256> sha256_from_hex(std::string_view hex);
Result<JournalId> journal_id_from_hex(std::string_view hex);

}  // namespace bw
