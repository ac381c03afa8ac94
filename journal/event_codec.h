// Event <-> stored bytes (Cap'n Proto, journal/event.capnp). The only place that knows the wire schema of events.
// One codec per thread: it reuses its buffers. Encoding the same event twice gives the same bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "journal/event.h"
#include "journal/result.h"

namespace bw {

class EventCodec {
 public:
  EventCodec();
  ~EventCodec();
  EventCodec(EventCodec&&) noexcept;
  EventCodec& operator=(EventCodec&&) noexcept;

  // Appends the stored bytes of `event` to `out`; its sequence is not stored in them, since it is the key.
  void encode(const Event& event, std::string& out);

  // Reads stored bytes (any alignment) into `event`, reusing its memory. A kind that is not known becomes
  // UnknownFact; bytes that are no event are kCorrupt, and leave `event` unspecified.
  Result<void> decode(Sequence sequence, std::string_view bytes, Event& event);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace bw
