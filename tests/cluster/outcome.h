// Expectations of a Result that show its error. Any thread.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "journal/result.h"

namespace bw {

// "" where it succeeded.
template <class Value>
std::string message_of(const Result<Value>& result) {
  return result ? "" : result.error().message;
}

}  // namespace bw

#define ASSERT_OK(result) ASSERT_EQ(::bw::message_of(result), "")
#define EXPECT_OK(result) EXPECT_EQ(::bw::message_of(result), "")
