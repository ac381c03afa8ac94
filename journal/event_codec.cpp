#include "journal/event_codec.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/array.h>
#include <kj/exception.h>

#include <array>
#include <cstring>

#include "event_wire.h"

namespace bw {
namespace {

constexpr std::size_t kScratchWords = 1024;  // holds all but the largest events, in one segment

void append_little_endian(std::uint32_t value, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
}

// The standard framing (capnproto.org, "Serialization Over a Stream"): number of segments less one, their sizes in
// words, padding to a whole word, the segments.
void append_framed(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments, std::string& out) {
  append_little_endian(static_cast<std::uint32_t>(segments.size() - 1), out);
  for (const auto& segment : segments) append_little_endian(static_cast<std::uint32_t>(segment.size()), out);
  if (segments.size() % 2 == 0) append_little_endian(0, out);
  for (const auto& segment : segments) {
    out.append(reinterpret_cast<const char*>(segment.begin()), segment.size() * sizeof(capnp::word));
  }
}

Error corrupt(Sequence sequence, std::string_view why) {
  return {ErrorCode::kCorrupt,
          "event " + std::to_string(sequence) + " of the journal cannot be read: " + std::string(why)};
}

}  // namespace

struct EventCodec::Buffers {
  std::array<capnp::word, kScratchWords> scratch{};  // all zero between two calls: the message builder sees to it
  kj::Array<capnp::word> aligned;
};

EventCodec::EventCodec() : buffers_(std::make_unique<Buffers>()) {}
EventCodec::~EventCodec() = default;
EventCodec::EventCodec(EventCodec&&) noexcept = default;
EventCodec& EventCodec::operator=(EventCodec&&) noexcept = default;

void EventCodec::encode(const Event& event, std::string& out) {
  capnp::MallocMessageBuilder message(kj::arrayPtr(buffers_->scratch.data(), kScratchWords));
  write_event(event, message.initRoot<wire::Event>());
  append_framed(message.getSegmentsForOutput(), out);
}

Result<void> EventCodec::decode(Sequence sequence, std::string_view bytes, Event& event) {
  constexpr std::size_t kWordSize = sizeof(capnp::word);
  if (bytes.empty() || bytes.size() % kWordSize != 0) return corrupt(sequence, "its size is not a number of words");

  // Stored bytes lie anywhere in a block of the database; Cap'n Proto reads aligned memory only.
  const std::size_t size = bytes.size() / kWordSize;
  if (buffers_->aligned.size() < size) buffers_->aligned = kj::heapArray<capnp::word>(2 * size);
  std::memcpy(buffers_->aligned.begin(), bytes.data(), bytes.size());
  const auto words = kj::arrayPtr<const capnp::word>(buffers_->aligned.begin(), size);

  // A sound message is walked once. The limit stops one whose pointers lead to the same words again and again.
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 2 * size;
  try {
    capnp::FlatArrayMessageReader message(words, options);
    if (message.getEnd() != words.end()) return corrupt(sequence, "bytes follow it");
    event.sequence = sequence;
    if (const char* problem = read_event(message.getRoot<wire::Event>(), event)) return corrupt(sequence, problem);
  } catch (const kj::Exception& exception) {
    return corrupt(sequence, std::string_view(exception.getDescription().begin(), exception.getDescription().size()));
  }
  return {};
}

}  // namespace bw
