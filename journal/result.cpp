#include "journal/result.h"

#include <cstdio>
#include <cstdlib>

namespace bw {

void fail_check(std::string_view what, Sequence sequence) {
  std::fprintf(stderr, "bug: %.*s (at sequence %llu)\n", static_cast<int>(what.size()), what.data(),
               static_cast<unsigned long long>(sequence));
  std::abort();
}

}  // namespace bw
