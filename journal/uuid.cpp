#include "uuid.h"

namespace bw {
namespace {

constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kForm.size()) return {};
  Uuid uuid;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '-') {
      if (text[i] != '-') return {};
      continue;
    }
    const int digit = digit_value(text[i]);
    if (digit < 0) return {};
    uuid.high = uuid.high << 4 | uuid.low >> 60;
    uuid.low = uuid.low << 4 | static_cast<unsigned>(digit);
  }
  return uuid;
}

void write_uuid(const Uuid& uuid, std::string& text) {
  text.assign(kForm);
  std::uint64_t digits = uuid.high;
  int left = 16;
  for (char& c : text) {
    if (c == '-') continue;
    if (left-- == 0) {
      digits = uuid.low;
      left = 15;
    }
    c = "0123456789abcdef"[digits >> 60];
    digits <<= 4;
  }
}

}  // namespace bw
