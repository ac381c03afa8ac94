// Stored bytes of one event: refused, or an event that is the same again once it was written and read.
#include "fuzz_input.h"
#include "journal/event_codec.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static bw::EventCodec codec;
  bw::Event event;
  if (!codec.decode(7, bw::text_of(data, size), event)) return 0;
  if (std::holds_alternative<bw::UnknownFact>(event.fact)) return 0;  // never written
  std::string bytes;
  codec.encode(event, bytes);
  bw::Event again;
  bw::check(codec.decode(7, bytes, again).has_value(), "what was written cannot be read");
  bw::check(again == event, "what was written is another event");
  return 0;
}
