// Texts of annotations: a Quantity, what was granted, an instant.
#include "fuzz_input.h"
#include "projections/quantity.h"
#include "projections/request.h"
#include "projections/time_text.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = bw::text_of(data, size);
  static_cast<void>(bw::parse_quantity(text));
  static_cast<void>(bw::parse_rfc3339(text));
  if (const auto granted = bw::parse_granted(text)) {
    bw::check(bw::parse_granted(bw::format_granted(*granted)) == granted, "what was granted is read as another grant");
  }
  return 0;
}
