#include "journal/event_codec.h"

#include "event_wire.h"
#include "framed_message.h"

namespace bw {

struct EventCodec::Buffers {
  FramedMessage message;
};

EventCodec::EventCodec() : buffers_(std::make_unique<Buffers>()) {}
EventCodec::~EventCodec() = default;
EventCodec::EventCodec(EventCodec&&) noexcept = default;
EventCodec& EventCodec::operator=(EventCodec&&) noexcept = default;

void EventCodec::encode(const Event& event, std::string& out) {
  buffers_->message.append<wire::Event>(out, [&](wire::Event::Builder root) { write_event(event, root); });
}

Result<void> EventCodec::decode(Sequence sequence, std::string_view bytes, Event& event) {
  event.sequence = sequence;
  const std::string problem =
      buffers_->message.read<wire::Event>(bytes, [&](wire::Event::Reader root) { return read_event(root, event); });
  if (problem.empty()) return {};
  return Error{ErrorCode::kCorrupt, "event " + std::to_string(sequence) + " of the journal cannot be read: " + problem};
}

}  // namespace bw
