// Reading JSON with simdjson's on-demand parser, for the .cpp files of kube/ only. A `JsonFields` remembers the first
// thing that is wrong and where; after that every read returns nothing, so that code which walks an object need not
// test each step. A field that is null reads as one that is not there, as in Go. One thread at a time.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bw {

using JsonValue = simdjson::ondemand::value;

// A parser with a padded copy of what it parses.
class JsonDocument {
 public:
  // Copies `text`; what was read before becomes invalid.
  simdjson::error_code parse(std::string_view text) {
    if (buffer_ == nullptr || capacity_ < text.size()) {
      capacity_ = text.size() + text.size() / 2;
      buffer_ = std::make_unique<char[]>(capacity_ + simdjson::SIMDJSON_PADDING);
    }
    if (!text.empty()) std::memcpy(buffer_.get(), text.data(), text.size());
    return parse_in_place(
        simdjson::padded_string_view(buffer_.get(), text.size(), capacity_ + simdjson::SIMDJSON_PADDING));
  }

  // `text` must outlive every use of the document.
  simdjson::error_code parse_in_place(simdjson::padded_string_view text) {
    return parser_.iterate(text).get(document_);
  }

  simdjson::ondemand::document& document() { return document_; }

  // The place in the text given to parse() of a view into the copy.
  std::size_t offset_of(std::string_view part) const { return static_cast<std::size_t>(part.data() - buffer_.get()); }

 private:
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
};

class JsonFields {
 public:
  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

  // Remembers "<where> <what>", unless something was wrong before.
  void fail(std::string_view where, std::string_view what) {
    if (!ok()) return;
    problem_.assign(where).append(" ").append(what);
  }

  // Calls on_field(key, value) for each field that is not null. `value` is valid during the call only.
  template <class OnField>
  void each_field(simdjson::ondemand::document& document, OnField&& on_field) {
    simdjson::ondemand::object object;
    if (auto error = document.get_object().get(object)) return fail_json("the object", error);
    walk(object, "the object", on_field);
    if (ok() && !document.current_location().error()) fail("the object", "is followed by something else");
  }

  template <class OnField>
  void each_field(JsonValue value, std::string_view where, OnField&& on_field) {
    simdjson::ondemand::object object;
    if (!ok()) return;
    if (value.get_object().get(object)) return fail(where, "is not an object");
    walk(object, where, on_field);
  }

  template <class OnElement>
  void each_element(JsonValue value, std::string_view where, OnElement&& on_element) {
    simdjson::ondemand::array array;
    if (!ok()) return;
    if (value.get_array().get(array)) return fail(where, "is not a list");
    for (auto element : array) {
      JsonValue item;
      if (auto error = element.get(item)) return fail_json(where, error);
      on_element(item);
      if (!ok()) return;
    }
  }

  // Valid until the document is parsed anew.
  std::string_view text(JsonValue value, std::string_view where) {
    std::string_view result;
    if (ok() && value.get_string().get(result)) fail(where, "is not a string");
    return ok() ? result : std::string_view{};
  }

  bool boolean(JsonValue value, std::string_view where) {
    bool result = false;
    if (ok() && value.get_bool().get(result)) fail(where, "is neither true nor false");
    return ok() && result;
  }

  std::int64_t integer(JsonValue value, std::string_view where, std::int64_t least, std::int64_t most) {
    std::int64_t result = 0;
    if (!ok()) return least;
    if (value.get_int64().get(result)) {
      fail(where, "is not a whole number");
    } else if (result < least || result > most) {
      fail(where, "is not from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return ok() ? result : least;
  }

 private:
  template <class OnField>
  void walk(simdjson::ondemand::object& object, std::string_view where, OnField& on_field) {
    for (auto element : object) {
      simdjson::ondemand::field field;
      if (auto error = std::move(element).get(field)) return fail_json(where, error);
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return fail_json(where, error);
      JsonValue value = field.value();
      bool null = false;
      if (auto error = value.is_null().get(null)) return fail_json(where, error);
      if (!null) on_field(key, value);
      if (!ok()) return;
    }
  }

  void fail_json(std::string_view where, simdjson::error_code error) {
    fail(where, std::string("is not JSON (") + simdjson::error_message(error) + ")");
  }

  std::string problem_;
};

}  // namespace bw
