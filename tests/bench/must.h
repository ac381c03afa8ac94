// What a benchmark does with an error: it is of the machine, so there is nothing to measure. Any thread.
#pragma once

#include <cstdlib>
#include <iostream>
#include <utility>

#include "journal/result.h"

namespace bw {

inline void must(const Result<void>& result) {
  if (result) return;
  std::cerr << result.error().message << "\n";
  std::exit(1);
}

template <class Value>
Value must(Result<Value> result) {
  if (!result) must(Result<void>(result.error()));
  return std::move(*result);
}

}  // namespace bw
