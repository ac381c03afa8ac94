#include "projections/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace bw {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

// 10^20 * 2^60 < 2^128, so a mantissa of 20 digits takes every binary suffix without overflow.
constexpr int kMantissaDigits = 20;

// value = mantissa * 10^exponent, and a little more if `inexact`.
struct Number {
  Wide mantissa = 0;
  std::int64_t exponent = 0;
  bool inexact = false;
  bool has_digits = false;
};

struct Suffix {
  int decimal_exponent = 0;
  int binary_exponent = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes digits, with at most one point among them, from the front of `text`.
Number take_number(std::string_view& text) {
  Number number;
  int digits = 0;
  bool after_point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (!is_digit(c)) break;
    number.has_digits = true;
    if (digits < kMantissaDigits) {
      number.mantissa = number.mantissa * 10 + static_cast<unsigned>(c - '0');
      if (number.mantissa != 0) ++digits;
      if (after_point) --number.exponent;
    } else {
      number.inexact = number.inexact || c != '0';
      if (!after_point) ++number.exponent;
    }
  }
  return number;
}

std::optional<Suffix> read_suffix(std::string_view text) {
  if (text.empty()) return Suffix{};
  if (text.size() == 2 && text[1] == 'i') {
    const std::size_t at = std::string_view("KMGTPE").find(text[0]);
    if (at == std::string_view::npos) return std::nullopt;
    return Suffix{0, 10 * static_cast<int>(at + 1)};
  }
  if (text.size() == 1) {
    const std::size_t at = std::string_view("num kMGTPE").find(text[0]);
    if (at == std::string_view::npos || text[0] == ' ') return std::nullopt;
    return Suffix{3 * static_cast<int>(at) - 9, 0};
  }
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  unsigned exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  constexpr unsigned kBeyondAll = 1'000'000;
  const int bounded = static_cast<int>(error == std::errc{} ? std::min(exponent, kBeyondAll) : kBeyondAll);
  return Suffix{negative ? -bounded : bounded, 0};
}

// mantissa * 10^exponent rounded up, or nothing if that is more than 64 bits hold.
std::optional<std::int64_t> scaled_up(Wide mantissa, std::int64_t exponent, bool inexact) {
  if (mantissa == 0) return inexact ? 1 : 0;
  for (; exponent > 0; --exponent) {
    if (mantissa > static_cast<Wide>(kLargest)) return std::nullopt;
    mantissa *= 10;
  }
  for (; exponent < 0 && mantissa != 0; ++exponent) {
    inexact = inexact || mantissa % 10 != 0;
    mantissa /= 10;
  }
  if (inexact) ++mantissa;
  if (mantissa > static_cast<Wide>(kLargest)) return std::nullopt;
  return static_cast<std::int64_t>(mantissa);
}

Error not_a_quantity(std::string_view text) {
  return {ErrorCode::kInvalid, "\"" + std::string(text) + "\" is not a quantity such as 100M, 1.5Gi or 2e6"};
}

}  // namespace

Result<std::int64_t> parse_quantity(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  Number number = take_number(rest);
  const std::optional<Suffix> suffix = read_suffix(rest);
  if (!number.has_digits || !suffix) return not_a_quantity(text);

  if (suffix->binary_exponent > 0 && number.inexact) {
    ++number.mantissa;  // what was cut off could become more than 1 by the factor
    number.inexact = false;
  }
  const std::optional<std::int64_t> value =
      scaled_up(number.mantissa << suffix->binary_exponent, number.exponent + suffix->decimal_exponent, number.inexact);
  if (!value) return Error{ErrorCode::kInvalid, "\"" + std::string(text) + "\" does not fit in 64 bits"};
  return negative ? -*value : *value;
}

std::string format_quantity(std::int64_t value) {
  constexpr std::array<std::string_view, 7> kSuffixes{"", "k", "M", "G", "T", "P", "E"};
  std::size_t at = 0;
  for (; value != 0 && value % 1000 == 0 && at + 1 < kSuffixes.size(); ++at) value /= 1000;
  return std::to_string(value) + std::string(kSuffixes[at]);
}

}  // namespace bw
