#include "newer_message.h"

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <cstring>

#include "journal/result.h"

namespace bw {
namespace {

using capnp::AnyList;
using capnp::AnyPointer;
using capnp::AnyStruct;

void grow(AnyPointer::Reader from, AnyPointer::Builder to);

// `to` has one word and one pointer more than `from`.
void grow(AnyStruct::Reader from, AnyStruct::Builder to) {
  const auto data = from.getDataSection();
  const auto pointers = from.getPointerSection();
  auto grown_data = to.getDataSection();
  std::copy(data.begin(), data.end(), grown_data.begin());
  std::fill(grown_data.begin() + data.size(), grown_data.end(), capnp::byte{0xa5});
  auto grown_pointers = to.getPointerSection();
  for (unsigned i = 0; i < pointers.size(); ++i) grow(pointers[i], grown_pointers[i]);
  grown_pointers[pointers.size()].setAs<capnp::Text>("of a newer version");
}

std::uint16_t grown_words(AnyStruct::Reader reader) {
  return static_cast<std::uint16_t>(reader.getDataSection().size() / sizeof(capnp::word) + 1);
}

std::uint16_t grown_pointers(AnyStruct::Reader reader) {
  return static_cast<std::uint16_t>(reader.getPointerSection().size() + 1);
}

void grow(AnyPointer::Reader from, AnyPointer::Builder to) {
  if (from.isStruct()) {
    const auto reader = from.getAs<AnyStruct>();
    return grow(reader, to.initAsAnyStruct(grown_words(reader), grown_pointers(reader)));
  }
  if (from.isList()) {
    const auto list = from.getAs<AnyList>();
    if (list.getElementSize() == capnp::ElementSize::INLINE_COMPOSITE && list.size() > 0) {
      const auto structs = list.as<capnp::List<AnyStruct>>();
      auto grown_list = to.initAsListOfAnyStruct(grown_words(structs[0]), grown_pointers(structs[0]), structs.size());
      for (unsigned i = 0; i < structs.size(); ++i) grow(structs[i], grown_list[i]);
      return;
    }
  }
  to.set(from);
}

kj::Array<capnp::word> aligned(std::string_view bytes) {
  check(bytes.size() % sizeof(capnp::word) == 0, "a message is a number of words");
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  return words;
}

std::string text_of(kj::ArrayPtr<const capnp::word> words) {
  return {reinterpret_cast<const char*>(words.begin()), words.size() * sizeof(capnp::word)};
}

}  // namespace

std::string grown(std::string_view bytes) {
  const auto words = aligned(bytes);
  capnp::FlatArrayMessageReader message(words);
  capnp::MallocMessageBuilder builder;
  grow(message.getRoot<AnyPointer>(), builder.getRoot<AnyPointer>());
  return text_of(capnp::messageToFlatArray(builder));
}

std::string canonical(std::string_view bytes) {
  const auto words = aligned(bytes);
  capnp::FlatArrayMessageReader message(words);
  return text_of(message.getRoot<AnyStruct>().canonicalize());
}

}  // namespace bw
