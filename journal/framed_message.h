// One Cap'n Proto message as stored bytes, in the standard framing (capnproto.org, "Serialization Over a Stream"), and
// back: what all codecs of journal/ have in common. It reuses its buffers, so use one per thread. Private to journal/.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/array.h>
#include <kj/exception.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bw {

class FramedMessage {
 public:
  // Appends to `out` a message whose root `fill(Root::Builder)` fills. The same content gives the same bytes.
  template <class Root, class Fill>
  void append(std::string& out, Fill fill) {
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch_.data(), kScratchWords));
    fill(message.initRoot<Root>());
    const auto segments = message.getSegmentsForOutput();
    // Number of segments less one, their sizes in words, padding to a whole word, the segments.
    append_little_endian(static_cast<std::uint32_t>(segments.size() - 1), out);
    for (const auto& segment : segments) append_little_endian(static_cast<std::uint32_t>(segment.size()), out);
    if (segments.size() % 2 == 0) append_little_endian(0, out);
    for (const auto& segment : segments) {
      out.append(reinterpret_cast<const char*>(segment.begin()), segment.size() * sizeof(capnp::word));
    }
  }

  // Hands the root of the message in `bytes` (any alignment) to `take(Root::Reader)`, which gives null or what is wrong
  // with it. Gives "", or what is wrong.
  template <class Root, class Take>
  std::string read(std::string_view bytes, Take take) {
    constexpr std::size_t kWordSize = sizeof(capnp::word);
    if (bytes.empty() || bytes.size() % kWordSize != 0) return "its size is not a number of words";

    // Stored bytes lie anywhere in a block of the database; Cap'n Proto reads aligned memory only.
    const std::size_t size = bytes.size() / kWordSize;
    if (aligned_.size() < size) aligned_ = kj::heapArray<capnp::word>(2 * size);
    std::memcpy(aligned_.begin(), bytes.data(), bytes.size());
    const auto words = kj::arrayPtr<const capnp::word>(aligned_.begin(), size);

    // A sound message is walked once. The limit stops one whose pointers lead to the same words again and again.
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 2 * size;
    try {
      capnp::FlatArrayMessageReader message(words, options);
      if (message.getEnd() != words.end()) return "bytes follow it";
      const char* const problem = take(message.getRoot<Root>());
      return problem == nullptr ? std::string() : problem;
    } catch (const kj::Exception& exception) {
      return {exception.getDescription().begin(), exception.getDescription().size()};
    }
  }

 private:
  static constexpr std::size_t kScratchWords = 1024;  // holds all but the largest messages, in one segment

  static void append_little_endian(std::uint32_t value, std::string& out) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
  }

  std::array<capnp::word, kScratchWords> scratch_{};  // all zero between two calls: the message builder sees to it
  kj::Array<capnp::word> aligned_;
};

}  // namespace bw
