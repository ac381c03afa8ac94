#include "projections/time_text.h"

#include <array>
#include <optional>

namespace bw {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

struct CivilTime {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
};

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(std::int64_t year, int month) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Days from 1970-01-01, in the proleptic Gregorian calendar. Years are counted from March, so that the leap day is
// the last day of a year; 400 years are 146,097 days.
std::int64_t days_from_civil(CivilTime date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  return 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719'468;
}

CivilTime civil_from_days(std::int64_t days) {
  const std::int64_t from_march_0000 = days + 719'468;
  const std::int64_t era = from_march_0000 / 146'097;  // positive for every time that fits in a Timestamp
  const std::int64_t day_of_era = from_march_0000 % 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilTime date;
  date.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  date.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_fraction_ns(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t ns = 0;
  std::int64_t unit = kNanosecondsPerSecond / 10;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10) {
    ns += (text[digits] - '0') * unit;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return ns;
}

std::optional<int> take_offset_s(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const std::optional<int> hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const std::optional<int> minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int offset_s = (*hours * 60 + *minutes) * 60;
  return west ? -offset_s : offset_s;
}

std::optional<Timestamp> read_time(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || *month < 1 || *month > 12 || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || *day < 1 || *day > days_in_month(*year, *month)) return std::nullopt;
  if (!take(text, 'T') && !take(text, 't')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction_ns = take_fraction_ns(text);
  if (!fraction_ns) return std::nullopt;
  const auto offset_s = take_offset_s(text);
  if (!offset_s || !text.empty() || *year < 1678 || *year > 2261) return std::nullopt;
  const std::int64_t days = days_from_civil({*year, *month, *day});
  const std::int64_t seconds = days * kSecondsPerDay + (*hour * 60 + *minute) * 60 + *second - *offset_s;
  return Timestamp{seconds * kNanosecondsPerSecond + *fraction_ns};
}

void append_digits(std::string& text, std::int64_t value, int count) {
  const std::size_t at = text.size();
  text.append(static_cast<std::size_t>(count), '0');
  for (std::size_t i = text.size(); i > at; --i, value /= 10) text[i - 1] = static_cast<char>('0' + value % 10);
}

}  // namespace

Result<Timestamp> parse_rfc3339(std::string_view text) {
  if (const std::optional<Timestamp> time = read_time(text)) return *time;
  return Error{ErrorCode::kInvalid,
               "\"" + std::string(text.substr(0, 64)) + "\" is not a time such as 2026-12-01T00:00:00Z"};
}

std::string format_rfc3339(Timestamp time, int fraction_digits) {
  check(fraction_digits >= 0 && fraction_digits <= 9, "a second has 0 to 9 digits of fraction");
  constexpr std::int64_t kDay = kSecondsPerDay * kNanosecondsPerSecond;
  std::int64_t days = time.ns / kDay;
  std::int64_t ns = time.ns % kDay;
  if (ns < 0) {
    ns += kDay;
    --days;
  }
  const CivilTime date = civil_from_days(days);
  const std::int64_t second_of_day = ns / kNanosecondsPerSecond;
  std::string text;
  append_digits(text, date.year, 4);
  append_digits(text += '-', date.month, 2);
  append_digits(text += '-', date.day, 2);
  append_digits(text += 'T', second_of_day / 3600, 2);
  append_digits(text += ':', second_of_day / 60 % 60, 2);
  append_digits(text += ':', second_of_day % 60, 2);
  if (fraction_digits > 0) {
    std::int64_t fraction = ns % kNanosecondsPerSecond;
    for (int i = fraction_digits; i < 9; ++i) fraction /= 10;
    append_digits(text += '.', fraction, fraction_digits);
  }
  return text += 'Z';
}

}  // namespace bw
