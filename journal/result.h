// Errors as values. Result<T> has the member names of std::expected, so that it can become one when the
// compiler has it. check() is for bugs: it is on in release builds and ends the process with the sequence
// number at which the bug showed. Values only; safe on any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "journal/types.h"

namespace bw {

enum class ErrorCode {
  kInvalid,  // the input is wrong; the same call will fail again
  kNotFound,
  kUnavailable,  // may succeed later
  kCorrupt,      // stored bytes are not what was written
  kUnsupported,  // written by a version that we do not know
  kLocked,       // another process has it
  kIo,
};

// `message` is one sentence for a person: what, where and what to do.
struct Error {
  ErrorCode code = ErrorCode::kInvalid;
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(content_); }
  const T& value() const& { return std::get<0>(content_); }
  T&& value() && { return std::get<0>(std::move(content_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  bool has_value() const { return !failed_; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

// Ends the process; prints `what` and the sequence of the event that was being handled (0: none).
[[noreturn]] void fail_check(std::string_view what, Sequence sequence);

inline void check(bool holds, std::string_view what, Sequence sequence = 0) {
  if (!holds) [[unlikely]]
    fail_check(what, sequence);
}

}  // namespace bw
